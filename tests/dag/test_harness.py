"""What the harness promises to users of `make`: refusals, alerts, help, and clear messages."""

import http.server
import json
import re
import shutil
import subprocess
import sys
import threading

from conftest import CUT, ROOT, clean_environment, in_campaigns, instances
from tidemark.files import generated, store

import pytest


def test_a_read_that_make_does_not_know_of_is_refused(tree):
    tree.edit(
        "scripts/split_data.py",
        "def split_data(run: Run) -> None:\n",
        'def split_data(run: Run) -> None:\n    run.read.parquet("data/raw/prices.parquet")\n',
    )
    outcome = tree.make("split_data")
    assert outcome.code == 2
    assert "scripts/split_data.py: reads data/raw/prices.parquet" in outcome.stderr
    assert "artifacts/split_data_" in outcome.stderr


@pytest.mark.parametrize(
    ("path", "mode"),
    [("data/raw/prices.parquet", "rb"), ("data/raw/prices.parquet", "wb"), ("README.md", "w")],
)
def test_a_file_opened_behind_the_harness_is_refused(tree, path, mode):
    tree.edit(
        "scripts/split_data.py",
        "def split_data(run: Run) -> None:\n",
        f'def split_data(run: Run) -> None:\n    open("{path}", "{mode}")\n',
    )
    before = tree.results()
    outcome = tree.make("split_data")
    assert outcome.code == 2
    assert f"opens {path} by itself" in outcome.stderr
    assert tree.results() == before
    assert not (tree.path / "README.md").exists()


@pytest.mark.parametrize("warm", [*in_campaigns("0"), "1"])
def test_data_beside_code_is_read_as_code_is_or_refused(tree, warm):
    """What is read by itself would come back from the results store after an edit."""
    (tree.path / "scripts/tidemark/models/weights.json").write_text("[1]", "utf-8")
    read = "open(models.__file__.replace('__init__.py', 'weights.json'))"
    head = "def split_data(run: Run) -> None:\n"
    code = f"{head}    from tidemark import models\n    {read}\n"
    tree.edit("scripts/split_data.py", head, code)
    outcome = tree.make("split_data", WARM=warm)
    assert outcome.code == 2
    assert "opens scripts/tidemark/models/weights.json by itself" in outcome.stderr
    assert "Cure: pkgutil.get_data(__package__, name)" in outcome.stderr
    recorded = "import pkgutil; pkgutil.get_data('tidemark.models', 'weights.json')"
    tree.edit("scripts/split_data.py", read, recorded)
    assert tree.make("split_data", WARM=warm).code == 0
    (tree.path / "scripts/tidemark/models/weights.json").write_text("[2]", "utf-8")
    assert any(name.startswith("split_data") for name in tree.make("split_data", WARM=warm).ran)


def test_errors_of_all_sources_are_told_at_once(tree):
    tree.edit("schemas/prices.json", '"min_rows": 250', '"min_rows": 251')
    tree.edit("schemas/treasury.json", '"maximum": 0.25', '"maximum": 0.05')
    outcome = tree.make("validate_schema")
    validated = {"validate_schema prices", "validate_schema treasury"}
    assert (outcome.code, outcome.ran) == (2, validated | {"data_gate"})
    assert "schemas/prices.json, schemas/treasury.json: are not as somebody" in outcome.stderr
    assert "more in artifacts/validation_report.json" in outcome.stderr
    parts = json.loads(tree.text("artifacts/validation_report.json"))["datasets"]
    assert [name for name, part in parts.items() if part["ok"]] == [
        "corporate_actions", "unemployment"
    ]  # fmt: skip
    where = {row["where"] for found in parts["treasury"]["findings"] for row in found["rows"]}
    assert "data/sample/treasury_yields.csv:2: 3month" in where


