"""`make status` and `make why`: they foretell what make then does, and they change nothing."""

import json
import re

from conftest import CUT, GATHER, SCENARIOS, Tree, instances, make_small
from tidemark.harness import record

import pytest


def everything(tree: Tree) -> dict[str, int]:
    """Times of all files, in ns."""
    files = [path for path in tree.path.rglob("*") if path.is_file() and ".venv" not in path.parts]
    return {str(path): path.stat().st_mtime_ns for path in files}


def states(tree: Tree) -> dict[str, str]:
    told = json.loads(tree.make("status", "FORMAT=json").stdout)
    return {
        " ".join(row[key] for key in ("step", "source", "scenario", "model") if key in row): row[
            "state"
        ]
        for row in told["instances"]
    }


def in_state(tree: Tree, *wanted: str) -> set[str]:
    return {name for name, state in states(tree).items() if state in wanted}


def test_status_of_a_built_tree_is_fresh(tree):
    assert set(states(tree).values()) == {"fresh"}
    table = tree.make("status").stdout.splitlines()
    assert table[-1] == "43 steps: 43 fresh."
    assert table[1].startswith("fetch_data")
    assert table[43].startswith("reports")


def test_status_and_why_change_nothing_even_when_the_configuration_was_edited(tree):
    tree.edit("config.yaml", "alpha: 1.0", "alpha: 250.0")
    before = everything(tree)
    assert tree.make("status").code == 0
    assert tree.make("why", "T=evaluate").code == 0
    assert everything(tree) == before


def test_status_foretells_what_runs(tree):
    tree.edit("config.yaml", "alpha: 1.0", "alpha: 250.0")
    will = in_state(tree, "stale")
    may = in_state(tree, "waiting")
    assert will == instances("train_models", models=["ridge"])
    assert will | may == tree.planned()
    assert tree.make("train_models").ran == will
    stale = instances("evaluate", models=["ridge"]) | {"collect_metrics"}  # both read its scores
    assert in_state(tree, "stale") == stale


def test_why_gives_the_chain_to_the_root_with_values(tree):
    tree.edit("config.yaml", "alpha: 1.0", "alpha: 250.0")
    lines = tree.make("why", "T=artifacts/evaluate_mean_impute_ridge.ok").stdout.splitlines()
    assert lines[0] == (
        "evaluate mean_impute ridge: may run (stops if the inputs come out the same)"
    )
    assert lines[1].endswith(
        " <- train_models mean_impute ridge <- config models.ridge.alpha 1.0 -> 250.0"
    )
    assert re.search(r"s and \d+ MB last time; 4 steps depend on it", lines[-1])
    (root,) = [
        line for line in tree.make("why", "T=train_models").stdout.split("\n\n") if "<-" in line
    ][:1]
    assert root.startswith("train_models mean_impute ridge: will run")


@pytest.mark.parametrize("target", ["reports/reflection.md", "reports", "artifacts/reports.ok"])
def test_why_of_something_fresh_says_what_it_was_built_from(tree, target):
    brief = tree.make("why", f"T={target}").stdout
    told = tree.make("why", f"T={target}", "DETAILS=1").stdout
    for text in (brief, told):
        assert text.startswith("reports: fresh\n  built 2")
        assert "because never ran" in text
    assert len(brief.splitlines()) <= 10
    assert re.search(r"^  from \d+ files: artifacts/\S+, \S+, \S+ and \d+ more$", brief, re.M)
    for words in ("  from artifacts/metrics.duckdb ", "  wrote reports/refl"):
        assert words in told
    assert "  config evaluate.confidence = 0.95" in told


def test_an_unknown_target_is_refused(tree):
    outcome = tree.make("why", "T=evalute")
    assert outcome.code == 2
    assert "T=evalute: is no step, checkpoint or output" in outcome.stderr
    assert "make why needs T=" in tree.make("why").stderr


TOO_HIGH = (",0.0783,0.0789,", ",99.9,0.0789,")  # a yield that the schema forbids


