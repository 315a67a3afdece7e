"""Tidemark's backtest engine beside vectorbt, backtesting.py and pandas; writes ENGINE.md.

    .venv/bin/python tests/benchmarks/engine.py            5 rounds
    .venv/bin/python tests/benchmarks/engine.py --runs 1

1,000 backtests with published results: simple moving averages of 5, 10, ..., 50 bars over ones of
60, 80, 100, 150, 200, on 20 stocks of 8,313 daily bars. Each tool has its own process in each
round, on one core, and tools take turns. Peers are installed into a temporary environment.
"""

import argparse
import gzip
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, NoReturn

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(__file__).with_suffix("")
REPORT = Path(__file__).with_name("ENGINE.md")
PEERS = ("vectorbt==1.2.0", "vectorbt-rust==1.2.0", "backtesting==0.6.6")
PEERS += ("numpy==2.4.6", "pandas==3.1.1", "numba==0.68.1")
WARM_CALLS = 3  # in each process
THREADS = ("OMP", "OPENBLAS", "MKL", "NUMBA", "RAYON")
SAME = 1e-9  # relative difference up to which results agree
GOLDEN = {  # set (fast, slow) and ticker: total return, Sharpe ratio, drawdown, trades
    (5, 60, "AAPL"): (268.674920046, 0.703326220, -0.608692688, 119),
    (50, 200, "MSFT"): (100.308559590, 0.688977458, -0.740824476, 22),
    (20, 100, "JPM"): (5.040160968, 0.349914750, -0.776730262, 58),
    (50, 200, "XOM"): (8.862153023, 0.478383228, -0.463254621, 26),
}
FIGURES = ("total_return", "sharpe_ratio", "max_drawdown", "trades")
REPORT_TEXT = """\
# Tidemark's engine beside others

1,000 backtests (50 crosses of moving averages, 20 stocks, 8,313 daily bars, filled at the close
that decides, 0.1 % a fill, long only), on one core, side by side in one run of
`.venv/bin/python tests/benchmarks/engine.py`. Medians of processor seconds; rounds: {runs}.

{machine}

{table}

- Cold: from the start of a process, with its imports, to the first results; compiled code is in its
  cache. The very first run of all, which fills the cache, took {first}; what compiling takes
  Tidemark stands below.
- Warm: again in the same process.
- Memory: peak of the process, and how much of that is beyond its imports. All contenders have
  `launch.py`'s settings for glibc, which then keeps freed arrays for the next ones.
- Tidemark works out 15 figures of each backtest, the others return, Sharpe ratio, drawdown and
  trades.
- backtesting.py does one ticker and one set at a time. It did 20 of the 1,000; seconds are scaled.

## Agreement

{agreement}

## The floor

numpy's own cumulative product and running maximum on the same arrays, a ticker at a time.

{floor}

## What compiled loops cost

{costs}

## Cells

As the pipeline makes them: SMA crosses on the 5 stocks of the sample in its market scenarios, with
fills at the next open, long and short, all figures, as frames. Storing them is not included.

{cells}

## Aims

{aims}

## Before

Until November 2026 the engine was numpy in blocks of a size that fits one processor's cache and not
another's. On an Intel Xeon it was x 26.8 vectorbt as documented and x 13.0 however used; on an AMD
EPYC x 12.7 and x 7.7, 4.4 times the floor. It is `tests/reference_engine.py` now.
"""


@dataclass
class Contender:
    """A tool that runs the sweep, and how long its runs took."""

    title: str
    script: str
    peer: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    runs: list[dict[str, float]] = field(default_factory=list)

    def median(self, measure: str) -> float:
        return median(run[measure] for run in self.runs)


def _vectorbt(engine: str, sets: int, how: str) -> Contender:
    variables = {"VECTORBT_ENGINE": engine, "VECTORBT_SETS": str(sets)}
    title = f"vectorbt ({engine.title()}), {how}"
    return Contender(title, "by_vectorbt.py", peer=True, variables=variables)


TIDEMARK = Contender("Tidemark", "by_tidemark.py")
VECTORBT = [
    _vectorbt(engine, sets, how)
    for engine in ("numba", "rust")
    for sets, how in ((50, "all at once"), (5, "5 sets at a time"))
]
BACKTESTING = Contender("backtesting.py", "by_backtesting.py", peer=True)
PANDAS = Contender("pandas, a loop over sets", "by_pandas.py")
CONTENDERS = (TIDEMARK, *VECTORBT, PANDAS, BACKTESTING)


