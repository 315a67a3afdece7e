"""What two runs are compared by, and `make diff`, with the real Makefile."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from conftest import MODELS, ROOT, SCENARIOS, STRATEGIES
from tidemark.harness import record
from tidemark.harness.results_store import Store
from tidemark.models import by_date
from tidemark.project import Tree
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


STORE = "artifacts/store"
ALPHA = "  ridge:\n    estimator: ridge\n    alpha: "


def diff(tree, *asked, **environment):
    done = tree.make("diff", *asked, STORE=STORE, FORMAT="json", **environment)
    assert done.code == 0, done
    return json.loads(done.stdout), done


def words(content, **names):
    return {
        row["word"]
        for row in content["rows"]
        if all(row[name] == value for name, value in names.items())
    }


def test_a_key_that_changed_is_told_with_the_rows_that_moved(tree):
    tree.edit("config.yaml", f"{ALPHA}1.0", f"{ALPHA}10.0")
    assert tree.make("evaluate", STORE=STORE).code == 0
    tree.edit("config.yaml", f"{ALPHA}10.0", f"{ALPHA}1e4")
    assert tree.make("evaluate", STORE=STORE).code == 0
    content, _ = diff(tree)
    assert content["changes"] == [
        {"key": "models.ridge.alpha", "before": 10.0, "after": 10000.0, "absent": None}
    ]
    assert content["data"] == []
    for model in {*MODELS} - {"ridge"}:
        assert words(content, name=model) == {"same"}
    rows = [row for row in content["rows"] if row["name"] == "ridge"]
    assert {row["scenario"] for row in rows} == {*SCENARIOS}
    assert {row["word"] for row in rows} <= {"better", "worse", "within chance"}
    assert all(row["low"] <= row["difference"] <= row["high"] for row in rows)
    assert any(row["difference"] for row in rows)
    assert words(content, kind="strategy") == {"same"}


def in_git(folder: Path, *arguments: str) -> str:
    names = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    return subprocess.run(
        ["git", *names, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def committed(tree) -> str:
    """The commit of a built project, whose results are in its store."""
    store, own = Store(tree.path / STORE), Tree.at(tree.path)
    for checkpoint in record.load_all(own).values():
        store.keep(own, checkpoint, "somebody")
    in_git(tree.path, "init", "--quiet")
    top = (path.name for path in tree.path.glob("*.*") if path.is_file())
    project = ("Makefile", "make", "scripts", "config.yaml", "schemas", "reports", "data/sample")
    in_git(tree.path, "add", *project, *top)
    in_git(tree.path, "commit", "--quiet", "--message", "first")
    return in_git(tree.path, "rev-parse", "HEAD")


def test_a_commit_is_run_in_a_tree_of_its_own_and_what_is_stored_comes_back(tree):
    commit = committed(tree)
    tree.edit("config.yaml", f"{ALPHA}1.0", f"{ALPHA}1e4")
    assert tree.make("evaluate", STORE=STORE).code == 0
    content, done = diff(tree, "A=HEAD")
    assert commit[:12] in content["before"]
    assert content["changes"] == [
        {"key": "models.ridge.alpha", "before": 1.0, "after": 1e4, "absent": None}
    ]
    assert "artifacts/trees/" in content["notes"][0]
    assert words(content, name="ridge") <= {"better", "worse", "within chance"}
    assert words(content, name="baseline") == {"same"}
    assert " restored " in done.stderr
    assert " 0 ran, " in done.stderr
    elsewhere = tree.path / "artifacts/trees" / commit[:16]
    assert "alpha: 1.0" in (elsewhere / "config.yaml").read_text("utf-8")
    again = tree.make("diff", f"A={commit[:10]}", "B=last", STORE=STORE)
    assert "models.ridge.alpha  1.0 -> 10000.0" in again.stdout
    assert "nothing to do" in again.stderr


# Stands for uv: an environment is a copy of the one that the tests run in.
COPYING = """#!/bin/sh
for folder; do :; done
[ "$1" != venv ] || {{
    cp -al {venv} "$folder" 2>/dev/null || cp -a {venv} "$folder"
    rm -f "$folder"/.*ok "$folder"/lib/python*/site-packages/tidemark.pth
}}
"""


@pytest.mark.long
def test_a_commit_with_other_libraries_has_an_environment_of_its_own(tree, tmp_path, long):
    """In the short form its libraries are copies of ours; in the long form they are installed."""
    lock = tree.text("requirements.lock")
    tree.edit("requirements.lock", "\n", "\n# others\n")
    shutil.copy(ROOT / "pyproject.toml", tree.path)  # says which Pythons there are packages for
    commit = committed(tree)
    (tree.path / "requirements.lock").write_text(lock, "utf-8")
    path = os.environ["PATH"]
    if not long:
        (tmp_path / "uv").write_text(COPYING.format(venv=ROOT / ".venv"), "utf-8")
        (tmp_path / "uv").chmod(0o755)
        path = f"{tmp_path}:{path}"
    content, done = diff(tree, "A=HEAD", PATH=path)
    assert "setting up .venv" in done.stderr
    (kept,) = (tree.path / "artifacts/environments").iterdir()
    elsewhere = tree.path / "artifacts/trees" / commit[:16]
    assert (elsewhere / ".venv").resolve() == kept.resolve()
    assert "# others" in (kept / ".ok").read_text("utf-8")
    assert any(f"in artifacts/environments/{kept.name}" in note for note in content["notes"])
    assert words(content, kind="model") == {"same"}
    again = tree.make("diff", "A=HEAD", STORE=STORE)
    assert "setting up" not in again.stderr


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("A=nothing", "A=nothing: is no run and no commit. Cure: make history"),
        ("FORMAT=xml", "FORMAT=xml: is no format. Cure: one of text, markdown, json"),
        ("", "make diff: only one run has left a record yet. Cure: make all, edit"),
    ],
)
def test_what_cannot_be_compared_is_told_in_a_line(tree, asked, told):
    done = tree.make("diff", *asked.split())
    assert done.code == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
