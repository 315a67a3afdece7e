"""Divide the rows by date into training rows, test rows and walk-forward folds."""

from tidemark.harness.step import Run, step
from tidemark.models import splits
from tidemark.models.settings import SplitData


@step(per=("scenario",))
def split_data(run: Run) -> None:
    """Write data/splits/{scenario}_train.parquet, _test.parquet and _folds.json."""
    frame = run.read.parquet(f"features/{run.scenario}.parquet")
    plan = run.settings(SplitData, run.config["split_data"])
    horizon = run.config["feature_engineering"]["horizon"]
    parts = splits.divide(frame, plan, horizon, _time_zone(run))
    run.write.parquet(f"data/splits/{run.scenario}_train.parquet", parts.train)
    run.write.parquet(f"data/splits/{run.scenario}_test.parquet", parts.test)
    run.write.json(f"data/splits/{run.scenario}_folds.json", parts.folds)
    run.tell.headline(f"{len(parts.train):,} training, {len(parts.test):,} test rows")


def _time_zone(run: Run) -> str:
    """The zone in which test_start is a date; daily bars are dates themselves and need none."""
    prices = run.config["fetch_data"]["prices"]
    return str(prices["time_zone"]) if prices["bar"] == "intraday" else "UTC"


if __name__ == "__main__":
    split_data()
