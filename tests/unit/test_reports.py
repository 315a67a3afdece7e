"""The metrics database, and reports that show what it holds."""

from itertools import pairwise
from pathlib import Path

from tidemark import database, reports
from tidemark.errors import InputError

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[2]
METRICS = ("mae", "mse", "rmse", "r2", "directional_accuracy", "information_coefficient", "skill")
PAIRS = [("plain", "mean"), ("plain", "svr")]
ACCEPTED = {"who": "ada", "when": "2013-03-01", "reason": "a rename", "changes": ["code a.py"]}
CONFIGURED = {"scenario": ["plain"], "model": ["mean", "svr"]}


def score(pair, value):
    return {
        "scenario": pair[0],
        "model": pair[1],
        "fitted": "mean",
        "rows": 2812,
        "dates": 670,
        "first": "2010-07-01T00:00:00",
        "last": "2013-02-28T00:00:00",
        "metrics": dict.fromkeys(METRICS, value) | {"information_coefficient": None},
    }


def validation(pair):
    failed = {"from": "svr", "to": "mean", "reason": "svr did not converge: too | few steps"}
    return {
        "scenario": pair[0],
        "model": pair[1],
        "fitted": "mean",
        "estimator": "mean",
        "parameters": {"alpha": 1.0},
        "fallback": failed if pair[1] == "svr" else None,
        "folds": [{"fold": k, "mae": 0.01 * k, "rmse": 0.02 * k, "r2": -0.1} for k in (1, 2)],
        "train_rows": 9002,
        "train_first": "2000-05-31T00:00:00",
        "train_last": "2010-06-23T00:00:00",
    }


def difference(metric, verdict):
    names = {"scenario": "plain", "model": "svr", "less_scenario": "plain", "less_model": "mean"}
    ends = {"lower": 1e-6, "upper": 9e-6, "adjusted_lower": -1e-6, "adjusted_upper": 12e-6}
    return {**names, "metric": metric, "difference": 5e-6, **ends, "verdict": verdict}


def tables():
    scores = [score(pair, 0.0125) for pair in PAIRS]
    bootstraps = [
        {
            "scenario": s,
            "model": m,
            "level": 0.95,
            "intervals": {name: [0.01, 0.02] for name in METRICS}
            | {"information_coefficient": [None, None]},
        }
        for s, m in PAIRS
    ]
    validations = [validation(pair) for pair in PAIRS]
    checkpoint = {
        "step": "evaluate",
        "instance": {"scenario": "plain", "model": "svr"},
        "started": "2013-03-01T12:00:00+02:00",
        "seconds": 0.5,
        "cpu_seconds": 0.4,
        "peak_memory_bytes": 10**9,
        "run": "1-2",
        "notes": [],
    }
    others = [
        checkpoint | {"instance": instance}
        for instance in ({}, {"scenario": "gone"}, {"scenario": "plain", "model": "gone"})
    ]
    comparison = {
        "baseline": "mean",
        "confidence": 0.95,
        "adjusted_confidence": 0.9958333,
        "comparisons": 1,
        "block_length": 21,
        "bootstrap_replicates": 2000,
    }
    rows = database.metric_rows(scores)
    return {
        "metrics": rows,
        "intervals": database.interval_rows(bootstraps),
        "cv_scores": database.fold_rows(validations),
        "models": database.model_rows(scores, validations),
        "paired_differences": [difference("mse", "no difference shown"), difference("mae", None)],
        "comparison": [comparison],
        "conclusion": [{"sentence": "No model beats the baseline."}, {"sentence": "None."}],
        "step_timings": database.timing_rows([checkpoint, *others], CONFIGURED),
        "accepted": database.accepted_rows([checkpoint | {"accepted": [ACCEPTED]}]),
        "history": database.history_rows([{"metrics": rows}, {"metrics": rows[:3]}]),
    }


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    path = tmp_path_factory.mktemp("database") / "metrics.duckdb"
    database.build(path, tables())
    assert [file.name for file in path.parent.iterdir()] == ["metrics.duckdb"]
    with duckdb.connect(str(path), read_only=True) as opened:
        yield opened


def test_tables_hold_the_rows(connection):
    counts = {
        name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
        for name in database.TABLES
    }
    assert counts == {name: len(rows) for name, rows in tables().items()}
    missing = "SELECT count(*) FROM metrics WHERE value IS NULL"
    assert connection.execute(missing).fetchone() == (2,)
    snapshots = "SELECT snapshot, count(*) FROM history GROUP BY ALL ORDER BY ALL"
    assert connection.execute(snapshots).fetchall() == [(1, 14), (2, 3)]


def test_times_are_naive_utc(connection):
    found = connection.execute("SELECT typeof(started), started::VARCHAR FROM step_timings")
    assert found.fetchone() == ("TIMESTAMP", "2013-03-01 10:00:00")


def test_timings_of_what_is_no_longer_configured_are_left_out(connection):
    found = connection.execute("SELECT scenario, model FROM step_timings ORDER BY rowid")
    assert found.fetchall() == [("plain", "svr"), (None, None)]