class Bench:
    """Everything below one temporary folder: the peers' environment, the closes and the results."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.closes = folder / "closes.npy"
        print(f"installing {', '.join(PEERS)}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", folder / "peers"], check=True)
        self._install(*PEERS)
        table = self._stocks()
        self.tickers = list(table.columns)
        np.save(self.closes, table.to_numpy())

    def _install(self, *arguments: str) -> None:
        pip = [self.folder / "peers/bin/python", "-m", "pip", "install", "-qq"]
        subprocess.run([*pip, "--disable-pip-version-check", *arguments], check=True)

    def _stocks(self) -> pd.DataFrame:
        """The closes of the 20 stocks in skfolio's data set, without importing skfolio."""
        spec = find_spec("skfolio")
        if spec is None:
            self._install("--no-deps", "skfolio==1.12.2")
        found = [Path(spec.origin).parent] if spec else (self.folder / "peers").rglob("skfolio")
        with gzip.open(next(iter(found)) / "datasets/data/sp500_dataset.csv.gz") as file:
            return pd.read_csv(file, index_col=0)

    def run(self, contender: Contender) -> dict[str, float]:
        """Run one process of a contender; its figures."""
        arguments = [self.closes, self._figures(contender), WARM_CALLS]
        return self.output(contender.script, *arguments, contender=contender)

    def output(self, script: str, *arguments: object, contender: Contender = TIDEMARK) -> Any:
        """What a script prints as JSON."""
        python = self.folder / "peers/bin/python" if contender.peer else sys.executable
        done = subprocess.run(
            [python, SCRIPTS / script, *map(str, arguments)],
            env=self._variables(contender), capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            fail(f"{script} failed:\n{done.stderr[-3000:]}")
        return json.loads(done.stdout.splitlines()[-1])

    def _variables(self, contender: Contender) -> dict[str, str]:
        """The environment without what this user has set: one thread, a cache for compiled code.

        glibc keeps freed arrays, as launch.py lets it do for steps.
        """
        dropped = ("PYTHON", "NUMBA", "TIDEMARK", "VECTORBT")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
        threads = {f"{name}_NUM_THREADS": "1" for name in THREADS}
        ours = {} if contender.peer else {"PYTHONPATH": str(ROOT / "scripts")}
        keeping = {"MALLOC_MMAP_THRESHOLD_": str(1 << 25), "MALLOC_TRIM_THRESHOLD_": str(1 << 28)}
        cache = {"NUMBA_CACHE_DIR": str(self.folder / "compiled")}
        return kept | threads | keeping | cache | ours | dict(contender.variables)

    def figures(self, contender: Contender) -> Mapping[str, np.ndarray]:
        """The figures that a contender computed, each (sets, tickers)."""
        return np.load(self._figures(contender))

    def _figures(self, contender: Contender) -> Path:
        return self.folder / f"{CONTENDERS.index(contender)}.npz"


def fail(why: str) -> NoReturn:
    """End the benchmark, because its figures would compare different things."""
    sys.exit(f"engine.py: {why}")


def measure_all(bench: Bench, runs: int) -> tuple[float, list[list[float]]]:
    """Seconds of vectorbt's very first run, and of the floor; CONTENDERS keep all others."""
    _, numba, _, rust = VECTORBT
    first = bench.run(numba)["cold"]
    bench.run(rust)
    floors = []
    for number in range(runs):
        start = number % len(CONTENDERS)
        for contender in (*CONTENDERS[start:], *CONTENDERS[:start]):
            contender.runs.append(bench.run(contender))
            told = ", ".join(f"{key} {value:.2f}" for key, value in contender.runs[-1].items())
            print(f"{number + 1}/{runs} {contender.title}: {told}", flush=True)
        floors.append(bench.output("floor.py", bench.closes, WARM_CALLS))
    return first, floors


def table() -> str:
    """Markdown with a row for each contender: seconds, and how many times as long as Tidemark."""
    lines = ["| | cold | warm | peak memory | beyond imports |", "|---|---:|---:|---:|---:|"]
    for one in CONTENDERS:
        times = [_beside(one, measure) for measure in ("cold", "warm")]
        peak = one.median("peak")
        memory = [f"{peak:,.0f} MB", f"{peak - one.median('imports'):,.0f} MB"]
        lines.append(f"| {' | '.join([one.title, *times, *memory])} |")
    return "\n".join(lines)


def _beside(one: Contender, measure: str) -> str:
    told = f"{one.median(measure):.2f} s"
    return told if one is TIDEMARK else f"{told} (x {_ratio(one, measure):.1f})"


def _ratio(one: Contender, measure: str) -> float:
    return one.median(measure) / TIDEMARK.median(measure)


def agreement(bench: Bench) -> str:
    """How results differ, in words; ends the benchmark where they must not."""
    ours = bench.figures(TIDEMARK)
    lines = [f"- Published figures: {_golden(ours, bench.tickers)} of {len(GOLDEN)} reproduced."]
    for one in CONTENDERS[1:]:
        theirs = bench.figures(one)
        done = ~np.isnan(theirs["trades"])
        if (theirs["trades"][done] != ours["trades"][done]).any():
            fail(f"{one.title} and Tidemark differ in numbers of trades")
        off = _off(ours, theirs, done)
        if one is not BACKTESTING and off.max() > SAME:
            fail(f"{one.title} and Tidemark differ by {off.max():.1g}")
        same = off <= SAME
        told = f"{same.sum():,} of {done.sum():,} within {off[same].max():.1g}"
        lines.append(f"- {one.title}: trades the same, other figures of {told} (relative).")
    lines[-1] += (
        " It cannot fill at the last close of all and books other fills a bar later, which shows in"
        " the return or drawdown of the others; its Sharpe ratio is another one, not compared."
    )
    lines.append("- All take averages within 2e-8 of each other as equal.")
    return "\n".join(lines)


def _off(ours: Mapping[str, Any], theirs: Mapping[str, Any], done: np.ndarray) -> np.ndarray:
    """The largest relative difference of a figure, for each backtest that both ran."""
    levels = {"total_return": 1.0, "sharpe_ratio": 0.0, "max_drawdown": 1.0}  # equity, not returns
    return np.max(
        [
            np.abs((level + theirs[name][done]) / (level + ours[name][done]) - 1)
            for name, level in levels.items()
            if name in theirs
        ],
        axis=0,
    )


def _golden(ours: Mapping[str, np.ndarray], tickers: Sequence[str]) -> int:
    sets = [(fast, slow) for fast in range(5, 51, 5) for slow in (60, 80, 100, 150, 200)]
    for (fast, slow, ticker), expected in GOLDEN.items():
        cell = sets.index((fast, slow)), tickers.index(ticker)
        found = [ours[name][cell] for name in FIGURES]
        if not np.allclose(found, expected, rtol=0, atol=SAME):
            fail(f"{fast}/{slow} {ticker} gives {found} instead of {expected}")
    return len(GOLDEN)


def floor_table(floors: list[list[float]]) -> str:
    """Markdown: the floor, and Tidemark's times beside it."""
    titles = ("the floor", "all 15 figures")
    medians = [median(column) for column in zip(*floors, strict=True)]
    lines = ["| from targets to | seconds | of the floor |", "|---|---:|---:|"]
    lines += [
        f"| {title} | {took:.3f} | x {took / medians[0]:.2f} |"
        for title, took in zip(titles, medians, strict=True)
    ]
    return "\n".join(lines)


def costs(bench: Bench) -> str:
    """What Numba costs, in words: bytes and seconds."""
    began, wheels, installed = time.perf_counter(), bench.folder / "wheels", bench.folder / "alone"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq"]
    names = [f"{name}=={version(name)}" for name in ("numba", "llvmlite")]
    subprocess.run([*pip, "download", "--no-deps", "-d", wheels, *names], check=True)
    fetched = time.perf_counter() - began
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--target", installed,
                    *wheels.iterdir()], check=True)  # fmt: skip
    took = time.perf_counter() - began - fetched
    sizes = [
        sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
        for folder in (wheels, installed)
    ]
    cache = bench.folder / "dispatched"
    compiled = bench.output("costs.py", "compiled")
    loaded = median(bench.output("costs.py", "loaded") for _ in range(3))
    dispatched = [bench.output("costs.py", "dispatched", cache) for _ in range(4)]
    return "\n".join(
        (
            f"- {' and '.join(names).replace('==', ' ')}: {sizes[0]:.0f} MB to download in"
            f" {fetched:.0f} s (here, from an index near by), {sizes[1]:.0f} MB installed in"
            f" {took:.0f} s. Wheels for CPython 3.11 to 3.14 on Linux (x86-64, aarch64), macOS"
            " (arm64) and Windows; none for Intel Macs.",
            f"- Compiling the kernel: {compiled:.1f} processor seconds, once for an environment and"
            " a version of the kernel, when `.venv` is set up or in the first backtest.",
            f"- A step that trades: {1000 * loaded:.0f} ms, of which the warm interpreter spares it"
            f" the import of LLVM. By Numba's own dispatcher and cache the smallest function takes"
            f" {1000 * median(dispatched[1:]):.0f} ms. Other steps import neither.",
        )
    )


