"""What Tidemark itself costs as the DAG grows: measures it, and writes SCALE.md beside this file.

    .venv/bin/python tests/benchmarks/scale.py             50 to 2,000 checkpoints
    .venv/bin/python tests/benchmarks/scale.py --largest   and 6,125: 40 scenarios x 50 models

Each size is a temporary copy of the project: the real Makefile and harness, a generated
config.yaml, and steps that read what their rule lists and write a few bytes. The floor is Make on
the same targets and prerequisites, written out in one flat makefile.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import yaml

ROOT = Path(__file__).resolve().parents[2]
REPORT = Path(__file__).with_name("SCALE.md")
PARTS = ("Makefile", "data/sample", "reports/narrative", "reports/templates")
PARTS += ("requirements.lock", "requirements-dev.lock", "schemas", "scripts")
SIZES = ((3, 4), (5, 12), (11, 17), (19, 34))  # scenarios x models: 50, 200, 599, 2,000 checkpoints
LARGEST = (40, 50)
REPETITIONS = 9
REPORT_TEXT = """\
# Scale

What Tidemark costs by the number of checkpoints: medians of {repetitions} repetitions, in seconds,
by `.venv/bin/python tests/benchmarks/scale.py`. Steps do next to nothing here; caches are warm.

{machine}

{table}

Growth is from the first column to that of 2,000. The floor is what Make itself costs: the same
targets and prerequisites, as the checkpoints recorded them, in one flat makefile.
"""

STEP = '''"""Read what the rule lists, and write a few bytes."""

from pathlib import Path

from tidemark.step import Run, step


@step(per={per})
def {name}(run: Run) -> None:
    settings = run.config
    for key in {section!r}.format(**run.instance).split("."):
        settings = settings[key]
    listed = Path(f"artifacts/.promised/{{run.name}}.ok").read_text("utf-8").split()
    run.plain(settings)
    data = [path for path in listed if not path.startswith(("scripts/", "artifacts/."))]
    size = sum(len(run.read_bytes(path)) for path in data if Path(path).is_file())
    for path in {outputs}:
        run.write_json(path.format(**run.instance), [run.name, size])


if __name__ == "__main__":
    {name}()
'''


@dataclass
class Trivial:
    """A step's stand-in: what an instance is of, the section it reads, what it writes."""

    per: tuple[str, ...]
    section: str
    outputs: list[str]


SCENARIO = ("scenario",)
BOTH = ("scenario", "model")
PAIR = "{scenario}_{model}"
RAW = [f"data/raw/{name}" for name in ("prices", "corporate_actions", "treasury", "unemployment")]
REPORTS = ("model_communication_report", "model_evaluation_memo", "reflection")
STEPS = {
    "fetch_data": Trivial(
        (), "fetch_data", [f"{path}.{end}" for path in RAW for end in ("parquet", "parquet.sha256")]
    ),
    "validate_schema": Trivial((), "validate_schema", ["artifacts/validation_report.json"]),
    "preprocess": Trivial(SCENARIO, "scenarios.{scenario}", ["data/processed/{scenario}.parquet"]),
    "feature_engineering": Trivial(
        SCENARIO,
        "feature_engineering",
        ["features/{scenario}.parquet", "features/{scenario}_build.json"],
    ),
    "split_data": Trivial(
        SCENARIO,
        "split_data",
        [
            f"data/splits/{{scenario}}_{end}"
            for end in ("train.parquet", "test.parquet", "folds.json")
        ],
    ),
    "train_models": Trivial(
        BOTH, "models.{model}", [f"models/{PAIR}.pkl", f"artifacts/{PAIR}_cv.json"]
    ),
    "evaluate": Trivial(
        BOTH,
        "evaluate",
        [
            f"metrics/{PAIR}.json",
            f"metrics/{PAIR}_bootstrap.json",
            f"data/predictions/{PAIR}.parquet",
        ],
    ),
    "plots": Trivial(BOTH, "plots", [f"artifacts/{PAIR}_figures.json"]),
    "scenario_compare": Trivial(
        (),
        "evaluate",
        [
            "reports/scenario_table.csv",
            "reports/scenario_summary.md",
            "metrics/scenario_compare.json",
        ],
    ),
    "collect_metrics": Trivial((), "models", ["artifacts/metrics.duckdb"]),
    "reports": Trivial((), "evaluate", [f"reports/{name}.md" for name in REPORTS]),
}


class Tree:
    """A generated project that has been built once."""

    def __init__(self, folder: Path, scenarios: int, models: int) -> None:
        self.folder = folder
        self.checkpoints = 5 + 3 * scenarios + 3 * scenarios * models
        _copy_project(folder)
        _configure(folder / "config.yaml", scenarios, models)
        self.timed("make", "all", expect=f": {self.checkpoints} ran")
        (folder / "floor.mk").write_text("\n".join(_flat_rules(folder)), "utf-8")

    def timed(self, *command: str, expect: str) -> float:
        """Seconds that a command takes; it must succeed and say what is expected."""
        began = time.perf_counter()
        done = subprocess.run(
            command, cwd=self.folder, env=_environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        seconds = time.perf_counter() - began
        if done.returncode or expect not in done.stdout:
            told = f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
            sys.exit(f"{' '.join(command)} does not say {expect!r} but\n{told}")
        return seconds


def _environment() -> dict[str, str]:
    dropped = ("MAKE", "MFLAGS", "PYTHON", "TIDEMARK")
    return {key: value for key, value in os.environ.items() if not key.startswith(dropped)}


def _copy_project(folder: Path) -> None:
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / part, folder / part)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    for name, trivial in STEPS.items():
        text = STEP.format(name=name, **vars(trivial))
        (folder / f"scripts/{name}.py").write_text(text, "utf-8")