def test_failed_blocked_missing_and_never_run_are_told_apart_and_the_owner_is_alerted(tree):
    (tree.path / "reports/scenario_table.csv").unlink()
    assert in_state(tree, "missing") == {"scenario_compare"}
    assert in_state(tree, "waiting") == GATHER - {"scenario_compare"}
    tree.edit("config.yaml", "  ridge:\n", "  second: {estimator: mean}\n  ridge:\n")
    new = {
        s for n in ("train_models", "evaluate", "plots") for s in instances(n, models=["second"])
    }
    assert in_state(tree, "never run") == new
    tree.edit("config.yaml", "  second: {estimator: mean}\n", "")
    tree.edit("data/sample/treasury_yields.csv", *TOO_HIGH)
    outcome = tree.make("all")
    stopped = {"fetch_data treasury", "validate_schema treasury", "data_gate"}
    assert (outcome.code, outcome.ran) == (2, stopped)
    assert "treasury_yields.csv:2: 3month" in tree.text("artifacts/validation_report.json")
    alerts = [json.loads(line) for line in tree.text("logs/alerts.jsonl").splitlines()]
    assert {alert["owner"] for alert in alerts} == {"Data Eng"}
    assert alerts[-1]["severity"] == "error"
    assert in_state(tree, "failed") == {"data_gate"}
    assert "reports" in in_state(tree, "blocked")
    assert "treasury_yields.csv:2: 3month" in tree.make("why", "T=data_gate").stdout
    tree.edit("data/sample/treasury_yields.csv", *TOO_HIGH[::-1])
    assert tree.make("all").code == 0
    assert set(states(tree).values()) == {"fresh"}


@pytest.mark.long
def test_what_a_failure_blocks_in_the_very_first_make(tmp_path):
    tree = make_small(tmp_path / "clone")
    assert in_state(tree, "never run") == set(states(tree))
    tree.edit("config.yaml", "as_of: 2013-03-01", "as_of: 2013-06-01")
    assert tree.make("all").code == 2
    sound = instances("fetch_data") | instances("validate_schema")
    assert in_state(tree, "fresh") == sound
    assert in_state(tree, "failed") == {"data_gate"}
    assert in_state(tree, "blocked") == set(states(tree)) - sound - {"data_gate"}
    told = tree.make("why", "T=models/mean_impute_ridge.pkl").stdout
    assert told.startswith("train_models mean_impute ridge: cannot run: a step before it failed\n")
    assert (
        "<- preprocess mean_impute <- artifacts/prices_passed.json <- data_gate <- data/sample/"
        in told
    )


def test_a_failure_is_told_in_full_once_however_many_steps_it_blocks(tree):
    tree.edit("schemas/feature_contract.yaml", "momentum_63", "momentum_42")
    assert tree.make("feature_engineering").code == 2
    status = tree.make("status").stdout
    assert status.count("Cure: ") == 1
    assert status.count("feature_engineering mean_impute failed") > 5
    why = tree.make("why", "T=reports").stdout
    assert why.count("Cure: ") == 1
    ways = [line for line in why.splitlines() if line.startswith("  <- ") and "contract" in line]
    assert 1 <= len(ways) <= len(SCENARIOS)
    assert max(line.count(" <- ") for line in ways) <= 8


def test_a_failure_is_undone_by_undoing_the_edit(tree):
    tree.edit("config.yaml", "%Y-%m-%d", "%Y/%m/%d")
    assert tree.make("fetch_data").code == 2
    assert in_state(tree, "failed") == {"fetch_data prices"}
    tree.edit("config.yaml", "%Y/%m/%d", "%Y-%m-%d")
    assert set(states(tree).values()) == {"fresh"}
    told = tree.make("why", "T=artifacts/fetch_data_prices.ok").stdout
    assert told.startswith("fetch_data prices: fresh")


def test_two_checkouts_agree_or_the_first_difference_is_named(tree, cold):
    other = f"OTHER={cold[0].path}"
    assert tree.make("compare-tree", other).stdout == "the same outputs in all 43 steps\n"
    tree.edit("config.yaml", *CUT)
    assert tree.make("preprocess").code == 0
    outcome = tree.make("compare-tree", other)
    assert outcome.code == 2
    lines = outcome.stdout.splitlines()
    assert lines[0] == "first different: preprocess outlier_treatment"
    assert "  config scenarios.outlier_treatment.outliers.upper: 0.98 here, 0.99 there" in lines
    assert lines[-1] == "different in all: 1 of 43 steps"
    assert "has no checkpoints" in tree.make("compare-tree", "OTHER=/").stderr


