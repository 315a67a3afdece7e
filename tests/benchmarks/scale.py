"""Measure what Tidemark itself costs as the DAG grows; writes SCALE.md beside this file.

    .venv/bin/python tests/benchmarks/scale.py             56 to 2,006 checkpoints
    .venv/bin/python tests/benchmarks/scale.py --largest   and 6,131: 40 scenarios x 50 models

Each size is a temporary copy of the project: the real Makefile and harness, a generated
config.yaml, and steps that read what their rule lists and write a few bytes. The floor is Make on
the same targets and prerequisites, written out in one flat makefile.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import worktree
import yaml
from worktree import ROOT

REPORT = Path(__file__).with_name("SCALE.md")
SIZES = ((3, 4), (5, 12), (11, 17), (19, 34))  # scenarios x models: 56, 206, 605, 2,006 checkpoints
LARGEST = (40, 50)
REPETITIONS = 9
REPORT_TEXT = """\
# Scale

What Tidemark costs by the number of checkpoints: medians of {repetitions} repetitions, in seconds,
by `.venv/bin/python tests/benchmarks/scale.py`. Steps do next to nothing here; caches are warm.

{machine}

{table}

The last two columns compare 2,006 checkpoints with the first column, and with the floor: what Make
itself costs for the same targets and prerequisites, as the checkpoints recorded them, in one flat
makefile.
"""

# A stand-in for a step: it reads what its rule lists and its own section of the configuration (or
# those of its scenario and model), and writes the outputs that depend on its checkpoint.
STEP = '''"""Read what the rule lists, and write a few bytes."""

import json
from pathlib import Path

from tidemark.config.kinds import KINDS
from tidemark.harness.step import Run, step


{decorator}
def {name}(run: Run) -> None:
    for section in {sections}:
        run.plain(section)
    listed = Path(f"artifacts/.promised/{{run.name}}.ok").read_text("utf-8").split()
    data = [path for path in listed if not path.startswith(("scripts/", "artifacts/."))]
    size = sum(len(run.read.content(path)) for path in data if Path(path).is_file())
    for path in json.loads(Path("artifacts/.outputs").read_bytes())[run.name]:
        run.write.json(path, [run.name, size])


if __name__ == "__main__":
    {name}()
'''
INSTANCE_SECTIONS = (
    "[run.config[KINDS[kind].plural][of] for kind, of in run.instance.names.items()]"
)
OUTPUT = re.compile(r"^(\S+/\S+): artifacts/(\w+)\.ok$", re.M)


class Tree:
    """A generated project that has been built once."""

    def __init__(self, folder: Path, scenarios: int, models: int) -> None:
        self.folder = folder
        worktree.copy_to(folder)
        _leave_the_bookkeeping(folder)
        _configure(folder / "config.yaml", scenarios, models)
        outputs = _outputs(self.run("make", "-np", "all"))
        (folder / "artifacts/.outputs").write_text(json.dumps(outputs), "utf-8")
        self.checkpoints = len(outputs)
        self.run("make", "all", expect=f": {self.checkpoints} ran")
        (folder / "floor.mk").write_text("\n".join(_flat_rules(folder)), "utf-8")

    def run(self, *command: str, expect: str = "") -> str:
        """What a command prints; it must succeed, and print what is expected."""
        done = subprocess.run(
            command, cwd=self.folder, env=_environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode or expect not in done.stdout:
            told = f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
            sys.exit(f"{' '.join(command)} does not say {expect!r} but\n{told}")
        return done.stdout

    def timed(self, *command: str, expect: str) -> float:
        """Seconds that `run` takes."""
        began = time.perf_counter()
        self.run(*command, expect=expect)
        return time.perf_counter() - began


def _environment() -> dict[str, str]:
    dropped = ("MAKE", "MFLAGS", "PYTHON", "TIDEMARK")
    return {key: value for key, value in os.environ.items() if not key.startswith(dropped)}


def _leave_the_bookkeeping(folder: Path) -> None:
    """Replace the real steps by ones that read and write next to nothing."""
    document = yaml.safe_load((ROOT / "config.yaml").read_bytes())
    for script in (folder / "scripts").glob("*.py"):
        decorator = re.search(r"^@step\(.*\)$", script.read_text("utf-8"), re.M)
        if decorator:
            own = script.stem in document
            sections = f"[run.config[{script.stem!r}]]" if own else INSTANCE_SECTIONS
            text = STEP.format(decorator=decorator[0], name=script.stem, sections=sections)
            script.write_text(text, "utf-8")


def _configure(path: Path, scenarios: int, models: int) -> None:
    document = yaml.safe_load((ROOT / "config.yaml").read_bytes())
    plain = {"impute": "mean", "outliers": {"method": "none"}}
    ridges = {f"m{n:02}": {"estimator": "ridge", "alpha": 1.0 + n} for n in range(1, models)}
    document["scenarios"] = {f"s{n:02}": dict(plain) for n in range(scenarios)}
    document["models"] = {"baseline": {"estimator": "mean"}, **ridges}
    document["market_metrics"]["forecasts"] = {"scenario": "s00", "model": "baseline"}
    names = ("buy_and_hold", "sma_cross")
    document["strategies"] = {name: {"strategy": name} for name in names}
    path.write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")


def _outputs(database: str) -> dict[str, list[str]]:
    """The outputs of each checkpoint, from Make's own list of rules."""
    outputs = defaultdict(list)
    for path, name in OUTPUT.findall(database):
        outputs[name].append(path)
    return outputs


def _flat_rules(folder: Path) -> Iterator[str]:
    """The DAG as the checkpoints recorded it, in rules without function, variable or include."""
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
    """Seconds from `make all` to the start of work, after an edit that affects one step."""
    config = tree.folder / "config.yaml"
    text = config.read_text("utf-8")
    old, new = sorted(("tear_sheets: 3", "tear_sheets: 2"), key=text.count, reverse=True)
    config.write_text(text.replace(old, new), "utf-8")
    began = datetime.now(UTC)
    tree.timed("make", "all", expect=": 1 ran")
    record = json.loads((tree.folder / "artifacts/assess.ok").read_bytes())
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
    """Median seconds of each measure; they take turns, so that a busy moment affects all alike."""
    rounds = [{name: take(tree) for name, take in MEASURES.items()} for _ in range(REPETITIONS)]
    return {name: median(taken[name] for taken in rounds) for name in MEASURES}


def table(found: Mapping[int, Mapping[str, float]]) -> str:
    """Markdown, a row for each measure: seconds for each size, growth, and ratio to the floor."""
    sizes = list(found)
    small, large = found[sizes[0]], found[sizes[len(SIZES) - 1]]
    heads = [*(f"{size:,}" for size in sizes), "growth", "of the floor"]
    lines = [f"| seconds | {' | '.join(heads)} |", f"|---|{'---:|' * len(heads)}"]
    for name in MEASURES:
        seconds = [f"{found[size][name]:.3f}" for size in sizes]
        ratios = [f"x {large[name] / small[name]:.1f}", f"x {large[name] / large[FLOOR]:.1f}"]
        lines.append(f"| {' | '.join([name, *seconds, *ratios])} |")
    return "\n".join(lines)


def machine() -> str:
    """Cores, versions, and how busy the machine was at the end."""
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