def test_a_model_that_does_not_converge_falls_back_and_says_so(tree):
    svr = "  svr:\n    estimator: svr\n    epsilon: 0.01\n    max_iter: 1\n    fallback: ridge\n"
    tree.edit("config.yaml", "  ridge:\n", f"{svr}  ridge:\n")
    outcome = tree.make("all")
    assert outcome.code == 0, outcome.stderr
    assert outcome.stdout.count("note: ") == 2
    record = json.loads(tree.text("artifacts/train_models_mean_impute_svr.ok"))
    assert "ridge" in record["notes"][0]
    assert "models.ridge.alpha" in record["config"]
    assert "svr" in tree.text("logs/alerts.jsonl")
    assert "ridge" in tree.text("logs/train_models_mean_impute_svr.log")
    memo = tree.text("reports/model_evaluation_memo.md")
    assert "did not converge" in memo
    tree.edit("config.yaml", "alpha: 1.0", "alpha: 250.0")
    assert instances("train_models", models=["svr", "ridge"]) <= tree.planned()


def test_a_kind_that_stands_there_commented_runs_and_reads_the_seed_if_it_draws(tree):
    tree.edit("config.yaml", "  # random_forest: {", "  random_forest: {")
    outcome = tree.make("artifacts/evaluate_mean_impute_random_forest.ok")
    forest = {f"{step} mean_impute random_forest" for step in ("train_models", "evaluate")}
    assert (outcome.code, outcome.ran) == (0, forest), outcome
    said = {
        model: json.loads(tree.text(f"artifacts/train_models_mean_impute_{model}.ok"))["config"]
        for model in ("ridge", "random_forest")
    }
    assert ["seed" in keys for keys in said.values()] == [False, True]


def test_a_fit_that_does_not_end_in_time_falls_back_and_says_so(tree):
    """Ten thousand trees of all rows, in three seconds; the step's process loads them."""
    slow = "  slow:\n    estimator: random_forest\n    n_estimators: 10000\n    max_samples: 1.0\n"
    tree.edit("config.yaml", "  ridge:\n", f"{slow}    fallback: ridge\n  ridge:\n")
    tree.edit("config.yaml", "time_limit_minutes: 10", "time_limit_minutes: 0.05")
    outcome = tree.make("artifacts/train_models_mean_impute_slow.ok")
    assert outcome.code == 0, outcome.stderr
    told = "ridge fitted instead: slow did not end within 0.05 minutes"
    assert outcome.stdout.count(told) == 1
    record = json.loads(tree.text("artifacts/train_models_mean_impute_slow.ok"))
    assert record["notes"] == [told]
    assert "scripts/tidemark/models/estimators/random_forest.py" in record["code"]
    assert told in tree.text("logs/alerts.jsonl")
    report = json.loads(tree.text("artifacts/mean_impute_slow_cv.json"))
    assert (report["fitted"], report["time_limit"][0]["model"]) == ("ridge", "slow")


def test_a_vanished_source_falls_back_to_the_last_file_fetched(tree):
    source = tree.path / "data/sample/unemployment.csv"
    kept = source.read_bytes()
    source.unlink()
    outcome = tree.make("all")
    assert (outcome.code, outcome.ran) == (0, {"fetch_data unemployment"})
    assert "unemployment.csv" in tree.text("logs/alerts.jsonl")
    assert tree.make("all").ran == {"fetch_data unemployment"}, (
        "a provisional result is tried again"
    )
    source.write_bytes(kept)
    assert tree.make("all").ran == {"fetch_data unemployment"}
    assert tree.make("all").ran == set()