def cells_table(cells: list[dict[str, float]]) -> str:
    """Markdown with a row for each number of cells."""
    lines = ["| cells | seconds | a 100,000 | peak memory beyond imports |"]
    lines.append("|---:|---:|---:|---:|")
    for one in cells:
        memory = f"{one['memory']:.0f} MB"
        each = f"{_each(one):.2f}"
        lines.append(f"| {one['rows']:,} | {one['seconds']:.2f} | {each} | {memory} |")
    return "\n".join(lines)


def _each(cells: Mapping[str, float]) -> float:
    return 100_000 * cells["seconds"] / cells["rows"]


def aims(floors: list[list[float]], cells: list[dict[str, float]]) -> str:
    """A line for each aim: whether it is met."""
    ratios = {one.title: _ratio(one, "warm") for one in VECTORBT}
    least = min(ratios, key=lambda title: ratios[title])
    plain = VECTORBT[0]
    floor, measured = (median(column) for column in zip(*floors, strict=True))
    growth = _each(cells[-1]) / _each(cells[0])
    memory = cells[-1]["memory"]
    judged = (
        ("50 times vectorbt warm, as documented", ratios[plain.title] >= 50,
         f"x {ratios[plain.title]:.1f}"),
        ("50 times vectorbt warm, however it is used", ratios[least] >= 50,
         f"x {ratios[least]:.1f}, {least}"),
        ("all 15 figures within the floor", measured <= floor, f"x {measured / floor:.2f}"),
        ("100,000 cells in under 5 s", _each(cells[-1]) < 5, f"{_each(cells[-1]):.2f} s"),
        ("under 300 MB beyond imports", memory < 300, f"{memory:.0f} MB"),
        ("cost at most linear in cells, within 10 %", growth <= 1.1,
         f"all of them, each x {growth:.2f} what each of a quarter costs"),
    )  # fmt: skip
    return "\n".join(
        f"- {aim}: {'met' if met else 'missed'} ({found})." for aim, met, found in judged
    )


