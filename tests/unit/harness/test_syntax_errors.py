"""A syntax error in the project's code: one line, exit code 2."""

import os
import shutil
import subprocess
import sys

from tidemark.dag import graph
from tidemark.harness import failures, step
from tidemark.project import HERE, ROOT

import pytest

PATHS = "import sys; sys.path[:0] = ['scripts', 'scripts/launch']; "
WARM = PATHS + "import warm; sys.exit(warm._run({!r}))"
PLAIN = PATHS + "from tidemark.harness.plain_process import run_plain; sys.exit(run_plain([{!r}]))"


@pytest.fixture
def project(tmp_path):
    """A project with nothing but the code."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    return tmp_path


def ended(project, *command, **environment):
    """The exit code and error lines of a Python process in this project."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=project,
        env={"PATH": os.environ["PATH"], "TIDEMARK_STARTED_NS": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr.splitlines()


def spoil(project, path):
    with (project / path).open("a") as file:
        file.write("\n\ndef half(:\n")
    return f"{path}:{(project / path).read_text().count(chr(10))}: is not Python: invalid syntax"


@pytest.mark.parametrize("way", ["plain", "warm"])
@pytest.mark.parametrize("path", ["scripts/reports.py", "scripts/tidemark/reporting/reports.py"])
def test_a_step_or_a_module_of_it(project, path, way):
    told = spoil(project, path)
    command = ["scripts/reports.py"]
    if way == "warm":
        command = ["-c", WARM.format("scripts/reports.py")]
    elif path == "scripts/reports.py":
        command = ["-c", PLAIN.format(path)]
    code, lines = ended(project, *command, TIDEMARK_LAUNCHED="scripts/reports.py")
    assert (code, lines) == (2, [f"{told}. Cure: mend that line"])


LOWEST = (
    *("errors", "project", "files/store", "config/kinds"),
    *(f"harness/{name}" for name in ("__init__", "code", "console", "failures", "instance")),
)


@pytest.mark.parametrize("module", LOWEST)
def test_a_module_that_the_harness_itself_needs(project, module):
    told = spoil(project, f"scripts/tidemark/{module}.py")
    assert ended(project, "scripts/launch/verify.py") == (2, [f"{told}. Cure: mend that line"])


def test_it_is_told_once_in_a_make(project):
    spoil(project, "scripts/tidemark/models/splits.py")
    run = {"TIDEMARK_LAUNCHED": "scripts/split_data.py --scenario x", "TIDEMARK_RUN": "1-2"}
    assert [len(ended(project, "scripts/split_data.py", **run)[1]) for _ in range(2)] == [1, 0]
    assert ended(project, "scripts/split_data.py", **run)[0] == 2


def test_commands_name_a_step_that_does_not_parse(project, monkeypatch, capsys):
    told = spoil(project, "scripts/reports.py")
    monkeypatch.chdir(project)
    monkeypatch.setattr(failures, "CODE", project)
    assert failures.exit_code_of(lambda: len(graph.steps(HERE))) == 2
    assert capsys.readouterr().err.startswith(told)


def test_a_strategy_that_is_loaded_while_a_step_runs(monkeypatch):
    told = []
    monkeypatch.setattr(step, "_fail", lambda run, message, *more, **named: told.append(message))
    path = "scripts/tidemark/backtest/strategies/mine.py"
    error = SyntaxError("invalid syntax", (str(ROOT / path), 7, 1, "def half(:"))
    assert step._failed(None, error, [], 0.1) == 2
    assert told == [f"{path}:7: is not Python: invalid syntax. Cure: mend that line"]


def test_a_library_and_a_text_are_other_errors():
    assert failures.not_python(ValueError("x")) is None
    for file in ("<string>", "/usr/lib/python3/numpy/__init__.py", None):
        assert failures.not_python(SyntaxError("x", (file, 1, 1, ""))) is None
