"""Exactly the affected steps run; each test counts them."""

import json
import os
import random
import shutil
import subprocess

from conftest import (
    ASSESS,
    CUT,
    CUTTING,
    GATHER,
    MODELS,
    SCENARIOS,
    clean_environment,
    in_campaigns,
    instances,
    make_small,
)

import pandas as pd
import pytest

FIRST = ("fetch_data", "validate_schema", "data_gate")
TRAINING = ("train_models", "evaluate", "plots")


def of_model(model: str) -> set[str]:
    return {step for name in TRAINING for step in instances(name, models=[model])}


def test_the_cold_run_runs_every_step_once(cold):
    _, outcome = cold
    per_scenario = {
        step
        for name in ("preprocess", "feature_engineering", "split_data", *TRAINING)
        for step in instances(name)
    }
    market = {"market_scenarios", "market_metrics"} | instances("backtest") | ASSESS
    sources = instances("fetch_data") | instances("validate_schema") | {"data_gate"}
    assert outcome.ran == sources | per_scenario | GATHER | market
    total = len(outcome.ran)
    assert f"[{total}/{total}] reports" in outcome.stdout
    assert f"{total} ran." in outcome.stdout


def test_the_second_make_starts_no_python(tree):
    assert tree.make("all").ran == set()
    stamps = [tree.path / ".venv" / stamp for stamp in (".ok", ".dev-ok")]
    times = [stamp.stat().st_mtime_ns for stamp in stamps if stamp.exists()]
    (tree.path / ".venv").unlink()
    (tree.path / ".venv/bin").mkdir(parents=True)
    (tree.path / ".venv/bin/python").write_text("#!/bin/sh\necho python was started\nexit 9\n")
    (tree.path / ".venv/bin/python").chmod(0o755)
    (tree.path / ".venv/.ok").touch()
    os.utime(tree.path / ".venv/.ok", ns=(times[0], times[0]))
    os.utime(tree.path / "artifacts/.looked")  # otherwise the changed interpreter would be verified
    outcome = tree.make("all")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert "steps are fresh; nothing to do" in outcome.stdout
    assert len(outcome.stdout.splitlines()) == 1
    assert "scripts/launch/launch.py" not in tree.make("-n", "all").stdout


def test_one_parameter_reruns_one_model_and_what_gathers_it(tree):
    tree.edit("config.yaml", "alpha: 1.0", "alpha: 250.0")
    expected = of_model("ridge") | GATHER
    assert tree.planned() == expected
    outcome = tree.make("all")
    assert outcome.ran == expected
    assert outcome.checked == set()
    assert "config models.ridge.alpha 1.0 -> 250.0" in outcome.stdout
    assert tree.make("all").ran == set()
    assert tree.planned() == set()


def test_an_edit_of_one_source_fetches_and_validates_that_one_alone(tree):
    """They meet in the gate, which says what of each may be used."""
    for source, old, new in (
        ("prices", "path: data/sample/prices", "path: ./data/sample/prices"),
        ("corporate_actions", "path: data/sample/corp", "path: ./data/sample/corp"),
        ("unemployment", "release_lag_days: 45", "release_lag_days: 46"),
    ):
        tree.edit("config.yaml", old, new)
        first = {f"fetch_data {source}", f"validate_schema {source}", "data_gate"}
        assert {step for step in tree.planned() if step.startswith(FIRST)} == first
        if source != "unemployment":
            tree.edit("config.yaml", new, old)
    assert tree.make("data_gate").ran == first


def test_a_value_that_changes_and_changes_back_runs_nothing(tree):
    tree.edit("config.yaml", "alpha: 1.0", "alpha: 250.0")
    assert tree.planned()
    tree.edit("config.yaml", "alpha: 250.0", "alpha: 1.0")
    assert tree.make("all").ran == set()


def test_a_step_that_comes_out_as_last_time_spares_nobody_who_did_not_see_that(tree):
    tree.edit("config.yaml", "upper: 0.99}", "upper: 0.98}")
    assert tree.make("preprocess").ran == {"preprocess outlier_treatment"}
    tree.edit("config.yaml", "longest_hole_days: 14", "longest_hole_days: 15")
    outcome = tree.make("feature_engineering")
    assert {"preprocess mean_impute", "feature_engineering outlier_treatment"} <= outcome.ran
    assert "feature_engineering mean_impute" not in outcome.ran
    assert "nothing to do" in tree.make("feature_engineering").stdout