def test_a_database_that_cannot_be_written(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        database.build(tmp_path / "nowhere" / "metrics.duckdb", tables())


def test_gathered_rows_keep_their_order_and_join(connection):
    values = reports.gather(connection)
    assert [(row["scenario"], row["model"]) for row in values["models"]] == PAIRS
    baseline, svr = values["models"]
    assert baseline["verdict"] is None
    assert svr["verdict"] == "no difference shown"
    assert (svr["mae"], svr["mae_lower"], svr["mae_upper"]) == (0.0125, 0.01, 0.02)
    assert svr["information_coefficient"] is None
    assert (svr["cv_rmse"], svr["cv_rmse_lower"], svr["cv_rmse_upper"]) == (0.03, 0.02, 0.04)
    assert [row["metric"] for row in values["against_baseline"]] == ["mse"]


def values_for_reports(connection, missing=False, narrative=None):
    values = reports.gather(connection)
    figures = [
        {
            "file": f"reports/figs/{s}_{m}_{kind}.png",
            "link": f"figs/{s}_{m}_{kind}.png",
            "kind": kind,
            "title": "True returns",
            "caption": "Points.",
            "missing": missing,
            "scenario": s,
            "model": m,
        }
        for s, m in PAIRS
        for kind in ("predicted_vs_true", "hexbin")
    ]
    finding = {"severity": "warning", "message": "a | b\nc", "check": "gaps", "count": 1}
    dataset = {"rows": 12154, "findings": [finding]}
    empty = {"rows": 95, "findings": []}
    return values | {
        "comparison": values["comparison"][0],
        "conclusion": [row["sentence"] for row in values["conclusion"]],
        "validation": {
            "ok": True,
            "as_of": "2013-03-01",
            "datasets": {"prices": dataset, "x": empty},
        },
        "figures": figures,
        "missing_figures": figures if missing else [],
        "narrative": narrative or {},
        "config": {
            "feature_engineering": {
                "horizon": 1,
                "lags": [0, 1],
                "windows": [5],
                "economic": [],
                "term_spread": None,
            },
            "split_data": {"test_start": "2010-07-01", "embargo": 5, "folds": 5},
            "evaluate": {},
        },
    }


def rendered(name, values):
    path = f"reports/templates/{name}.md.j2"
    return reports.render(path, (ROOT / path).read_text("utf-8"), values)


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize(
    "name", ["model_communication_report", "model_evaluation_memo", "reflection"]
)
def test_reports_render_with_and_without_figures(connection, name, missing):
    text = rendered(name, values_for_reports(connection, missing))
    assert "No model beats the baseline." in text
    assert "None" not in text.replace("None.", "")
    assert "\n\n\n" not in text
    assert ("](figs/" in text) is (not missing and name != "reflection")
    if missing:
        assert "missing" in text.lower()


def test_fallbacks_are_reported(connection):
    values = values_for_reports(connection)
    accepted = "- evaluate plain svr, by ada on 2013-03-01: a rename (code a.py)."
    assert accepted in rendered("model_evaluation_memo", values)
    assert "mean was fitted in place of svr" in rendered("model_evaluation_memo", values)
    assert "svr did not converge: too \\| few steps" in rendered("model_evaluation_memo", values)
    assert "(replaced by mean)" in rendered("model_communication_report", values)


def test_tables_are_whole(connection):
    """Every row of a Markdown table has as many cells as its head."""
    for name in ("model_communication_report", "model_evaluation_memo"):
        lines = rendered(name, values_for_reports(connection)).splitlines()
        for before, line in pairwise(lines):
            if before.startswith("|"):
                cells = line.replace("\\|", "").count("|")
                assert cells in (0, before.replace("\\|", "").count("|")), line


def test_what_people_write_is_included_as_it_stands(connection):
    text = "Our *own* words: {{ not.a.template }} 100 % & <b>.\n\n- one\n"
    narrative = {"introduction": text, "evaluation": text, "reflection": text, "zebra": "Last."}
    values = values_for_reports(connection, narrative=narrative)
    for name in ("model_communication_report", "model_evaluation_memo", "reflection"):
        assert text.strip() in rendered(name, values)
    assert "Last." in rendered("reflection", values)


@pytest.mark.parametrize(
    ("template", "line", "problem"),
    [
        ("# Title\n\n{{ nothing }}\n", 3, "'nothing' is undefined"),
        ("{% for row in rows %}\n{{ row.name }}\n{% endfor %}", 2, "has no attribute 'name'"),
        ("{% macro m() %}\n{{ nothing }}\n{% endmacro %}\n{{ m() }}", 2, "'nothing'"),
        ("# Title\n{% for row in rows %}\n", 2, "innermost block .* is 'for'"),
        ("\n{{ rows | upercase }}", 2, "No filter named 'upercase'"),
        ("\n{{ rows | metric('mea') }}", 2, "TypeError: must be real number, not list"),
    ],
)
def test_a_bad_template_is_named_with_its_line(template, line, problem):
    with pytest.raises(InputError, match=problem) as caught:
        reports.render("reports/templates/memo.md.j2", template, {"rows": [{}]})
    assert caught.value.where == f"reports/templates/memo.md.j2:{line}"
    assert "it is given: rows" in caught.value.cure
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "name", "sign", "shown"),
    [
        (0.016723, "rmse", False, "1.672"),
        (0.016723, "rmse", True, "+1.672"),
        (5.7e-6, "mse", True, "+0.057"),
        (-0.0002, "skill", False, "0.000"),
        (-0.0214, "skill", False, "-0.021"),
        (0.5223, "directional_accuracy", False, "52.2"),
        (None, "skill", False, "–"),
        (float("nan"), "skill", False, "–"),
    ],
)
def test_numbers_in_reports(value, name, sign, shown):
    assert reports.metric(value, name, sign=sign) == shown


def test_estimates_show_their_interval_if_there_is_one():
    row = {"r2": -0.0208, "r2_lower": -0.036, "r2_upper": 0.0077, "mae": 0.01, "mae_lower": None}
    assert reports.estimate(row, "r2") == "-0.021 [-0.036, +0.008]"
    assert reports.estimate(row | {"mae_upper": None}, "mae") == "1.000"
    assert reports.cell("a|b\n c") == "a\\|b c"
    assert reports.day("2010-07-01T00:00:00") == "2010-07-01"
