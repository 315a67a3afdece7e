"""Compute each bar's features and target return, and check them against the feature contract."""

from functools import partial
from typing import Any

from tidemark.causality import Tried
from tidemark.features import apart, bar_features, causal, contract, families
from tidemark.features.feature import Feature
from tidemark.features.settings import FeatureEngineering
from tidemark.harness.apart import Awaited
from tidemark.harness.step import Run, step
from tidemark.layout.feature_engineering import FEATURES, FEATURES_BUILD
from tidemark.layout.preprocess import PROCESSED

import pandas as pd

_KNOW = "would change with a later split: adjusted prices, as levels, know what came after them"
FORMAT = 1  # of the manifest, features/{scenario}_build.json


@step(per=("scenario",))
def feature_engineering(run: Run) -> None:
    """Write features/{scenario}.parquet, and how it was built to features/{scenario}_build.json."""
    recipe = run.settings(FeatureEngineering, run.config["feature_engineering"])
    bars = run.read.parquet(run.own(PROCESSED), bar_features.needed(recipe))
    values = partial(apart.values, witness=Awaited())
    computed = bar_features.compute(bars, recipe, values)
    features = [feature for feature, _ in recipe.asked().values()]
    tried = causal.require(computed, bars, features, values, run.seed)
    if tried.levels:
        run.tell.note(f"{', '.join(tried.levels)} {_KNOW}")
    lost = bar_features.losses(bars, computed, recipe)
    del bars
    frame = bar_features.complete(computed, recipe)
    given = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    contract.check(recipe.contract, run.read.yaml(recipe.contract), given)
    run.write.parquet(run.own(FEATURES), frame)
    source = {"format": FORMAT, "scenario": run.scenario, "built_from": dict(run.read.inputs)}
    run.write.json(run.own(FEATURES_BUILD), source | _manifest(recipe, frame, lost, tried))
    for loss in lost.itertuples():
        run.log.info("%s: %s: missing in %d rows", loss.feature, loss.cause, loss.rows)
    run.tell.headline(f"{len(recipe.formulas())} features x {len(frame):,} rows{_lost(lost)}")


def _lost(lost: pd.DataFrame) -> str:
    """How many rows were lost to each cause, and the feature that lost most."""
    worst = lost.sort_values("rows", ascending=False, kind="stable").groupby("cause").first()
    words = [
        f"{rows:,} {cause} ({worst.loc[cause, 'feature']})"
        for cause, rows in lost.attrs["rows"].items()
    ]
    return f"; lost: {', '.join(words)}" if words else ""


def _manifest(
    recipe: FeatureEngineering, frame: pd.DataFrame, lost: pd.DataFrame, tried: Tried
) -> dict[str, Any]:
    """What the features are, and which rows and values are missing."""
    return {
        "rows": len(frame),
        "rows_lost": lost.attrs["rows"],
        "features_missing": lost.to_dict("records"),
        "rows_without_target": int(frame["target"].isna().sum()),
        "rows_of_ticker": frame["ticker"].value_counts().sort_index().to_dict(),
        "first": frame["timestamp"].min().isoformat(),
        "last": frame["timestamp"].max().isoformat(),
        "horizon": recipe.horizon,
        "target": f"adj_close[t+{recipe.horizon}] / adj_close[t] - 1",
        "index": "cumulative product of 1 + return_treated since the first bar or the last break",
        "features": recipe.formulas(),
        "kinds": {name: _kind(feature) for name, (feature, _) in recipe.asked().items()},
        "cuts_tried": tried.cuts,
        "features_of_price_levels": tried.levels,
    }


def _kind(feature: Feature) -> dict[str, Any]:
    """What a feature is of."""
    return {
        "kind": families.family_of(feature),
        "parameters": feature.parameters(),
        "needs": feature.inputs,
        "cross_sectional": feature.cross_sectional,
    }


if __name__ == "__main__":
    feature_engineering()
