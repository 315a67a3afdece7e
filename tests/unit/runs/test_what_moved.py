"""What a run did to the results, as its record keeps it: with the figures by date that are left."""

from pathlib import Path

from tidemark.files import store
from tidemark.layout.evaluate import MODEL_EVIDENCE
from tidemark.models import by_date
from tidemark.models.worth import WORTH
from tidemark.project import HERE
from tidemark.runs import moved
from tidemark.tables import history

import numpy as np
import pandas as pd
import pytest

DATES = 300
PATH = MODEL_EVIDENCE.format(scenario="s", model="ridge")


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A folder with a results store, as `STORE` names it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORE", "kept")


def left(run: str, noise: float) -> tuple[dict, bytes]:
    """The record of a run whose forecasts miss by so much, and its figures by date."""
    draw = np.random.default_rng(7)
    when = pd.date_range("2020-01-01", periods=DATES).repeat(4).to_numpy()
    true, miss = draw.normal(size=(2, len(when)))
    sums = WORTH["return"].per_date(when, true, true + noise * miss, np.zeros(len(when)))
    data = store.parquet_bytes(by_date.table(when, sums))
    names = {"scenario": "s", "model": "ridge", "low": None, "high": None}
    results = {
        "config": {"evaluate.block_length": 10},
        "evidence": {PATH: store.sha256(data)},
        "metrics": [
            {**names, "metric": metric, "value": value}
            for metric, value in WORTH["return"].overall(sums).items()
        ],
    }
    return history.content(results, run=run), data


def placed(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(data)


def test_figures_by_date_of_the_run_before_come_from_the_store():
    (before, old), (after, new) = left("r1", noise=0.9), left("r2", noise=0.5)
    placed(HERE / PATH, new)
    lost = moved.beside(HERE, before, after)
    assert (lost["since"], lost["why"], lost["rows"]) == ("r1", "", [])
    assert lost["counts"] == {"model": {"not comparable": len(after["results"]["metrics"])}}
    (why,) = lost["not_comparable"]
    assert "of run r1" in why
    sha256 = store.sha256(old)
    placed(Path("kept/objects") / sha256[:2] / sha256, old)
    found = moved.beside(HERE, before, after)
    rows = {row["metric"]: row for row in found["rows"]}
    assert found["counts"]["model"]["better"] == len(rows)
    assert (found["not_comparable"], found["confidence"]) == ({}, 0.95)
    mse = {row["metric"]: row["value"] for row in after["results"]["metrics"]}["mse"]
    assert rows["mse"]["after"] == pytest.approx(mse)
    assert rows["mse"]["low"] < rows["mse"]["difference"] < rows["mse"]["high"] < 0
    assert "tested together" in found["note"]


def test_the_same_results_and_the_first_run_have_nothing_that_moved():
    (before, _), (after, _) = left("r1", noise=0.5), left("r2", noise=0.5)
    assert moved.beside(HERE, None, after) is None
    assert moved.beside(HERE, before, after) == history.moved("r1")
