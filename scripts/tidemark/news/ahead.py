"""How far away the next event is that is announced."""

import numpy as np
import pandas as pd

DAY = np.timedelta64(1, "D")


def days_ahead(closes: pd.DataFrame, events: pd.DataFrame, kind: str) -> pd.Series:
    """Days from each bar's close to the next event of a kind that was announced by then.

    An event without a ticker is one of every ticker. One counts from when the calendar says that it
    was announced, or else from when it became known here.

    Args:
        closes: `ticker` and `closed_at` (UTC), a row a bar, in any order.
        events: `ticker`, `kind`, `timestamp`, `announced_at` and `known_at` (UTC), a row an event.
        kind: such as `earnings`.

    Returns:
        Days and parts of them, above 0; NaN where none is announced. With the index of `closes`.
    """
    own = events[events["kind"] == kind]
    said, known = (own[name].to_numpy("datetime64[ns]") for name in ("announced_at", "known_at"))
    announced = np.where(np.isnat(said), known, said)
    happens = own["timestamp"].to_numpy("datetime64[ns]")
    of_all = own["ticker"].isna().to_numpy()
    found = pd.Series(np.nan, closes.index, name=f"days_to_{kind}")
    for ticker, bars in closes.groupby("ticker"):
        concerns = of_all | (own["ticker"] == ticker).to_numpy()
        ends = bars["closed_at"].to_numpy("datetime64[ns]")
        nearest = np.full(len(ends), np.inf)
        for since, time in zip(announced[concerns], happens[concerns], strict=True):
            away = (time - ends) / DAY
            nearest = np.where((away > 0) & (since <= ends), np.minimum(nearest, away), nearest)
        found[bars.index] = np.where(np.isinf(nearest), np.nan, nearest)
    return found
