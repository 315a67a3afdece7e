"""`tidemark.open`: frames as steps wrote them, errors for others, warnings for old ones."""

import re
import shutil
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import tidemark
from conftest import CUT, Tree, clean_environment
from tidemark.errors import InputError
from tidemark.files import store
from tidemark.harness import code, publishing, record
from tidemark.notebook import verified
from tidemark.notebook.project import StaleWarning
from tidemark.project import Tree as Project

import duckdb
import pandas as pd
import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs/notebook.md"


@pytest.fixture(autouse=True)
def kept_as_it_was(monkeypatch):
    """`open` turns off for the whole process that code is kept for others."""
    monkeypatch.setattr(code, "_keeping", True)


@pytest.fixture
def built(cold, monkeypatch, tmp_path):
    """The cold tree, opened from elsewhere; nothing may be changed in it."""
    monkeypatch.chdir(tmp_path)
    return tidemark.open(cold[0].path)


def test_every_line_of_the_page_runs_in_a_process_of_its_own(cold, tmp_path):
    lines = re.findall(r"^    (.*)", PAGE.read_text("utf-8"), re.M)
    assert len(lines) > 15
    program = "\n".join(lines).replace('open(".")', f"open({str(cold[0].path)!r})")
    command = [sys.executable, "-W", "error", "-c", f"{program}\nprint(t, len(cells), 'end')"]
    done = subprocess.run(command, cwd=tmp_path, env=clean_environment({}), capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.endswith(" end\n")
    assert "scenarios: mean_impute, outlier_treatment\n" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_frames_are_the_files_of_steps(built, cold):
    path = cold[0].path
    assert built.prices().equals(pd.read_parquet(path / "data/raw/prices.parquet"))
    clean = pd.read_parquet(path / "data/processed/mean_impute.parquet")
    assert built.prices("mean_impute").equals(clean)
    assert built.features("mean_impute").equals(
        pd.read_parquet(path / "features/mean_impute.parquet")
    )
    told = pd.read_parquet(path / "data/predictions/mean_impute_logistic.parquet")
    assert built.forecasts("mean_impute", "logistic").equals(told)
    returns = built.returns("sma_cross")
    assert list(returns.columns) == ["cash", "fast=5 slow=50", "fast=10 slow=50"]
    assert isinstance(returns.index, pd.DatetimeIndex)


def test_tables_are_those_of_the_database(built, cold):
    with duckdb.connect(str(cold[0].path / "artifacts/metrics.duckdb"), read_only=True) as base:
        names = [name for (name,) in base.execute("select name from tables").fetchall()]
        cells = base.execute("from assessment.cells").df()
    assert list(built.tables()["name"]) == names
    assert built.cells().equals(cells)
    assert set(built.cells("sma_cross")["strategy_name"]) == {"sma_cross"}
    assert len(built.metrics()) == len(built.table("metrics"))
    steps = built.sql("select distinct step from step_timings")["step"]
    assert "evaluate" in set(steps)  # a view finds the project's files from elsewhere
    assert built.sql("select $x + 1 as y", x=1)["y"].tolist() == [2]


def test_a_frame_is_a_copy_and_the_database_read_only(built):
    frame = built.prices()
    frame["close"] = 0.0
    assert (built.prices()["close"] > 0).all()
    with pytest.raises(InputError, match="read-only"):
        built.sql("delete from metrics")
    with pytest.raises(InputError, match="frame does not exist"):  # no variable of some caller
        built.sql("from frame")


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda t: t.features("men_impute"), r"men_impute.*did you mean mean_impute.*t\.scenarios"),
        (lambda t: t.forecasts("mean_impute", "rigde"), r"did you mean ridge.*t\.models"),
        (lambda t: t.cells("nope"), r"none of the strategies"),
        (lambda t: t.table("metric"), r"did you mean metrics.*t\.tables\(\)"),
        (lambda t: t.sql("selec 1"), r"sql: Parser Error.*t\.tables\(\)"),
    ],
)
def test_a_wrong_name_is_told_with_those_that_there_are(built, ask, told):
    with pytest.raises(InputError, match=told):
        ask(built)


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"holds no results of Tidemark.*make all in it"):
        tidemark.open(tmp_path)


def test_what_its_step_did_not_write_is_no_frame(tree: Tree, monkeypatch):
    monkeypatch.setattr(verified, "PATIENCE", 0.0)
    t = tidemark.open(tree.path)
    path = tree.path / "features/mean_impute.parquet"
    pd.read_parquet(path).assign(target=0.0).to_parquet(path)
    with pytest.raises(InputError, match=r"is not what feature_engineering mean_impute wrote"):
        t.features("mean_impute")
    path.unlink()
    with pytest.raises(InputError, match=r"is gone.*Cure: make feature_engineering"):
        t.features("mean_impute")
    with duckdb.connect(str(tree.path / "artifacts/metrics.duckdb")) as base:
        base.execute("update metrics set value = 0")
    with pytest.raises(InputError, match=r"is not what collect_metrics wrote"):
        t.metrics()
    (tree.path / "artifacts/backtest_sma_cross.ok").unlink()
    with pytest.raises(InputError, match=r"is not there yet.*Cure: make backtest"):
        t.returns("sma_cross")


def test_what_is_older_than_an_edit_comes_with_a_warning_until_make_has_run(tree: Tree):
    t = tidemark.open(tree.path)
    cut, before = t.prices("outlier_treatment"), t.metrics()
    assert t.stale == {}
    tree.edit("config.yaml", *CUT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        t.prices("mean_impute")
    with pytest.warns(
        StaleWarning, match="preprocess outlier_treatment is stale: config .*0.98"
    ) as told:
        assert t.prices("outlier_treatment").equals(cut)
    assert told[0].filename == __file__
    with pytest.warns(StaleWarning, match="collect_metrics is waiting: .* <- preprocess"):
        assert t.metrics().equals(before)
    assert "preprocess outlier_treatment" in t.stale
    assert tree.make("preprocess").code == 0
    assert not t.prices("outlier_treatment").equals(cut)
    assert "preprocess outlier_treatment" not in t.stale


def test_a_database_that_was_replaced_is_read_although_the_earlier_one_is_open(tree: Tree):
    t = tidemark.open(tree.path)
    before, path = t.metrics(), tree.path / "artifacts/metrics.duckdb"
    with duckdb.connect(str(path), read_only=True):
        other = shutil.copy2(path, path.with_name("other.duckdb"))
        with duckdb.connect(str(other)) as base:
            base.execute("update metrics set value = 2 * value")
        ran = record.load(project := Project.at(tree.path), "collect_metrics")
        name, seen = "artifacts/metrics.duckdb", store.sha256_file(other)
        outputs = {
            **ran.outputs,
            name: ran.outputs[name]._replace(sha256=seen, bytes=other.stat().st_size),
        }
        other.replace(path)
        publishing.save(project, replace(ran, outputs=outputs), store.now_ns(project))
        assert t.metrics()["value"].equals(2 * before["value"])


def test_results_are_given_beside_a_configuration_that_is_refused(tree: Tree):
    t = tidemark.open(tree.path)
    tree.edit("config.yaml", "seed:", "sead:")
    with pytest.warns(StaleWarning, match="not known: config.yaml:.*sead"):
        assert len(t.prices())