def machine() -> str:
    """Processor, versions, and how busy the machine was at the start."""
    command = ["git", "describe", "--always", "--dirty"]
    commit = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    ours = ", ".join(f"{name} {version(name)}" for name in ("numpy", "pandas"))
    return (
        f"One core of {os.cpu_count()} ({_processor()}, {platform.system()}), load"
        f" {os.getloadavg()[0]:.1f} at the start; Python {platform.python_version()}, Tidemark at"
        f" {commit.strip()} with {ours}; peers: {', '.join(PEERS).replace('==', ' ')}."
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def main() -> None:
    """Measure, print the tables, and keep them in ENGINE.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="rounds; default: 5")
    runs = parser.parse_args().runs
    about = machine()
    with tempfile.TemporaryDirectory(prefix="tidemark-engine-") as folder:
        bench = Bench(Path(folder))
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        first, floors = measure_all(bench, runs)
        cells = bench.output("cells.py", WARM_CALLS)
        agreed, paid = agreement(bench), costs(bench)
    text = REPORT_TEXT.format(
        runs=runs, machine=about, table=table(), first=f"vectorbt {first:.0f} s",
        agreement=agreed, floor=floor_table(floors), costs=paid,
        cells=cells_table(cells), aims=aims(floors, cells),
    )  # fmt: skip
    REPORT.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