def test_comments_and_layout_of_the_configuration_run_nothing(tree):
    tree.edit("config.yaml", "seed: 20130301", "# another comment\nseed:    20130301")
    outcome = tree.make("all")
    assert (outcome.ran, outcome.checked) == (set(), set())


def test_a_renamed_scenario_runs_its_branch_only_and_leaves_no_trace_in_the_reports(tree):
    tree.edit("config.yaml", "  outlier_treatment:\n", "  median_impute:\n")
    branch = {
        step
        for name in ("preprocess", "feature_engineering", "split_data", *TRAINING)
        for step in instances(name, scenarios=["median_impute"])
    }
    assert tree.make("all").ran == branch | GATHER
    for report in ("model_communication_report", "model_evaluation_memo", "scenario_summary"):
        assert " median_impute" in tree.text(f"reports/{report}.md")
        assert " outlier_treatment" not in tree.text(f"reports/{report}.md")


TRAIN = '''"""Not train_models."""

from tidemark.harness.step import Run, step


@step()
def train(run: Run) -> None:
    """Write models/trained.json."""
    run.write.json("models/trained.json", len(run.read.parquet("data/raw/prices.parquet")))


if __name__ == "__main__":
    train()
'''


def test_a_step_whose_name_begins_another_one_is_that_step_alone(tree):
    (tree.path / "scripts/train.py").write_text(TRAIN)
    rule = (
        "STEPS += train\nCHECKPOINTS_train := artifacts/train.ok\n"
        "artifacts/train.ok: data/raw/prices.parquet\n\t$(STEP) scripts/train.py\n"
        "models/trained.json: artifacts/train.ok ; $(KEPT)\n"
    )
    tree.edit("make/models.mk", "PAIRS := ", f"{rule}\nPAIRS := ")
    tree.edit("config.yaml", "alpha: 1.0", "alpha: 2.0")  # the ridge of train_models is stale
    outcome = tree.make("train")
    assert (outcome.code, outcome.ran, outcome.checked) == (0, {"train"}, set()), outcome.stderr
    assert (tree.path / "artifacts/train.ok").exists()
    assert tree.make("-n", "train_models").stdout.count("scripts/train_models.py") == len(SCENARIOS)


def test_two_instances_that_would_share_a_checkpoint_are_refused(tree):
    shared = "artifacts/train_models_mean_impute_ridge.ok"
    text = f"STEPS += train\nCHECKPOINTS_train := {shared}\n"
    tree.edit("make/models.mk", "PAIRS := ", f"{text}\nPAIRS := ")
    outcome = tree.make("-n", "all")
    assert outcome.code == 2
    assert f"two instances share a checkpoint: {shared}. Cure:" in outcome.stderr


def test_a_comment_in_a_shared_module_runs_nothing(tree):
    tree.edit("scripts/tidemark/files/store.py", '"""Atomic', '# why not\n"""Safe and atomic')
    assert tree.planned() == set()
    outcome = tree.make("all")
    assert (outcome.code, outcome.ran, outcome.checked) == (0, set(), set())


def test_an_edit_of_features_runs_features_onward(tree):
    path = tree.path / "scripts/tidemark/features/bar_features.py"
    path.write_text(path.read_text("utf-8") + "\nUNUSED = 1\n", "utf-8")
    outcome = tree.make("all")
    assert outcome.ran == instances("feature_engineering")
    assert "code scripts/tidemark/features/bar_features.py" in outcome.stdout
    assert tree.planned() == set()


@pytest.mark.long
def test_a_changed_feature_reaches_everything_after_it(tree):
    tree.edit("scripts/tidemark/features/families/volatility.py", ".std(ddof=1)", ".std(ddof=0)")
    steps = ("feature_engineering", "split_data", "train_models", "evaluate")
    onward = {step for name in steps for step in instances(name)}
    assert onward <= tree.planned()
    evaluated = [f"artifacts/evaluate_mean_impute_{model}.ok" for model in MODELS]
    ran = tree.make(*evaluated).ran
    assert ran == {step for step in onward if " mean_impute" in step}
    left = {step for step in tree.planned() if " mean_impute" in step}
    changed = {"plots mean_impute ridge", "plots mean_impute logistic"}
    assert left == changed, "the baseline forecasts the same"


def test_touching_a_raw_file_runs_nothing(tree):
    (tree.path / "data/raw/prices.parquet").touch()
    assert tree.planned() == set()
    outcome = tree.make("all")
    assert (outcome.code, outcome.ran, outcome.checked) == (0, set(), set())


