"""One scenario's clean bars: missing values filled, returns, outliers treated, economy joined."""

import pandas as pd

from tidemark import economic, impute, outliers, prices
from tidemark.step import Run, step


@step(per=("scenario",))
def preprocess(run: Run) -> None:
    """Write data/processed/{scenario}.parquet."""
    method = run.config["scenarios"][run.scenario]["impute"]
    raw = run.read_parquet("data/raw/prices.parquet")
    bars = impute.bars(prices.normalise(raw, "data/raw/prices.parquet"), method)
    _log_missing(run, "prices", raw, bars)
    if len(bars) < len(raw):
        run.note(f"{len(raw) - len(bars)} rows dropped: no adj_close yet to start from")
    bars, treated = _with_returns(run, bars)
    for name in run.config["fetch_data"]["economic"]:
        bars = economic.as_known(bars, _series(run, name, method))
    run.write_parquet(f"data/processed/{run.scenario}.parquet", bars)
    run.headline(f"{bars['imputed'].sum()} imputed, {treated} outliers treated")


def _with_returns(run: Run, bars: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The bars with `return` and `return_treated`, and how many of these differ."""
    treatment = run.plain(run.config["scenarios"][run.scenario]["outliers"])
    change = prices.returns(bars)
    limits = outliers.bounds(
        change, bars["ticker"], treatment, run.config["preprocess"]["min_history"]
    )
    treated = change.clip(limits["lower"], limits["upper"])
    before, after = outliers.outside(change, limits), outliers.outside(treated, limits)
    run.log.info("outliers (%s): %d before, %d after", treatment["method"], before, after)
    return bars.assign(**{"return": change, "return_treated": treated}), before


def _series(run: Run, name: str, method: str) -> pd.DataFrame:
    """An economic source with its gaps filled."""
    raw = run.read_parquet(f"data/raw/{name}.parquet")
    values = [column for column in raw if column not in ("timestamp", "available_at")]
    filled = impute.series(raw, values, method)
    _log_missing(run, name, raw, filled)
    return filled


def _log_missing(run: Run, name: str, before: pd.DataFrame, after: pd.DataFrame) -> None:
    for column in before:
        counts = int(before[column].isna().sum()), int(after[column].isna().sum())
        if any(counts):
            run.log.info("%s.%s: %d missing before, %d after", name, column, *counts)


if __name__ == "__main__":
    preprocess()
