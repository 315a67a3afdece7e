"""Economic series as they were known at each bar."""

import pandas as pd


def as_known(bars: pd.DataFrame, instants: pd.Series, series: pd.DataFrame) -> pd.DataFrame:
    """Join to each bar the newest values that were public before it.

    Args:
        bars: any columns.
        instants: the instant that each bar stands for, in naive UTC; a value released at exactly
            that instant is not known yet.
        series: `available_at` and value columns, oldest row first; missing values are joined as
            they are (see `levels.carried`).

    Returns:
        `bars`, in the same order, with the value columns; NaN before the first publication.
    """
    published = series.sort_values("available_at", kind="stable")
    order = instants.argsort(kind="stable")
    known = pd.merge_asof(
        instants.iloc[order].rename("instant"),
        published,
        left_on="instant",
        right_on="available_at",
        allow_exact_matches=False,
    ).drop(columns=["instant", "available_at"])
    known.index = bars.index[order]
    return bars.join(known)


def first_to_know(instants: pd.Series, released: pd.Series) -> pd.Series:
    """The position of the first bar that knows each release.

    Args:
        instants: the instants that bars stand for, in naive UTC, oldest first.
        released: instants of releases, in naive UTC.

    Returns:
        Positions in `instants`, with the index of `released`, without the releases that came more
        than a day before the first bar or that no bar knows.
    """
    covered = released[
        (released >= instants.iloc[0] - pd.Timedelta(days=1)) & (released < instants.iloc[-1])
    ]
    return pd.Series(instants.searchsorted(covered, side="right"), covered.index)