DELETED = {
    "models/mean_impute_ridge.pkl": "train_models mean_impute ridge",
    "data/splits/outlier_treatment_folds.json": "split_data outlier_treatment",
    "reports/figs/mean_impute_ridge_hexbin.png": "plots mean_impute ridge",
    "reports/scenario_table.csv": "scenario_compare",
}


def test_a_deleted_output_reruns_its_step_alone(tree):
    before = tree.results()
    for output in DELETED:
        (tree.path / output).unlink()
    outcome = tree.make("all")
    assert outcome.ran == set(DELETED.values())
    assert outcome.checked == set()
    for output in DELETED:
        assert f"{output} is missing" in outcome.stdout
    assert tree.results() == before


def test_an_output_can_be_asked_for_by_name(tree):
    (tree.path / "data/processed/mean_impute.parquet").unlink()
    assert tree.make("data/processed/mean_impute.parquet").ran == {"preprocess mean_impute"}


def test_a_source_that_says_the_same_stops_at_fetch_data(tree):
    with (tree.path / "data/sample/unemployment.csv").open("a") as file:
        file.write("\n")
    before = tree.results()
    outcome = tree.make("all")
    assert outcome.ran == {"fetch_data unemployment"}
    after = tree.results()
    assert {path for path in before if before[path] != after[path]} <= {
        "data/raw/unemployment.parquet",
        "data/raw/unemployment.parquet.sha256",
        "data/sample/unemployment.csv",
    }
    assert tree.planned() == set()


def test_scrambled_times_recompute_nothing(tree):
    """Times are scrambled, as after a clone with restored results; contents decide."""
    files = [path for path in sorted(tree.path.rglob("*")) if path.is_file()]
    files = [path for path in files if ".venv" not in path.parts]
    times = random.Random(7)
    for path in files:
        stamp = 1_700_000_000 + times.randrange(10_000_000)
        os.utime(path, (stamp, stamp))
    before = tree.results()
    assert tree.make("all").ran == set()
    assert tree.results() == before
    assert tree.make("all").checked == set()


def test_lost_bookkeeping_recomputes_nothing(tree):
    folder = tree.path / "artifacts"
    shutil.rmtree(folder / ".config")
    outcome = tree.make("all")
    assert (outcome.code, outcome.ran) == (0, set()), outcome.stderr
    (folder / ".config/models.ridge.alpha").unlink()
    for name in (".deps", ".producers", ".promised"):
        shutil.rmtree(folder / name)
    outcome = tree.make("all")
    assert (outcome.code, outcome.ran) == (0, set()), outcome.stderr
    assert (folder / ".config/models.ridge.alpha").read_text() == "1.0"
    assert (folder / ".producers/models/mean_impute_ridge.pkl").exists()
    assert (folder / ".producers/data/raw/prices.parquet").exists()
    tree.edit("config.yaml", *CUT)
    assert tree.planned() > CUTTING
    assert tree.make("preprocess").ran == CUTTING


def test_a_source_from_the_future_does_not_run_for_ever(tree):
    future = 4_000_000_000
    os.utime(tree.path / "data/sample/prices.csv", (future, future))
    first = tree.make("all")
    assert (first.ran, first.checked) == (set(), set())
    second = tree.make("all")
    assert (second.ran, second.checked) == (set(), set())


@pytest.mark.long
def test_a_deleted_module_asks_its_importers_again(tree):
    script = "scripts/split_data.py"
    (tree.path / "scripts/tidemark/models/extra.py").write_text('"""Extra."""\n')
    tree.edit(script, "from tidemark.models", "import tidemark.models.extra\nfrom tidemark.models")
    assert instances("split_data") <= tree.planned()
    split = "artifacts/split_data_mean_impute.ok"
    assert tree.make(split).ran == {"split_data mean_impute"}
    tree.edit(script, "import tidemark.models.extra\n", "")
    (tree.path / "scripts/tidemark/models/extra.py").unlink()
    outcome = tree.make(split)
    assert outcome.code == 0, outcome.stderr
    assert outcome.ran == {"split_data mean_impute"}


