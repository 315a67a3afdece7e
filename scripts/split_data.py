"""Divide the rows by date into training rows, test rows and walk-forward folds."""

from tidemark import splits
from tidemark.step import Run, step


@step(per=("scenario",))
def split_data(run: Run) -> None:
    """Write data/splits/{scenario}_train.parquet, _test.parquet and _folds.json."""
    frame = run.read_parquet(f"features/{run.scenario}.parquet")
    choice = run.plain(run.config["split_data"])
    horizon = run.config["feature_engineering"]["horizon"]
    train, test = splits.split(frame, choice["test_start"], choice["embargo"], horizon)
    folds = splits.folds(train, choice["folds"], choice["embargo"])
    run.write_parquet(f"data/splits/{run.scenario}_train.parquet", train)
    run.write_parquet(f"data/splits/{run.scenario}_test.parquet", test)
    run.write_json(f"data/splits/{run.scenario}_folds.json", folds)
    run.headline(f"{len(train):,} training, {len(test):,} test rows")


if __name__ == "__main__":
    split_data()