def test_timings_are_those_of_the_checkpoints_slowest_first(tree):
    head, *rows, total = tree.make("timings").stdout.splitlines()
    assert head.split() == ["seconds", "cpu", "MB", "outputs", "step"]
    seconds = [float(row.split()[0]) for row in rows]
    assert seconds == sorted(seconds, reverse=True)
    assert len(rows) == 43
    assert total.endswith("all 43 steps")
    assert float(total.split()[0]) == pytest.approx(sum(seconds), abs=0.01 * len(rows))
    removed = re.search(r"  sma_cross: .*\n", tree.text("config.yaml"))[0]
    tree.edit("config.yaml", removed, "")
    assert tree.make("preprocess").ran == set()
    *_, total, others = tree.make("timings").stdout.splitlines()
    assert total.endswith("all 42 steps")
    assert others == "1 step more, which the configuration no longer names"


def test_an_accepted_change_runs_nothing_and_is_remembered(tree):
    path = tree.path / "scripts/tidemark/features/bar_features.py"
    path.write_text(
        tree.text("scripts/tidemark/features/bar_features.py") + "\n\nUNUSED = 1\n", "utf-8"
    )
    before = tree.results()
    assert in_state(tree, "stale") == instances("feature_engineering")
    outcome = tree.make("accept", "T=feature_engineering", "REASON=an unused name")
    assert outcome.code == 0, outcome.stderr
    assert "code scripts/tidemark/features/bar_features.py" in outcome.stdout
    assert in_state(tree, "fresh") == set(states(tree))
    assert tree.make("all").ran == set()
    assert tree.results() == before
    told = tree.make("why", "T=features/mean_impute.parquet").stdout
    assert "by " in told
    assert ": an unused name\n    code scripts/tidemark/features/bar_features.py" in told
    tree.edit("scripts/tidemark/features/bar_features.py", "UNUSED = 1", "UNUSED = 2")
    assert tree.make("feature_engineering").ran == instances("feature_engineering")
    assert "an unused name" not in tree.make("why", "T=features/mean_impute.parquet").stdout


def test_a_reason_is_kept_as_it_was_written(tree):
    tree.edit("config.yaml", "alpha: 1.0", "alpha: 250.0")
    reason = 'it\'s "fine", $5 `touch by-shell` $(touch by-shell) $(shell touch by-make) # x'
    outcome = tree.make("accept", "T=train_models", f"REASON={reason}")
    assert outcome.code == 0, outcome
    assert f": {reason}\n" in tree.make("why", "T=train_models").stdout
    assert not list(tree.path.glob("by-*"))
    refused = tree.make("why", "T=`touch by-shell`$(shell touch by-make)")
    assert "T=`touch by-shell`$(shell touch by-make): is no step" in refused.stderr
    assert not list(tree.path.glob("by-*"))


def test_questions_install_nothing_when_a_lock_has_moved(tree):
    (tree.path / "requirements.lock").write_text("# newer\n")
    assert "environment.sh" in tree.make("-n", "sample").stdout
    for goal in ("status", "why", "dag", "timings", "compare-tree", "sql"):
        outcome = tree.make("-n", goal, "T=evaluate", "OTHER=..", "Q=select 1")
        assert outcome.code == 0
        assert "environment.sh" not in outcome.stdout


def test_sql_answers_from_results_and_from_what_runs_left(tree):
    everything_at_first = everything(tree)
    asked = "Q=select step, count(*) n from step_timings where step = 'evaluate' group by step"
    outcome = tree.make("sql", asked)
    assert (outcome.code, outcome.stderr) == (0, "")
    assert "│ evaluate │     6 │" in outcome.stdout
    whole = tree.make("sql", "Q=from assessment.backtest_results").stdout
    assert len(whole.splitlines()) > 50, "a pipe has room for rows"
    assert "run_date" in whole.splitlines()[1]
    (tree.path / "artifacts/assess.ok").unlink()
    counted = 'Q=select count(*) as "$n" from assessment.pipeline_runs -- where is #that?'
    assert "│     4 │" in tree.make("sql", counted).stdout
    assert everything(tree).items() <= everything_at_first.items(), "a question changes nothing"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("selct 1", 'Q: Parser Error: syntax error at or near "selct". Cure: '),
        ("from metric", 'Table with name metric does not exist! Did you mean "metrics"'),
        ("select x from metrics", 'Referenced column "x" not found in FROM clause! '),
        ("select 1/0; drop table metrics", "read-only mode. Cure: "),
        ("--", "Q: is empty. Cure: ask something"),
    ],
)
def test_a_wrong_query_is_told_in_a_line(cold, query, told):
    outcome = cold[0].make("sql", f"Q={query}")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert told in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_sql_before_there_are_results_says_how_to_get_them(tree):
    (tree.path / "artifacts/metrics.duckdb").write_bytes(b"no database")
    assert "Cure: rm artifacts/metrics.duckdb, and make all" in tree.make("sql", "Q=x").stderr
    (tree.path / "artifacts/metrics.duckdb").unlink()
    refused = tree.make("sql", "Q=select 1")
    assert refused.code == 2
    assert "artifacts/metrics.duckdb: is not there yet. Cure: make all" in refused.stderr