KILL = "    import os, signal; os.kill(os.getpid(), signal.SIGKILL)\n"
KILLED_AT = {
    "before anything is written": (
        "from tidemark.harness.writes import Writes\n"
        f"def dying(*_):\n{KILL}Writes.content = dying\n"
    ),
    "when one output is in place": (
        "from tidemark.harness import outputs\nsettle = outputs.Staging._settle\n"
        f"def dying(*given):\n    settle(*given)\n{KILL}outputs.Staging._settle = dying\n"
    ),
    "before the checkpoint": (
        "from tidemark.harness import publishing\n"
        f"def dying(*_):\n{KILL}publishing.time_to_set = dying\n"
    ),
}


@pytest.mark.parametrize("instant", [*in_campaigns(*[*KILLED_AT][:-1]), [*KILLED_AT][-1]])
def test_a_killed_step_leaves_no_trace_in_the_results(tree, cold, instant):
    script = "scripts/train_models.py"
    original = tree.text(script)
    tree.edit(script, "\n\nif __name__", f"\n\n{KILLED_AT[instant]}\n\nif __name__")
    (tree.path / "models/mean_impute_ridge.pkl").unlink()
    outcome = tree.make("artifacts/train_models_mean_impute_ridge.ok")
    assert outcome.code == 2
    assert "Killed" in outcome.stderr
    (tree.path / script).write_text(original, "utf-8")
    assert tree.make("all").code == 0
    assert tree.results() == cold[0].results()


ADDED = "\n\nADDED = 1\n\n\ndef "
SLOW = """

import time, pathlib
from tidemark.harness.writes import Writes
settle = Writes.settle
def slow(self):
    pathlib.Path("logs/begun").touch()
    while not pathlib.Path("logs/edited").exists():
        time.sleep(0.02)
    return settle(self)
Writes.settle = slow
"""


