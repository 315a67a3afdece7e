"""Economic series as they were known at each bar."""

import pandas as pd


def as_known(bars: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """Join to each bar the newest values that were public by its timestamp.

    Args:
        bars: `timestamp` and any other columns.
        series: `available_at` and value columns, oldest row first; missing values are joined as
            they are (see `levels.carried`).

    Returns:
        `bars`, in the same order, with the value columns; NaN before the first publication.
    """
    published = series.sort_values("available_at", kind="stable")
    order = bars["timestamp"].argsort(kind="stable")
    joined = pd.merge_asof(
        bars.iloc[order], published, left_on="timestamp", right_on="available_at"
    ).drop(columns="available_at")
    joined.index = bars.index[order]
    return joined.loc[bars.index]
