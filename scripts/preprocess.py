"""Clean one scenario's bars: fill missing values, treat outlying returns, join the economy."""

from collections.abc import Iterator
from functools import partial

from tidemark.bars import closes
from tidemark.bars.settings import CARRYING, Carrying
from tidemark.harness.step import Run, step
from tidemark.layout.data_gate import PASSED
from tidemark.layout.fetch_data import RAW, RAW_PRICES
from tidemark.layout.preprocess import CLEANED, PROCESSED
from tidemark.layout.validate_schema import SESSIONS
from tidemark.naming import counted
from tidemark.preprocessing import causal, cleaning
from tidemark.preprocessing.settings import Preprocess, Scenario
from tidemark.validation import passed

import pandas as pd


@step(per=("scenario",))
def preprocess(run: Run) -> None:
    """Write data/processed/{scenario}.parquet, and what was done for it to artifacts/."""
    scenario = run.settings(Scenario, run.config["scenarios"][run.scenario])
    settings = run.settings(Preprocess, run.config["preprocess"])
    raw = run.read.parquet(RAW_PRICES)
    prices, sources = run.config["fetch_data"]["prices"], run.config["fetch_data"]["economic"]
    series = {name: run.read.parquet(RAW.format(source=name)) for name in sources}
    for name in ("prices", *sources):
        path = RAW.format(source=name)
        passed.require(path, run.read.inputs[path], run.read.json(PASSED.format(source=name)))
    carrying = {
        name: run.settings(Carrying, {key: sources[name][key] for key in CARRYING})
        for name in sources
    }
    sessions = run.read.parquet(SESSIONS) if prices["bar"] != "intraday" else None
    instants_of = partial(closes.of_bars, sessions=sessions, time_zone=prices["time_zone"])
    clean = partial(
        cleaning.clean,
        scenario=scenario,
        settings=settings,
        carrying=carrying,
        instants_of=instants_of,
    )
    cleaned = clean(raw, series)
    causal.require(
        cleaned.bars,
        raw,
        series,
        lambda prices, known: clean(prices, known).bars,
        instants_of,
        run.seed,
    )
    run.log.info("outliers (%s): %d before, %d after", scenario.outliers.method, *cleaned.outliers)
    if cleaned.dropped:
        run.tell.note(f"{counted(cleaned.dropped, 'row')} dropped: no adj_close yet to start from")
    if cleaned.in_holes:
        run.tell.note(f"{counted(cleaned.in_holes, 'row')} dropped: no adj_close, within holes")
    if cleaned.below_zero:
        bars = counted(cleaned.below_zero, "bar")
        run.tell.note(
            f"{bars} left out: adj_close at or below 0, to and from which no return leads"
        )
    for end in cleaned.ended:
        lack = f"{counted(end.bars, 'bar')} since then without one"
        run.tell.note(
            f"{end.column} has no value at all"
            if pd.isna(end.last)
            else f"{end.column} ended, its last value is of {end.last:%Y-%m-%d}: {lack}"
        )
    run.write.parquet(run.own(PROCESSED), cleaned.bars)
    run.write.json(run.own(CLEANED), {"scenario": run.scenario, "cleaned": cleaned.counted()})
    run.tell.headline("; ".join(_in_words(cleaned)))


def _in_words(cleaned: cleaning.Cleaned) -> Iterator[str]:
    """What was filled, what was treated, and what still has no value."""
    imputed = [f"{count:,} {column}" for column, count in cleaned.imputed.items()]
    total = sum(cleaned.imputed.values())
    yield f"{counted(total, 'value')} imputed" + (f": {', '.join(imputed)}" if imputed else "")
    yield f"{counted(cleaned.outliers[0], 'outlier')} treated"
    if cleaned.breaks:
        yield counted(cleaned.breaks, "break")
    for column, count in cleaned.lacking.items():
        yield f"{counted(count, 'bar')} without {column}"


if __name__ == "__main__":
    preprocess()
