"""What runs left, as the database shows it to whoever asks; no step does."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from tidemark.config.kinds import KINDS
from tidemark.files import store
from tidemark.files.append import BARE, Log
from tidemark.harness import publishing
from tidemark.harness.instance import Instance
from tidemark.harness.record import FORMAT, Acceptance, Checkpoint, Output
from tidemark.project import HERE
from tidemark.reporting import reports
from tidemark.tables import history
from tidemark.tables.table import View
from tidemark.tables.views import CHECKPOINT, TABLES

import duckdb
import pytest

CASES = Path(__file__).resolve().parents[2] / "cases"
VIEWS = {table.name: table.source.query for table in TABLES if isinstance(table.source, View)}
CONFIGURED = {"scenario": ["plain"], "model": ["svr", "mean"], "strategy": ["cross", "hold"]}
ACCEPTED = Acceptance("ada", "2013-03-01T08:00:00", "a rename", ["code a.py", "code b.py"])
STARTED = datetime(2013, 3, 1, 12, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=2)))
RAN = Checkpoint(
    Instance("", {}),
    STARTED,
    run="1-2",
    seconds=0.5,
    cpu_seconds=0.4,
    peak_memory_bytes=10**9,
    outputs={"a.json": Output("", 1, 0), "b.parquet": Output("", 1, 0, 7)},
)


def save(step: str, names: dict[str, str], **more: Any) -> None:
    publishing.save(HERE, replace(RAN, instance=Instance(step, names), **more), store.now_ns(HERE))


@pytest.fixture
def base(tmp_path, monkeypatch) -> Iterator[duckdb.DuckDBPyConnection]:
    """The views, in a project that has run."""
    monkeypatch.chdir(tmp_path)
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA assessment")
        connection.execute("CREATE TABLE configured (kind VARCHAR, name VARCHAR)")
        rows = [(kind, name) for kind, names in CONFIGURED.items() for name in names]
        connection.executemany("INSERT INTO configured VALUES (?, ?)", rows)
        names = "(VALUES ('cross'), ('rise'), ('hold')) AS t (strategy_name)"
        connection.execute(f"CREATE TABLE assessment.cells AS FROM {names}")
        for name, query in VIEWS.items():
            connection.execute(f"CREATE VIEW {name} AS {query}")
        save("evaluate", {"scenario": "plain", "model": "svr"})
        save("assess", {})
        save("backtest", {"strategy": "cross"})
        save("backtest", {"strategy": "hold"}, provisional="a fetch failed")
        yield connection


def test_before_anything_ran_there_are_no_rows(tmp_path, monkeypatch, base):
    monkeypatch.chdir(tmp_path / "artifacts")
    for name in VIEWS:
        expected = 3 if name == "assessment.backtest_results" else 0
        assert len(base.sql(f"FROM {name}").fetchall()) == expected


def test_timings_are_those_of_the_moment_in_naive_utc(base):
    instances = "SELECT step, scenario, model, strategy FROM step_timings"
    assert base.sql(instances).fetchall() == [
        ("assess", None, None, None),
        ("backtest", None, None, "cross"),
        ("backtest", None, None, "hold"),
        ("evaluate", "plain", "svr", None),
    ]
    save("assess", {}, seconds=9.0)
    found = base.sql(f"SELECT * EXCLUDE (step, {', '.join(KINDS)}) FROM step_timings")
    assert found.fetchall()[0] == (datetime(2013, 3, 1, 10, 0, 0, 250_000), 9.0, 0.4, 10**9, "1-2")


@pytest.mark.parametrize(
    "instance",
    [{"scenario": "gone"}, {"scenario": "plain", "model": "gone"}, {"dataset": "plain"}],
)
def test_what_is_not_configured_is_left_out(base, instance):
    save("backtest", instance, accepted=[ACCEPTED])
    counted = {name: len(base.sql(f"FROM {name}").fetchall()) for name in VIEWS}
    of_runs = dict.fromkeys(("run_records", "runs", "run_steps", "history"), 0)
    assert counted | {"assessment.backtest_results": 3} == of_runs | {
        **dict.fromkeys(("checkpoints", "step_timings"), 4),
        **dict.fromkeys(("accepted", "accepted_changes"), 0),
        **{"assessment.pipeline_runs": 0, "assessment.backtest_results": 3},
    }


def test_what_is_no_checkpoint_is_left_out(base):
    folder = Path("artifacts")
    shutil.copy(folder / "assess.ok", folder / "assess (copy).ok")
    (folder / "cut.ok").write_bytes((folder / "assess.ok").read_bytes()[:99])
    (folder / "bytes.ok").write_bytes(b"\xff\xfe\0")
    (folder / "list.ok").write_bytes(b"[1]")
    assert len(base.sql("FROM step_timings").fetchall()) == 4


def test_checkpoints_of_an_older_form_are_left_out_and_of_a_newer_one_named(base):
    assert CHECKPOINT == FORMAT
    path = Path("artifacts/assess.ok")
    record = json.loads(path.read_bytes())
    path.write_text(json.dumps(record | {"format": FORMAT - 1}))
    assert len(base.sql("FROM checkpoints").fetchall()) == 3
    path.write_text(json.dumps(record | {"format": FORMAT + 1, "tidemark": "9.1"}))
    with pytest.raises(duckdb.InvalidInputException, match=r"assess\.ok is of a newer .*9\.1"):
        base.sql("FROM checkpoints").fetchall()


def test_a_change_accepted_for_several_instances_is_told_once(base):
    for strategy in ("cross", "hold"):
        accepted = [ACCEPTED, ACCEPTED._replace(changes=["code c.py"])]
        save("backtest", {"strategy": strategy}, accepted=accepted[: 1 + (strategy == "hold")])
    assert len(base.sql("FROM accepted").fetchall()) == 3
    told = ("backtest", "ada", "2013-03-01", "a rename")
    assert base.sql("FROM accepted_changes").fetchall() == [
        (*told, "code a.py; code b.py", 2, "backtest cross"),
        (*told, "code c.py", 1, "backtest hold"),
    ]


def test_cells_have_the_end_of_the_backtest_that_made_them(base):
    ended = datetime(2013, 3, 1, 10, 0, 0, 750_000)
    found = base.sql("SELECT strategy_name, run_date FROM assessment.backtest_results ORDER BY 1")
    assert found.fetchall() == [("cross", ended), ("hold", ended), ("rise", None)]


ROW = {"scenario": "plain", "model": "svr", "metric": "r2", "value": 0.5, "low": -0.5, "high": None}


def test_history_is_read_in_its_older_forms_too(base):
    """As 0.1 wrote it on the sample, a file without a number of its format; then as 0.2 did."""
    folder = history.log(HERE).folder
    folder.mkdir(parents=True)
    shutil.copy(CASES / "history_of_format_1.json", folder / "00001.json")
    row = {"scenario": "plain", "model": "svr", "metric": "r2", "value": None}
    Log(folder, history.OF_METRICS, {BARE: dict}).append({"metrics": [row]})
    history.log(HERE).append(history.content({"metrics": [ROW]}, run="20130301T100000Z-7"))
    oldest, older, newest = [r.content["results"]["metrics"] for r in history.log(HERE).records()]
    counted = "SELECT snapshot, count(*) FROM history GROUP BY ALL ORDER BY ALL"
    assert base.sql(counted).fetchall() == [(1, len(oldest)), (2, 1), (3, 1)]
    shown = base.sql("SELECT * EXCLUDE (snapshot) FROM history WHERE snapshot = 1").fetchall()
    assert shown == [tuple(one.values()) for one in oldest]
    assert older == [row | {"low": None, "high": None}]
    assert base.sql("FROM history WHERE snapshot > 1").fetchall() == [
        (2, *older[0].values()), (3, *newest[0].values())
    ]  # fmt: skip
    assert base.sql("SELECT snapshot, run, outcome FROM runs").fetchall() == [
        (1, None, None), (2, None, None), (3, "20130301T100000Z-7", "")
    ]  # fmt: skip
    assert base.sql("FROM run_steps").fetchall() == []


def test_runs_and_their_steps_are_rows(base):
    steps = [
        {"name": "evaluate_s_m", "step": "evaluate", "state": state, "seconds": 0.5, "why": "x",
         "began": "2013-03-01T11:00:00.500+01:00", "rows": 3}
        for state in ("ran", "ran", "failed", "restored")
    ]  # fmt: skip
    stored = {"prices": "c0ffee" * 10, "rates": "ba5e" * 16}
    record = history.content(
        {"config_file": "mine.yaml", "stored": stored}, snapshot=5,
        run="20130301T100000Z-7", began="2013-03-01T10:00:00+00:00",
        ended="2013-03-01T12:00:01+02:00", seconds=1.0, outcome="failed", goals=["all", "assess"],
        who="Ann", commit="c0ffee", dirty=True, steps=steps, failures={"evaluate_s_m": "no room"},
    )  # fmt: skip
    history.log(HERE).append(record)
    began = datetime(2013, 3, 1, 10)
    assert base.sql("FROM runs").fetchall() == [
        (1, "20130301T100000Z-7", began, began + timedelta(seconds=1), 1.0, "failed", "all assess",
         "mine.yaml", "Ann", "c0ffee", True, 2, 1, 1, 0, 5,
         "prices c0ffeec0ffee, rates ba5eba5eba5e")
    ]  # fmt: skip
    told = (1, "20130301T100000Z-7", "evaluate_s_m", "evaluate")
    assert base.sql("FROM run_steps").fetchall() == [
        (*told, state, 0.5, "x", "no room", datetime(2013, 3, 1, 10, 0, 0, 500_000), 3)
        for state in ("ran", "ran", "failed", "restored")
    ]


PIPELINES = {"data-pipeline": ["fetch_data", "data_gate"], "metrics-pipeline": ["backtest"],
             "assessment-pipeline": ["assess", "reports"]}  # fmt: skip


def ran(*steps: tuple, pipelines: Any = PIPELINES, outcome: str = "success", **more: Any) -> None:
    """A record of a run of ten seconds at ten; steps by name, state, second of the start, rows."""
    at = "2013-03-01T10:00:{:02}+00:00"
    told = [
        {"name": f"{step}_x", "step": step, "state": state, "began": at.format(second),
         "seconds": None if state == "killed" else 1.5, "rows": rows, "why": ""}
        for step, state, second, rows in steps
    ]  # fmt: skip
    times = {"began": at.format(0), "ended": at.format(10), "seconds": 10.0}
    whole = {**times, "outcome": outcome, "pipelines": pipelines, "run": "r", **more}
    history.log(HERE).append(history.content({}, steps=told, **whole))


def pipelines(base: duckdb.DuckDBPyConnection) -> list[tuple]:
    return base.sql(
        "SELECT snapshot, pipeline_name, second(start_time), epoch(end_time - start_time), status,"
        " records_processed FROM assessment.pipeline_runs"
    ).fetchall()


def test_each_pipeline_of_which_a_step_ran_is_a_row_of_its_run(base):
    ran(("fetch_data", "ran", 1, 100), ("data_gate", "restored", 3, 5), ("plots", "ran", 4, 9))
    assert pipelines(base) == [(1, "data-pipeline", 1, 3.5, "success", 105)]
    row = base.sql("SELECT run_date = end_time, run FROM assessment.pipeline_runs").fetchall()
    assert row == [(True, "r")]


def test_one_that_was_asked_for_is_a_row_though_all_of_it_was_fresh(base):
    ran(("reports", "ran", 2, 0), goals=["metrics-pipeline", "reports"])
    ran(("reports", "ran", 2, 0), goals=["all"])
    assert pipelines(base) == [
        (1, "metrics-pipeline", 0, 10.0, "success", 0),
        (1, "assessment-pipeline", 2, 1.5, "success", 0),
        (2, "data-pipeline", 0, 10.0, "success", 0),
        (2, "metrics-pipeline", 0, 10.0, "success", 0),
        (2, "assessment-pipeline", 2, 1.5, "success", 0),
    ]


def test_the_pipeline_of_a_step_that_failed_or_was_killed_did_too_and_others_are_unfinished(base):
    ran(("fetch_data", "ran", 1, 7), ("backtest", "failed", 2, None), ("assess", "killed", 3, None),
        outcome="failed", goals=["all"])  # fmt: skip
    assert [(row[1], row[4], row[5]) for row in pipelines(base)] == [
        ("data-pipeline", "unfinished", 7),
        ("metrics-pipeline", "failed", 0),
        ("assessment-pipeline", "killed", 0),
    ]


def test_runs_that_say_nothing_of_pipelines_have_those_that_came_last(base):
    """As one by hand, and those that an earlier version recorded, without times and rows."""
    folder = history.log(HERE).folder
    older = {"run": "o", "steps": [{"name": "assess", "step": "assess", "state": "ran",
             "seconds": 1.5, "why": ""}], "outcome": "success", "goals": ["assess"],
             "began": "2013-03-01T10:00:05+00:00", "ended": "2013-03-01T10:00:07+00:00",
             "results": {"metrics": []}}  # fmt: skip
    Log(folder, history.OF_STEPS, {}).append(older)
    assert pipelines(base) == [], "which steps a pipeline has, nobody has said yet"
    ran(("backtest", "ran", 1, 4), pipelines={})
    ran(("backtest", "ran", 1, 4))
    assert pipelines(base) == [
        (1, "assessment-pipeline", 5, 2.0, "success", 0),
        (2, "metrics-pipeline", 1, 1.5, "success", 4),
        (3, "metrics-pipeline", 1, 1.5, "success", 4),
    ]
    (kept, *_) = history.log(HERE).records()
    assert kept.content["steps"][0]["rows"] is None
    assert (kept.content["pipelines"], kept.content["snapshot"]) == ({}, None)


def test_history_that_cannot_be_read_is_named(base):
    folder = history.log(HERE).folder
    folder.mkdir(parents=True)
    (folder / "00001.json").write_text("{")
    with pytest.raises(duckdb.InvalidInputException, match=r"history/00001\.json is not JSON"):
        base.sql("FROM history").fetchall()
    (folder / "00001.json").write_text('{"format": 99, "version": "9.1"}')
    with pytest.raises(duckdb.InvalidInputException, match=r"newer format, by Tidemark 9\.1"):
        base.sql("FROM history").fetchall()


@pytest.mark.parametrize("content", [{}, {"metrics": 5}, {"metrics": [{"scenario": "s"}]}])
@pytest.mark.parametrize("form", [history.OF_METRICS, history.FORM])
def test_history_without_metrics_in_it_is_named(base, content, form):
    history.log(HERE).append(history.content({}))
    path = history.log(HERE).folder / "00001.json"
    content = {"results": content} if form == history.FORM else content
    altered = {"content": content, "format": form}
    path.write_text(json.dumps(json.loads(path.read_bytes()) | altered))
    with pytest.raises(duckdb.InvalidInputException, match=r"00001\.json does not hold metrics"):
        base.sql("FROM history").fetchall()


@pytest.mark.parametrize("number", [1, 2, 3], ids=["first", "middle", "end"])
def test_a_record_of_history_that_is_gone_is_named_until_it_is_said_to_be_lost(base, number):
    for value in (0.5, 0.25, 0.125):
        history.log(HERE).append(history.content({"metrics": [ROW | {"value": value}]}))
    folder = history.log(HERE).folder
    (folder / f"0000{number}.json").unlink()
    with pytest.raises(duckdb.InvalidInputException, match=rf"0000{number}\.json is gone"):
        base.sql("FROM history").fetchall()
    (folder / f"0000{number}.lost").touch()
    shown = [snapshot for (snapshot,) in base.sql("SELECT snapshot FROM history").fetchall()]
    assert shown == [other for other in (1, 2, 3) if other != number]


def test_no_step_asks_a_view():
    """What they show depends on the run, so no result may."""
    for name, query in reports.QUERIES.items():
        asked = {view for view in VIEWS if view.rpartition(".")[2] in query.split()}
        assert not asked, name
