"""Divide the rows by date into training rows, test rows and walk-forward folds."""

from collections.abc import Mapping
from typing import Any

from tidemark.harness.step import Run, step
from tidemark.layout.feature_engineering import FEATURES
from tidemark.layout.split_data import FOLDS, TEST, TRAIN
from tidemark.models import splits
from tidemark.models.settings import SplitData


@step(per=("scenario",))
def split_data(run: Run) -> None:
    """Write data/splits/{scenario}_train.parquet, _test.parquet and _folds.json."""
    frame = run.read.parquet(run.own(FEATURES))
    plan = run.settings(SplitData, run.config["split_data"])
    horizon = run.config["feature_engineering"]["horizon"]
    parts = splits.divide(frame, plan, horizon, _time_zone(run.config["fetch_data"]["prices"]))
    run.write.parquet(run.own(TRAIN), parts.train)
    run.write.parquet(run.own(TEST), parts.test)
    run.write.json(run.own(FOLDS), parts.folds)
    since = "" if plan.test_start else f", from {parts.test_start} on"
    run.tell.headline(f"{len(parts.train):,} training, {len(parts.test):,} test rows{since}")


def _time_zone(prices: Mapping[str, Any]) -> str:
    """The zone in which test_start is a date; daily bars are dates themselves and need none."""
    return str(prices["time_zone"]) if prices["bar"] == "intraday" else "UTC"


if __name__ == "__main__":
    split_data()