def test_a_webhook_gets_the_alert_and_is_in_no_record(tree):
    taken: list[dict[str, str]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            taken.append(json.loads(self.rfile.read(length)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hook = f"http://127.0.0.1:{server.server_port}/T0KEN"
    tree.edit("config.yaml", "webhook: null", f"webhook: {hook}")
    tree.edit("config.yaml", "%Y-%m-%d", "%Y/%m/%d")
    assert tree.make("fetch_data").code == 2
    server.shutdown()
    server.server_close()
    assert [(alert["step"], alert["owner"]) for alert in taken][-1] == ("fetch_data", "Data Eng")
    tree.come_to_rest()
    shared = [
        path
        for folder in ("metrics", "reports", "logs")
        for path in (tree.path / folder).rglob("*.*")
    ]
    records = sorted((tree.path / "metrics/history").glob("0*.json"))
    assert '"alerts.webhook": "set"' in records[-1].read_text("utf-8")
    assert not [path for path in shared if path.is_file() and b"T0KEN" in path.read_bytes()]


def test_a_webhook_that_is_down_stops_nothing(tree):
    tree.edit("config.yaml", "webhook: null", "webhook: http://127.0.0.1:9/")
    (tree.path / "data/sample/unemployment.csv").unlink()
    assert tree.make("all").code == 0
    assert "did not take the alert" in tree.text("logs/fetch_data_unemployment.log")


def test_logs_of_a_run_are_whole_json_lines(cold):
    tree, outcome = cold
    lines = [json.loads(line) for line in tree.text("logs/pipeline.log").splitlines()]
    done = [line for line in lines if " done in " in line["message"]]
    assert len(done) == len(outcome.ran)
    assert len({line["run"] for line in lines}) == 1
    assert "outliers (none): 0 before, 0 after" in tree.text("logs/preprocess_mean_impute.log")


def test_a_checkpoint_says_what_was_read_written_and_run_with(cold):
    record = json.loads(cold[0].text("artifacts/train_models_mean_impute_ridge.ok"))
    assert set(record["inputs"]) == {
        "data/splits/mean_impute_train.parquet",
        "data/splits/mean_impute_folds.json",
    }
    assert set(record["outputs"]) == {
        "models/mean_impute_ridge.pkl",
        "artifacts/mean_impute_ridge_cv.json",
    }
    assert record["config"]["models.ridge.alpha"] == 1.0
    assert not any(key.startswith(("models.linear", "plots")) for key in record["config"])
    assert {"scripts/train_models.py", "scripts/tidemark/models/fitting.py"} <= set(record["code"])
    assert "scripts/tidemark/reporting/figures.py" not in record["code"]
    kinds = {file.split("/")[-1] for file in record["code"] if "/estimators/" in file}
    assert kinds == {"__init__.py", "ridge.py"}  # an edit of another kind is no reason to run
    assert {"scikit-learn", "numpy", "pandas", "python"} <= set(record["libraries"])
    assert record["inputs"]["data/splits/mean_impute_train.parquet"]["rows"] > 1000
    assert record["peak_memory_bytes"] > 1_000_000


@pytest.mark.long
def test_done_in_counts_from_the_start_of_make(tree):
    """Nothing before the first step is left out, here a pause of the quick look of a second."""
    tree.edit("config.yaml", *CUT)
    tree.edit("scripts/changed.sh", "export LC_ALL=C", "export LC_ALL=C\nsleep 1")
    outcome = tree.make("preprocess")
    (told,) = re.findall(r"^Done in ([\d.]+) s: 1 ran", outcome.stdout, re.M)
    record = json.loads(tree.text("artifacts/preprocess_outlier_treatment.ok"))
    assert float(told) > 0.9 + record["seconds"]


@pytest.mark.long
def test_a_reader_that_goes_away_is_no_failure(tree):
    for warm, edit in (("1", CUT), ("0", CUT[::-1])):
        tree.edit("config.yaml", *edit)
        command = f"make -j2 preprocess WARM={warm} | true; exit ${{PIPESTATUS[0]}}"
        done = run(["bash", "-c", command], tree.path)
        assert (done.returncode, done.stderr) == (0, "")


def test_help_and_clean_need_no_environment(tmp_path):
    for name in ("Makefile", "config.yaml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("scripts", "make"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for goal in ("help", "clean"):
        done = run(["make", goal], tmp_path)
        assert done.returncode == 0, done.stderr
    assert not (tmp_path / ".venv").exists()
    text = run(["make"], tmp_path).stdout
    for word in ("  all ", "  validate_schema ", "mean_impute", "poly2", "data/sample/prices.csv"):
        assert word in text
    (sources,) = re.findall("^  sources .*", text, re.M)
    assert "artifacts/store" not in sources
    for goal in re.findall(r"^  ([\w-]+) ", text, re.M):
        asked = ["T=all", "REASON=x", "SOURCE=prices", "OTHER=.", "FILE=x"]
        plan = run(["make", "-n", goal, *asked], tmp_path).stdout
        prepared, python, _ = plan.partition(".venv/bin/python")
        assert not python or "environment.sh requirements.lock" in prepared, goal


def run(command: list[str], cwd, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, env=clean_environment(environment), capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def test_an_old_make_is_told_so(cold):
    done = run(["make", ".FEATURES=order-only", "MAKE_VERSION=3.81", "all"], cold[0].path)
    assert done.returncode == 2
    assert "Tidemark needs GNU Make 4.3 or newer; this is 3.81. Cure:" in done.stderr


def fake_path(tmp_path, python: str | None, machine: str) -> str:
    """A PATH with the shell's tools, such a machine's name and, if given, a python3 of a script."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "cmp", "rm", "cp", "touch"):
        (tools / name).symlink_to(shutil.which(name))
    for name, does in {"python3": python, "uname": f"echo {machine}"}.items():
        if does is not None:
            (tools / name).write_text(f"#!/bin/sh\n{does}\n")
            (tools / name).chmod(0o755)
    return str(tools)


def python_of(version: str) -> str:
    """A script that runs this Python as if it were that version."""
    told = f"import sys; sys.version_info = {(*map(int, version.split('.')),)}; "
    return f"""[ "$1" = --version ] && echo Python {version} && exit
code=$2; shift 2; exec {sys.executable} -c "{told} $code" "$@\""""


def set_up(tmp_path, python: str | None, machine: str) -> subprocess.CompletedProcess[str]:
    """Run environment.sh on such a machine."""
    for name in ("requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "scripts").mkdir()
    script = shutil.copy(ROOT / "scripts/environment.sh", tmp_path / "scripts")
    path = fake_path(tmp_path, python, machine)
    return run(["/bin/sh", str(script), "requirements.lock"], tmp_path, PATH=path)


@pytest.mark.parametrize(
    ("python", "told"),
    [
        (None, "python3 is not on PATH. Cure: install Python 3.11 to 3.14"),
        (python_of("3.9.2"), "Python 3.9.2 is not one of Python 3.11 to 3.14, for which"),
        (python_of("3.15.0"), "Python 3.15.0 is not one of Python 3.11 to 3.14, for which"),
        ('case "$2" in *ensurepip*) exit 1;; esac', "has no venv module. Cure: install it"),
    ],
)
def test_a_missing_python_is_one_clear_line(tmp_path, python, told):
    done = set_up(tmp_path, python, "Linux x86_64")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert told in done.stderr


def test_a_mac_with_an_intel_processor_is_told_so(tmp_path):
    done = set_up(tmp_path, python_of("3.12.1"), "Darwin x86_64")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "no packages for Macs with Intel processors. Cure: use a Mac with" in done.stderr


@pytest.mark.parametrize("version", ["3.11.0", "3.14.9"])
def test_the_first_and_the_last_python_that_will_do(tmp_path, version):
    """It goes on to make an environment, which this one does not."""
    python = python_of(version).replace(
        "code=", 'case "$2" in venv) echo made >&2; exit 7;; esac\ncode='
    )
    done = set_up(tmp_path, python, "Darwin arm64")
    assert (done.returncode, done.stderr) == (7, "made\n")


def test_an_engine_that_cannot_be_compiled_yet_is_one_line(tmp_path):
    """The environment is set up all the same: the first backtest compiles, or says why not."""
    python = """case "$*" in
*"-m venv"*)
    /bin/mkdir -p .venv/bin .venv/lib/python3/site-packages
    /bin/cp "$0" .venv/bin/python;;
*compiled*) echo Traceback >&2; echo no memory >&2; exit 1;; esac"""
    done = set_up(tmp_path, python, "Linux x86_64")
    told = "tidemark: the first backtest will try to compile the engine once more. no memory"
    assert (done.returncode, done.stderr.splitlines()) == (0, [told])
    assert (tmp_path / ".venv/.ok").exists()


def test_what_stands_in_artifacts_beside_results_is_listed_for_clean(cold):
    found = {str(path.relative_to(cold[0].path)) for path in (cold[0].path / "artifacts").iterdir()}
    hidden = {path for path in found if path.startswith("artifacts/.")}
    assert hidden - {*generated.listed("bookkeeping")} == set()


def test_clean_leaves_what_git_knows(tree):
    kept = {path for path in tree.results() if path.startswith(("data/sample", "reports/t"))}
    history = sorted((tree.path / "metrics/history").iterdir())
    assert history
    assert tree.make("clean").code == 0
    left = set(tree.results())
    assert kept <= left
    assert all(path.startswith(("data/sample", "reports/")) for path in left)
    assert sorted((tree.path / "metrics/history").iterdir()) == history
    assert not (tree.path / "artifacts").exists()


def test_a_source_may_lie_outside_the_project(tree, tmp_path):
    (tree.path / "data/sample/prices.csv").rename(tmp_path / "prices.csv")
    tree.edit("config.yaml", "data/sample/prices.csv", str(tmp_path / "prices.csv"))
    outcome = tree.make("all")
    assert outcome.code == 0, outcome.stderr
    assert "fetch_data prices" in outcome.ran
    assert not any("train_models" in step for step in outcome.ran)
    assert tree.make("all").ran == set()


def test_two_configurations_at_once_are_refused(tree):
    (tree.path / "other.yaml").write_text(tree.text("config.yaml"), "utf-8")
    assert tree.make("-n", "all", "CONFIG=other.yaml").code == 0
    command = ["-S", "scripts/launch/launch.py", "scripts/data_gate.py"]
    done = run([".venv/bin/python", *command], tree.path, TIDEMARK_CONFIG="config.yaml")
    assert done.returncode == 2
    assert "config.yaml: another make with another CONFIG is at work" in done.stderr


def test_a_hand_run_counts_and_has_the_same_checkpoint_as_make(tree):
    path = "artifacts/train_models_mean_impute_ridge.ok"
    before = json.loads(tree.text(path))
    (tree.path / path).unlink()
    arguments = ["scripts/train_models.py", "--scenario", "mean_impute", "--model", "ridge"]
    assert tree.python(*arguments).ran == {"train_models mean_impute ridge"}
    assert tree.python(*arguments).checked == {"train_models mean_impute ridge"}
    assert tree.make("train_models").ran == set()
    after = json.loads(tree.text(path))
    for key in ("code", "config", "inputs", "libraries"):
        assert after[key] == before[key]
    assert {k: v["sha256"] for k, v in after["outputs"].items()} == {
        k: v["sha256"] for k, v in before["outputs"].items()
    }


def test_an_unusable_folder_is_one_line(tree):
    shutil.rmtree(tree.path / "artifacts")
    (tree.path / "artifacts").write_text("in the way")
    outcome = tree.make("all")
    assert outcome.code == 2
    assert "Traceback" not in outcome.stderr
    assert "artifacts" in outcome.stderr


def test_without_narratives_nothing_is_asked_again(tree):
    shutil.rmtree(tree.path / "reports/narrative")
    assert tree.make("all").ran == {"reports"}
    again = tree.make("all")
    assert (again.ran, again.checked) == (set(), set())


def test_what_a_killed_step_left_goes_although_the_step_need_not_run(tree):
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = tree.path / f"reports/figs/.strategy_equity.png.{ended.pid}-{store.HOST}.tmp"
    left.write_bytes(b"half a figure")
    (tree.path / "data/raw/prices.parquet").touch()
    assert tree.make("all").ran == set()
    assert not left.exists()


@pytest.mark.parametrize("warm", ["WARM=1", "WARM=0"])
def test_a_syntax_error_is_one_line_for_all_instances(tree, warm):
    path = "scripts/tidemark/models/splits.py"
    lines = tree.text(path).count("\n")
    (tree.path / path).write_text(tree.text(path) + "\ndef half(:\n", "utf-8")
    outcome = tree.make("split_data", "-k", warm)
    assert outcome.code == 2
    assert outcome.stderr.count(f"{path}:{lines + 2}: is not Python: ") == 1
    assert "Traceback" not in outcome.stderr


def test_a_step_that_takes_long_says_so_on_the_screen_and_in_its_log(tree):
    soon = "FIRST, LONGEST = 0.02, 120.0"
    tree.edit("scripts/tidemark/harness/progress.py", "FIRST, LONGEST = 10.0, 120.0", soon)
    tree.edit("config.yaml", *CUT)
    outcome = tree.make("preprocess")
    assert (outcome.code, outcome.ran) == (0, {"preprocess outlier_treatment"})
    told = r"outlier_treatment: \d+ s so far, took \d+ s last time\n"
    assert re.search(f"^    preprocess {told}", outcome.stdout, re.M), outcome.stdout
    assert " s so far, took " in tree.text("logs/preprocess_outlier_treatment.log")