def test_accepting_needs_a_reason_and_results(tree):
    tree.edit("config.yaml", "alpha: 1.0", "alpha: 250.0")
    assert "REASON: is empty" in tree.make("accept", "T=train_models").stderr
    refused = tree.make("accept", "T=evaluate", "REASON=x")
    assert refused.code == 2
    assert "is waiting: there are no results that could stand" in refused.stderr
    assert tree.make("accept", "T=all", "REASON=close enough").code == 0
    assert tree.make("all").ran == set()


def test_no_change_of_an_output_and_no_lost_input_can_be_accepted(tree):
    tree.edit("scripts/tidemark/features/bar_features.py", "\nimport", "\nUNUSED = 1\nimport")
    accept = ("accept", "T=feature_engineering", "REASON=x")
    with (tree.path / "features/mean_impute.parquet").open("ab") as file:
        file.write(b"by hand")
    refused = tree.make(*accept)
    assert refused.code == 2
    assert "features/mean_impute.parquet is not what the step wrote" in refused.stderr
    assert tree.make("feature_engineering").code == 0
    tree.edit("scripts/tidemark/features/bar_features.py", "UNUSED = 1", "UNUSED = 2")
    (tree.path / "schemas/feature_contract.yaml").unlink()
    assert "schemas/feature_contract.yaml is gone" in tree.make(*accept).stderr
    outcome = tree.make("accept", "T=all", "REASON=x")
    assert (outcome.code, outcome.stdout) == (0, "0 accepted: x\n"), outcome


def age(tree: Tree, library: str, *names: str) -> None:
    """Change records as if these steps had run with an older version of a library."""
    for name in names:
        path = tree.path / f"artifacts/{name}.ok"
        content = json.loads(path.read_bytes())
        assert library in content["libraries"]
        del content["digest"]
        content["libraries"][library] = "0.1"
        path.write_text(json.dumps(content | {"digest": record.digest(content)}))


def test_an_upgrade_is_told_and_reruns_only_what_the_configuration_says(tree):
    age(tree, "scikit-learn", "train_models_mean_impute_ridge", "evaluate_mean_impute_ridge")
    age(tree, "python", "fetch_data_treasury")
    outcome = tree.make("all")
    assert (outcome.code, outcome.ran) == (0, set())
    assert "library scikit-learn 0.1 -> " in outcome.stderr
    assert in_state(tree, "fresh") == set(states(tree))
    told = tree.make("status").stdout
    assert "library scikit-learn 0.1 -> " in told
    assert "2 checkpoints stand (environment.rerun_on_upgrade)" in told
    assert (
        "  library python 0.1 -> " in tree.make("why", "T=artifacts/fetch_data_treasury.ok").stdout
    )
    tree.edit("config.yaml", "rerun_on_upgrade: []", "rerun_on_upgrade: [scikit-learn]")
    will = {"train_models mean_impute ridge", "evaluate mean_impute ridge"}
    assert will <= tree.planned()
    assert in_state(tree, "stale") == will
    outcome = tree.make("all")
    assert outcome.ran == will, "the results came out the same"
    assert "<- library scikit-learn 0.1 -> " in outcome.stdout
    assert "scikit-learn" not in tree.make("status").stdout
    tree.edit("config.yaml", "rerun_on_upgrade: [scikit-learn]", "rerun_on_upgrade: [all]")
    assert tree.make("all").ran == {"fetch_data treasury"}


def test_an_upgrade_can_be_accepted(tree):
    age(tree, "numpy", "train_models_mean_impute_ridge")
    assert tree.make("accept", "T=train_models", "REASON=same results").code == 0
    assert "numpy" not in tree.make("status").stdout
    assert "library numpy 0.1 -> " in tree.make("why", "T=train_models").stdout
