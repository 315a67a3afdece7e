"""Measure where the time of a cold `make all` goes, beside the bare work; writes WORK.md.

    .venv/bin/python tests/benchmarks/work.py

A temporary copy is built from nothing. Then each step's function runs again in one process, on
inputs that are in memory already and with outputs that are dropped: no interpreter to start, no
file to read, hash or write, no checkpoint. What is left is the numerical work and the drawing.
"""

import contextlib
import importlib
import inspect
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import worktree
from worktree import ROOT

REPORT = Path(__file__).with_name("WORK.md")
REPORT_TEXT = """\
# Where the time of a cold run goes

By `.venv/bin/python tests/benchmarks/work.py` on {cores} cores: a cold `make all` of {steps} steps
took {wall:.1f} s, in which the machine's processors worked {busy:.1f} s. Below are sums of seconds:
within the steps' functions, as checkpoints have it; processor time with reading, writing and
hashing; and the bare work on data in memory, in one process.

| step | instances | in the step | processor | bare work |
|---|---:|---:|---:|---:|
{rows}

The bare work alone takes {cores} cores {least:.1f} s at least, whatever tool runs the steps.

What is not bare work: loading the libraries once, {steps} forks and clients, reading the
configuration, reading, hashing and writing files, checkpoints, and the project code that each step
imports.
"""


class Dropped:
    """Parts of a file that are counted and let go."""

    rows = 0

    def write(self, frame: Any) -> None:
        self.rows += len(frame)


class Remembered:
    """Reads that come from memory the second time."""

    def __init__(self, read: Any) -> None:
        self._read = read
        self._known: dict[tuple[str, str], Any] = {}

    def __getattr__(self, name: str) -> Any:
        def read(*given: Any, **named: Any) -> Any:
            key = (name, repr((given, named)))
            if key not in self._known:
                self._known[key] = getattr(self._read, name)(*given, **named)
            return self._known[key]

        return read if callable(getattr(self._read, name)) else getattr(self._read, name)

    @contextlib.contextmanager
    def rows_by_text(self, paths: list[str], *given: Any) -> Iterator[Any]:
        key = ("rows_by_text", repr((paths, given)))
        if key not in self._known:
            self._known[key] = self._read.rows_by_text(paths, *given)
            self._known[key] = self._known[key], self._known[key].__enter__()
        yield self._known[key][1]


class Nowhere:
    """Writes and messages that go nowhere."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None

    @contextlib.contextmanager
    def parquet_parts(self, *_: Any) -> Iterator[Any]:
        yield Dropped()

    def figure(self, _: str, figure: Any, dpi: int) -> None:
        from tidemark.files import store

        store.figure_bytes(figure, dpi)

    @contextlib.contextmanager
    def file(self, path: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder) / Path(path).name


def main() -> None:
    """Build a copy, run each step's function again, and keep the table in WORK.md."""
    with tempfile.TemporaryDirectory(prefix="tidemark-work-") as folder:
        tree = Path(folder) / "copy"
        worktree.copy_to(tree)
        began, busy = time.perf_counter(), _busy()
        subprocess.run(["make", "all"], cwd=tree, check=True, stdout=subprocess.DEVNULL)
        wall, busy = time.perf_counter() - began, _busy() - busy
        records = [json.loads(path.read_bytes()) for path in (tree / "artifacts").glob("*.ok")]
        bare = _bare(tree, records)
    groups = defaultdict(list)
    for record in records:
        groups[record["step"]].append(record)
    totals = {
        step: (
            len(found),
            sum(one["seconds"] for one in found),
            sum(one["cpu_seconds"] for one in found),
            bare[step],
        )
        for step, found in groups.items()
    }
    rows = sorted(totals.items(), key=lambda row: -row[1][3])
    rows.append(("all", tuple(map(sum, zip(*totals.values(), strict=True)))))
    lines = [f"| {step} | {n} | {a:.2f} | {b:.2f} | {c:.2f} |" for step, (n, a, b, c) in rows]
    text = REPORT_TEXT.format(
        cores=os.cpu_count(),
        steps=len(records),
        wall=wall,
        busy=busy,
        rows="\n".join(lines),
        least=sum(bare.values()) / (os.cpu_count() or 1),
    )
    REPORT.write_text(text, "utf-8")
    print(text)


def _busy() -> float:
    """Seconds for which the machine's processors have worked since it started."""
    times = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return (sum(times[:8]) - times[3] - times[4]) / os.sysconf("SC_CLK_TCK")


def _bare(tree: Path, records: list[dict[str, Any]]) -> dict[str, float]:
    """Seconds of each step's function, summed over instances, with everything in memory."""
    os.chdir(tree)
    os.environ["MPLCONFIGDIR"] = str(ROOT / ".venv/matplotlib")
    sys.path.insert(0, str(tree / "scripts"))
    from tidemark.harness.instance import Instance
    from tidemark.harness.run import Run
    from tidemark.project import HERE

    seconds: dict[str, float] = defaultdict(float)
    for record in records:
        module = importlib.import_module(record["step"])
        function = inspect.getclosurevars(getattr(module, record["step"])).nonlocals["function"]
        run = Run(HERE, Instance(record["step"], record["instance"]))
        run.read, run.write, run.tell = Remembered(run.read), Nowhere(), Nowhere()
        function(run)  # from files, into memory
        began = time.perf_counter()
        function(run)
        seconds[record["step"]] += time.perf_counter() - began
    return seconds


if __name__ == "__main__":
    main()