def _configure(path: Path, scenarios: int, models: int) -> None:
    document = yaml.safe_load((ROOT / "config.yaml").read_bytes())
    plain = {"impute": "mean", "outliers": {"method": "none"}}
    ridges = {f"m{n:02}": {"estimator": "ridge", "alpha": 1.0 + n} for n in range(1, models)}
    document["scenarios"] = {f"s{n:02}": dict(plain) for n in range(scenarios)}
    document["models"] = {"baseline": {"estimator": "mean"}, **ridges}
    path.write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")


def _flat_rules(folder: Path) -> Iterator[str]:
    """The DAG as the checkpoints recorded it: rules without any function, variable or include."""
    checkpoints = sorted(folder.glob("artifacts/*.ok"))
    yield f"all: {' '.join(f'artifacts/{path.name}' for path in checkpoints)}"
    for path in checkpoints:
        record = json.loads(path.read_bytes())
        keys = [f"artifacts/.config/{key}" for key in record["config"]]
        read = [name for name in (*record["inputs"], *record["code"], *keys) if "*" not in name]
        yield f"artifacts/{path.name}: {' '.join(read)} ; false"
        yield f"{' '.join(record['outputs'])}: artifacts/{path.name} ;"


def _noop(tree: Tree) -> float:
    return tree.timed("make", "all", expect="nothing to do")


def _after_touch(tree: Tree) -> float:
    (tree.folder / "schemas/feature_contract.yaml").touch()
    return _noop(tree)


def _until_first_step(tree: Tree) -> float:
    """Seconds from `make all`, after an edit that concerns one step, to the start of its work."""
    config = tree.folder / "config.yaml"
    text = config.read_text("utf-8")
    old, new = sorted(("as_of: 2013-03-01", "as_of: 2013-03-02"), key=text.count, reverse=True)
    config.write_text(text.replace(old, new), "utf-8")
    began = datetime.now(UTC)
    tree.timed("make", "all", expect=": 1 ran")
    record = json.loads((tree.folder / "artifacts/validate_schema.ok").read_bytes())
    return (datetime.fromisoformat(record["started"]) - began).total_seconds()


FLOOR = "floor: Make on flat rules"
MEASURES: dict[str, Callable[[Tree], float]] = {
    FLOOR: lambda tree: tree.timed("make", "-rRf", "floor.mk", expect="Nothing to be done"),
    "`make all`, nothing to do": _noop,
    "`make -n all`, nothing to do": lambda t: t.timed("make", "-n", "all", expect="nothing to do"),
    "`make all` after a `touch`, nothing to do": _after_touch,
    "`make all` after the edit of one key, until its first step starts": _until_first_step,
    "`make status`": lambda tree: tree.timed("make", "status", expect=f"{tree.checkpoints} fresh"),
    "`make why T=reports`": lambda t: t.timed("make", "why", "T=reports", expect="reports: fresh"),
}


def measure(tree: Tree) -> dict[str, float]:
    """Median seconds of each measure; in turns, so that a busy moment meets all alike."""
    rounds = [{name: take(tree) for name, take in MEASURES.items()} for _ in range(REPETITIONS)]
    return {name: median(taken[name] for taken in rounds) for name in MEASURES}


def table(found: Mapping[int, Mapping[str, float]]) -> str:
    """Markdown: a row a measure, a column a size, then the growth from the first to 2,000."""
    sizes = list(found)
    small, large = found[sizes[0]], found[sizes[len(SIZES) - 1]]
    heads = [*(f"{size:,}" for size in sizes), "growth"]
    lines = [f"| seconds | {' | '.join(heads)} |", f"|---|{'---:|' * len(heads)}"]
    for name in MEASURES:
        seconds = [f"{found[size][name]:.3f}" for size in sizes]
        lines.append(f"| {name} | {' | '.join(seconds)} | x {large[name] / small[name]:.1f} |")
    return "\n".join(lines)


def machine() -> str:
    """Cores and versions, and how busy the machine was: figures compare only beside these."""
    make = subprocess.run(["make", "--version"], capture_output=True, text=True, check=True).stdout
    return (
        f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()}), load"
        f" {os.getloadavg()[0]:.1f}; {make.splitlines()[0]}, Python {platform.python_version()}"
    )


def main() -> None:
    """Measure each size in turn, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest", action="store_true", help="40 scenarios x 50 models as well")
    sizes = [*SIZES, LARGEST] if parser.parse_args().largest else SIZES
    found = {}
    for scenarios, models in sizes:
        with tempfile.TemporaryDirectory(prefix="tidemark-scale-") as folder:
            began = time.perf_counter()
            tree = Tree(Path(folder), scenarios, models)
            print(f"{tree.checkpoints} built in {time.perf_counter() - began:.0f} s", flush=True)
            found[tree.checkpoints] = measure(tree)
    text = REPORT_TEXT.format(machine=machine(), repetitions=REPETITIONS, table=table(found))
    REPORT.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
