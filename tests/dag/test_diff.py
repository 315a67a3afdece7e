"""What two runs are compared by, and `make diff`, with the real Makefile."""

import json

from conftest import MODELS, SCENARIOS, STRATEGIES
from tidemark.models import by_date
from tidemark.statistics.returns import sharpe_of

import numpy as np
import pandas as pd
import pytest


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("model", MODELS)
def test_metrics_follow_from_the_evidence(cold, scenario, model):
    metrics = cold[0].path / "metrics"
    told = json.loads((metrics / f"{scenario}_{model}.json").read_text("utf-8"))
    kept = by_date.of_table(pd.read_parquet(metrics / f"evidence/{scenario}_{model}.parquet"))
    again = kept.worth.overall(kept.sums)
    assert len(kept.dates) == told["dates"]
    assert again.keys() == told["metrics"].keys()
    for name in again.keys() - {"auc"}:
        value = told["metrics"][name]
        expected = float("nan") if value is None else value
        assert again[name] == pytest.approx(expected, rel=1e-12, nan_ok=True), name


def test_sharpe_ratios_follow_from_the_evidence(cold):
    metrics = cold[0].path / "metrics"
    kept = pd.read_parquet(metrics / "evidence/strategies.parquet")
    told = pd.read_parquet(metrics / "assessment/evidence.parquet").set_index("strategy_name")
    assert set(kept["strategy_name"]) == {*STRATEGIES}
    for name, rows in kept.groupby("strategy_name"):
        sharpe = np.sqrt(rows["bars_a_year"].iloc[0]) * sharpe_of(rows[["excess_return"]].values)
        if name in told.index:
            assert sharpe[0] == pytest.approx(told.loc[name, "sharpe"], rel=1e-9, nan_ok=True)
        else:
            held = told["benchmark_sharpe"].dropna()
            assert sharpe[0] == pytest.approx(held.iloc[0], rel=1e-9)
