"""What journals say, as records have it; and as a table."""

from dataclasses import replace

from tidemark.files.append import Record
from tidemark.harness.journal import Journal, State
from tidemark.runs import listing, record
from tidemark.tables import history

import pytest

BEGUN = {"begun": "plots_s_m", "step": "plots", "why": "x changed", "at": 1362132000.5}
RAN = {"name": "plots_s_m", "step": "plots", "state": "ran", "seconds": 1.5, "why": "x changed",
       "at": 1362132002.0, "rows": 12}  # fmt: skip
BEGAN = "2013-03-01T10:00:00.500+00:00"
KEPT = {name: RAN[name] for name in ("name", "step", "state", "seconds", "rows", "why")}
FAILED = RAN | {"state": "failed", "message": "no room"}
FRESH = RAN | {"name": "reports", "step": "reports", "state": "fresh", "seconds": 0.0, "why": ""}
NOW = State("c0ffee", False)
PIPELINES = {"metrics-pipeline": ["plots"]}
HEAD = {"goals": ["all"], "who": "Ann", "commit": "c0ffee", "dirty": True, "pipelines": PIPELINES}
JOURNAL = Journal(HEAD, planned=2, early=0, closing=True, begun=(BEGUN,), steps=(RAN,), ended=9.0)


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({}, "success"),
        ({"ended": None}, "killed"),
        ({"ended": None, "closing": False}, "success"),
        ({"ended": None, "closing": False, "steps": ()}, "killed"),
        ({"ended": None, "steps": (FAILED,)}, "failed"),
        ({"steps": (RAN, FAILED)}, "failed"),
    ],
)
def test_how_a_run_ended_follows_from_what_was_noted(change, outcome):
    assert record.outcome(replace(JOURNAL, **change)) == outcome


def test_a_run_that_changed_nothing_is_no_record():
    nothing = replace(JOURNAL, begun=(), steps=(FRESH,))
    assert record.of("7-1362132000", nothing, 1362132001.0, NOW) is None


def test_a_record_says_what_was_noted():
    told = record.of("7-1362132000", replace(JOURNAL, steps=(RAN, FRESH)), 1362132001.5, NOW)
    assert told == {
        "run": "20130301T100000Z-7", "began": "2013-03-01T10:00:00.000+00:00",
        "ended": "2013-03-01T10:00:01.500+00:00", "seconds": 9.0, "outcome": "success",
        "goals": ["all"], "who": "Ann", "commit": "c0ffee", "dirty": True,
        "steps": [KEPT | {"began": BEGAN}], "pipelines": PIPELINES, "failures": {},
    }  # fmt: skip


def test_a_step_of_which_nothing_more_was_noted_was_killed():
    told = record.of("7-1362132000", replace(JOURNAL, steps=(), ended=None), 1362132001.5, NOW)
    assert told["steps"] == [
        {"name": "plots_s_m", "step": "plots", "state": "killed", "began": BEGAN, "seconds": None,
         "rows": None, "why": "x changed"}
    ]  # fmt: skip
    assert told["failures"] == {"plots_s_m": "was killed"}
    assert told["seconds"] == 1.5


def test_what_an_earlier_version_noted_is_of_no_time_and_no_pipeline():
    ran = {name: value for name, value in RAN.items() if name not in ("at", "rows")}
    told = record.of("7-1362132000", replace(JOURNAL, head={}, steps=(ran,)), 1362132001.5, NOW)
    assert told["steps"] == [KEPT | {"began": None, "rows": None}]
    assert told["pipelines"] == {}


def test_a_run_of_which_the_head_was_torn_is_told_as_far_as_it_is_known():
    told = record.of("7-1362132000", replace(JOURNAL, head={}), 1362132001.5, NOW)
    assert (told["goals"], told["who"], told["commit"], told["dirty"]) == ([], "", None, None)


@pytest.mark.parametrize(
    ("began", "ended", "dirty"),
    [
        (("c0ffee", False), ("c0ffee", False), False),
        (("c0ffee", True), ("c0ffee", False), True),
        (("c0ffee", False), ("c0ffee", True), True),
        (("c0ffee", False), ("ba5e", False), True),
        (("c0ffee", False), (None, None), None),
        ((None, None), ("c0ffee", False), None),
    ],
)
def test_a_run_is_clean_if_nothing_differed_when_it_began_and_when_it_ended(began, ended, dirty):
    head = HEAD | State(*began)._asdict()
    noted = replace(JOURNAL, head=head)
    told = record.of("7-1362132000", noted, 1362132001.5, State(*ended))
    assert told["dirty"] is dirty


def test_runs_sort_by_their_names():
    runs = ["99999-1362132000", "7-1362132001", "8-1999999999"]
    assert sorted(map(record.identity, reversed(runs))) == list(map(record.identity, runs))


def listed(**change: object) -> Record:
    told = record.of("7-1362132000", replace(JOURNAL, **change), 1362132001.5, NOW)
    return Record(1, history.content({}, **told))


def words(line: str) -> list[str]:
    return line.split()


def test_the_table_has_a_line_a_run_and_the_columns_that_anything_is_known_of():
    head, first, second = listing.table(
        [listed(), listed(steps=(FAILED,), head={})], width=200
    ).splitlines()
    assert head.split() == words("when outcome who commit ran failed seconds why")
    assert first.split()[2:] == words("success Ann c0ffee+ 1 9.0 x changed")
    assert second.split()[2:] == words("failed 1 9.0 plots_s_m: no room")
    assert first.index("x changed") == second.index("plots_s_m") == head.index("why")


def test_the_file_of_the_configuration_stands_there_where_it_is_not_always_the_usual_one():
    usual, other = listed(), listed()
    usual.content["results"]["config_file"] = "config.yaml"
    other.content["results"]["config_file"] = "examples/fx.yaml"
    assert " config " not in listing.table([usual], 200)
    shown = listing.table([usual, other], 200).splitlines()
    assert "c0ffee+  config.yaml" in shown[1]
    assert "c0ffee+  examples/fx.yaml" in shown[2]


def test_the_last_column_ends_where_the_terminal_does():
    long = listed(steps=(RAN | {"why": "x" * 300},))
    for width in (80, 120):
        assert max(map(len, listing.table([long], width).splitlines())) == width
    assert listing.table([long], 10).splitlines()[1].endswith("xxx...")


def test_the_snapshot_that_results_were_made_of_stands_there_where_there_is_one():
    told = record.of("7-1362132000", JOURNAL, 1362132001.5, NOW)
    live = Record(1, history.content({"stored": {"prices": "c0ffee" * 10}}, **told, snapshot=12))
    head, line, other = listing.table([live, listed()], 200).splitlines()
    assert head.split()[3:5] == ["commit", "data"]
    assert (line.split()[5], other.split()[5]) == ("12", "1")
    assert listing.row(live)["data_stored"] == {"prices": "c0ffee" * 10}
    assert " data " not in listing.table([listed()], 200)


def test_a_record_of_metrics_alone_is_a_line_too():
    older = Record(1, history.content({"metrics": []}))
    assert "an earlier version" in listing.table([older], 80)
    assert listing.row(older)["outcome"] == ""
