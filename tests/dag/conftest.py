"""Real runs of the real Makefile, on a small part of the sample, in temporary copies."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("Makefile", "config.yaml", "data/sample", "reports/narrative", "reports/templates")
PARTS += ("requirements.lock", "requirements-dev.lock", "schemas", "scripts")
RESULTS = ("data", "features", "models", "metrics", "reports")
LINE = re.compile(r"^(?:\[ *\d+/\d+\] )?(\w+) +([\w ]*?) +(fresh|FAILED|[\d.]+ s)(?: |$)", re.M)


@dataclass
class Tree:
    """A copy of the project, and what one can do with it."""

    path: Path

    def make(self, *goals: str, jobs: int = 2, **environment: str) -> "Outcome":
        command = ["make", f"-j{jobs}", *goals]
        done = subprocess.run(
            command, cwd=self.path, env=clean_environment(environment), capture_output=True,
            text=True, stdin=subprocess.DEVNULL, timeout=280, check=False,
        )  # fmt: skip
        return Outcome(done.returncode, done.stdout, done.stderr)

    def python(self, *arguments: str) -> "Outcome":
        done = subprocess.run(
            [".venv/bin/python", *arguments], cwd=self.path, env=clean_environment({}),
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False,
        )  # fmt: skip
        return Outcome(done.returncode, done.stdout, done.stderr)

    def planned(self) -> set[str]:
        """The steps that `make -n all` names, as `step instance`."""
        lines = self.make("-n", "all").stdout.splitlines()
        commands = [line.split("scripts/")[-1] for line in lines if "scripts/launch.py" in line]
        return {re.sub(r"\.py$|\.py(?= )|--\w+ ", "", command).strip() for command in commands}

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.path / path).read_text("utf-8")
        assert old in text, f"{path} has no {old!r}"
        (self.path / path).write_text(text.replace(old, new, 1), "utf-8")

    def text(self, path: str) -> str:
        return (self.path / path).read_text("utf-8")

    def results(self) -> dict[str, str]:
        """SHA-256 of every result."""
        files = [file for top in RESULTS for file in (self.path / top).rglob("*") if file.is_file()]
        return {
            str(file.relative_to(self.path)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(files)
        }


@dataclass
class Outcome:
    """What a command printed, and which steps it ran."""

    code: int
    stdout: str
    stderr: str

    def _steps(self, *, fresh: bool) -> set[str]:
        found = LINE.findall(self.stdout)
        return {f"{s} {i}".strip() for s, i, state in found if (state == "fresh") == fresh}

    @property
    def ran(self) -> set[str]:
        return self._steps(fresh=False)

    @property
    def checked(self) -> set[str]:
        return self._steps(fresh=True)


def clean_environment(extra: dict[str, str]) -> dict[str, str]:
    """Without what an outer make or a test run has set."""
    dropped = ("MAKE", "TIDEMARK", "MFLAGS", "PYTEST")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    return kept | extra


SCENARIOS = ("mean_impute", "outlier_treatment")
MODELS = ("baseline", "ridge")
GATHER = {"scenario_compare", "collect_metrics", "reports"}


def instances(step: str, *, scenarios=SCENARIOS, models=MODELS) -> set[str]:
    """`step scenario` or `step scenario model` for all of them."""
    if step in ("preprocess", "feature_engineering", "split_data"):
        return {f"{step} {scenario}" for scenario in scenarios}
    return {f"{step} {scenario} {model}" for scenario in scenarios for model in models}


def make_small(folder: Path) -> Tree:
    """A project with three tickers since 2008, two scenarios and two models."""
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / part, folder / part)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    _shrink_prices(folder / "data/sample/prices.csv")
    _shrink_config(folder / "config.yaml")
    return Tree(folder)


def _shrink_prices(path: Path) -> None:
    header, *rows = path.read_text("utf-8").splitlines()
    kept = [row for row in rows if row[:4] in ("AAPL", "IBM,", "MSFT") and row[5:] > "2009-"]
    kept = [row for row in kept if row.split(",")[1] > "2009-"]
    path.write_text("\n".join([header, *kept, ""]), "utf-8")


def _shrink_config(path: Path) -> None:
    text = path.read_text("utf-8")
    text = re.sub(r"  median_impute:\n(    .*\n)+", "", text)
    text = re.sub(r"  (linear|svr|poly2):\n(    .*\n)+", "", text)
    text = text.replace("    fallback: linear\n", "")
    text = text.replace("test_start: 2010-07-01", "test_start: 2012-01-03")
    text = text.replace("bootstrap_replicates: 2000", "bootstrap_replicates: 200")
    text = text.replace("retry_first_wait_minutes: 1 ", "retry_first_wait_minutes: 0 ")
    path.write_text(text, "utf-8")


@pytest.fixture(scope="session")
def cold(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tree, Outcome]:
    """A first `make all`, and what it printed. Copy it before changing anything."""
    tree = make_small(tmp_path_factory.mktemp("cold") / "tidemark")
    outcome = tree.make("all", jobs=4)
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    return tree, outcome


@pytest.fixture
def tree(cold: tuple[Tree, Outcome], tmp_path: Path) -> Iterator[Tree]:
    """A built project of the test's own."""
    copy = tmp_path / "copy"
    ignored = shutil.ignore_patterns(".warm")  # the socket of a make that is just ending
    shutil.copytree(cold[0].path, copy, symlinks=True, ignore=ignored)
    yield Tree(copy)
    shutil.rmtree(copy)