@pytest.mark.parametrize(
    ("step", "path", "old", "new"),
    [
        *in_campaigns(
            (
                "fetch_data --source prices",
                "data/sample/prices.csv",
                "AAPL,2013-03-01,438.0",
                "AAPL,2013-03-01,437.0",
            ),
            ("reports", "reports/narrative/introduction.md", "This report", "This very report"),
            (
                "split_data --scenario mean_impute",
                "scripts/tidemark/models/splits.py",
                "\n\ndef ",
                ADDED,
            ),
        ),
        ("split_data --scenario mean_impute", "config.yaml", "embargo: 5", "embargo: 6"),
    ],
)
def test_an_edit_made_while_a_step_runs_is_not_lost(tree, step, path, old, new):
    name, *options = step.split()
    script = f"scripts/{name}.py"
    tree.edit(script, "\n\nif __name__", f"{SLOW}\n\nif __name__")
    checkpoint = "_".join([name, *options[1::2]])
    running = subprocess.Popen(
        ["make", f"artifacts/{checkpoint}.ok"], cwd=tree.path, env=clean_environment({}),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not (tree.path / "logs/begun").exists():
        assert running.poll() is None, running.communicate()
    tree.edit(path, old, new)
    if path == "config.yaml":
        tree.make("-n", "all")
    (tree.path / "logs/edited").touch()
    assert running.wait(60) == 0, running.communicate()
    assert f"{name} {' '.join(options[1::2])}".strip() in tree.planned()
    running.communicate()


@pytest.mark.long
def test_a_source_replaced_by_an_older_file_is_seen(tree):
    """mv, cp -p, rsync and tar can all do that."""
    text = tree.text("data/sample/unemployment.csv")
    other = tree.path / "other.csv"
    other.write_text(text.replace("2012-11-01,", "2012-11-01,1"), "utf-8")
    os.utime(other, (1_000_000_000, 1_000_000_000))
    other.replace(tree.path / "data/sample/unemployment.csv")
    assert {"fetch_data unemployment", "validate_schema unemployment"} <= tree.make("data_gate").ran


@pytest.mark.long
def test_sessions_reach_only_who_reads_them_and_only_if_they_change(tree):
    """A schema or an as_of day leaves sessions alone; a whole day instead of hours does not."""
    tree.edit("config.yaml", "as_of: 2013-03-01", "as_of: 2013-03-04")
    tree.edit("schemas/prices.json", '"min_rows": 250', '"min_rows": 251')
    assert tree.make("acknowledge", SOURCE="prices", REASON="a row more").code == 0
    gated = {*instances("validate_schema"), "data_gate"}
    assert tree.make("preprocess", "market_scenarios").ran == gated
    tree.edit("config.yaml", "extra_sessions: []", "extra_sessions: [2013-03-02]")
    sessions = pd.read_parquet(tree.path / "artifacts/sessions.parquet")
    ran = tree.make("preprocess").ran
    assert ran == instances("preprocess") | {"validate_schema prices", "data_gate"}
    new = pd.read_parquet(tree.path / "artifacts/sessions.parquet")
    assert set(new["session"]) - set(sessions["session"]) == {pd.Timestamp("2013-03-02")}


def test_a_failed_run_does_not_blur_the_dry_run(tree):
    with (tree.path / "data/sample/unemployment.csv").open("a") as file:
        file.write("\n")
    tree.edit("config.yaml", "dpi: 60", "dpi: 10")
    assert tree.make("fetch_data").code == 2
    tree.edit("config.yaml", "dpi: 10", "dpi: 60")
    assert "fetch_data unemployment" in tree.planned()
    assert tree.make("data/raw/unemployment.parquet").ran == {"fetch_data unemployment"}
    assert tree.planned() == set()


def test_another_configuration_file(tree):
    (tree.path / "other.yaml").write_text(tree.text("config.yaml").replace(*CUT), "utf-8")
    assert tree.make("preprocess", "CONFIG=other.yaml").ran == CUTTING
    assert tree.make("preprocess").ran == CUTTING


def test_same_bytes_with_the_code_elsewhere_in_another_time_zone_locale_order_and_not_warm(
    cold, tmp_path
):
    other = make_small(tmp_path / "another place's folder", tmp_path / "code")
    places = {"TZ": "Asia/Kolkata", "LC_ALL": "C", "PYTHONHASHSEED": "11"}
    first = other.make("artifacts/validate_schema_prices.ok", "WARM=0", **places)
    assert (first.code, len(first.ran)) == (0, 2), first.stderr
    assert other.make("data_gate", jobs=1, **places).code == 0
    plain = other.make("artifacts/plots_mean_impute_ridge.ok", "WARM=0", **places)
    kinds = {step.split()[0] for step in (*first.ran, *plain.ran)}
    assert (plain.code, len(plain.ran), len(kinds)) == (0, 8, 8), plain
    assert other.make("all", jobs=1, **places).code == 0
    assert other.state() == cold[0].state()
    for path in sorted((other.path / "artifacts").glob("*.ok")):
        plain, warm = (json.loads(tree.text(f"artifacts/{path.name}")) for tree in (other, cold[0]))
        for record in (plain, warm):
            record["inputs"].pop("artifacts/metrics.duckdb", None)  # DuckDB's unused bytes differ
        for key in ("code", "config", "inputs", "libraries", "headline", "notes"):
            assert plain[key] == warm[key], (path.name, key)
    figures = list((other.path / "reports/figs").glob("*.png"))
    of_models = {"baseline": 4, "ridge": 4, "logistic": 2}
    assert len(figures) == sum(of_models[model] for model in MODELS) * len(SCENARIOS) + 4
    assert "steps are fresh; nothing to do" in other.make("all").stdout
    with (tmp_path / "code/scripts/plots.py").open("a", encoding="utf-8") as file:
        file.write("\n\nADDED = 1\n")
    assert {line.split()[0] for line in other.planned()} == {"plots", "reports"}
    assert "code scripts/plots.py" in other.make("why", "T=plots").stdout
    assert other.make("artifacts/plots_mean_impute_ridge.ok").ran == {"plots mean_impute ridge"}


def test_a_configuration_replaced_by_an_older_file_is_seen(tree):
    backup = tree.path / "config.yaml.bak"
    shutil.copy2(tree.path / "config.yaml", backup)
    tree.edit("config.yaml", *CUT)
    assert tree.make("preprocess").ran == CUTTING
    backup.replace(tree.path / "config.yaml")
    assert tree.make("preprocess").ran == CUTTING


@pytest.mark.long
def test_a_harness_file_from_the_future_does_not_make_make_loop(tree):
    os.utime(tree.path / "scripts/launch/configure.py", (4_000_000_000, 4_000_000_000))
    assert tree.make("all").ran == set()


def test_a_source_folder_swapped_for_an_older_one_is_seen(tree):
    shutil.copytree(tree.path / "data/sample", tree.path / "data/other")
    other = tree.path / "data/other/unemployment.csv"
    other.write_text(other.read_text().replace("2012-11-01,", "2012-11-01,1"))
    assert tree.make("all").ran == set()
    (tree.path / "data/sample").rename(tree.path / "data/old")
    (tree.path / "data/other").rename(tree.path / "data/sample")
    assert "fetch_data unemployment" in tree.planned()
