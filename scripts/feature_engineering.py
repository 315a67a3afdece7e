"""Compute each bar's features and target return, and hold them against the feature contract."""

from typing import Any

from tidemark import features
from tidemark.step import Run, step

import pandas as pd


@step(per=("scenario",))
def feature_engineering(run: Run) -> None:
    """Write features/{scenario}.parquet, and how it was built to features/{scenario}_build.json."""
    bars = run.read_parquet(f"data/processed/{run.scenario}.parquet")
    recipe = features.Recipe(**run.plain(run.config["feature_engineering"]))
    frame = features.build(bars, recipe)
    features.check_contract(run.read_yaml(features.CONTRACT), frame)
    run.write_parquet(f"features/{run.scenario}.parquet", frame)
    run.write_json(f"features/{run.scenario}_build.json", _manifest(run, bars, recipe, frame))
    run.log.info("%d of %d bars are warm-up", len(bars) - len(frame), len(bars))
    run.headline(f"{len(recipe.formulas())} features x {len(frame):,} rows")


def _manifest(
    run: Run, bars: pd.DataFrame, recipe: features.Recipe, frame: pd.DataFrame
) -> dict[str, Any]:
    return {
        "scenario": run.scenario,
        "built_from": dict(run.inputs),
        "rows": len(frame),
        "rows_dropped_for_warm_up": len(bars) - len(frame),
        "rows_without_target": int(frame["target"].isna().sum()),
        "rows_of_ticker": frame["ticker"].value_counts().sort_index().to_dict(),
        "first": frame["timestamp"].min().isoformat(),
        "last": frame["timestamp"].max().isoformat(),
        "horizon": recipe.horizon,
        "target": f"adj_close[t+{recipe.horizon}] / adj_close[t] - 1",
        "index": "cumulative product of 1 + return_treated from the ticker's first bar",
        "features": recipe.formulas(),
    }


if __name__ == "__main__":
    feature_engineering()
