"""The sweep that every tool runs, and how a process measures itself."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

import numpy as np

SETS = [(fast, slow) for fast in range(5, 51, 5) for slow in (60, 80, 100, 150, 200)]
WINDOWS = sorted({window for one in SETS for window in one})
TIE = 2e-8  # averages nearer than that are equal
COST = 0.001  # of each fill
BARS_A_YEAR = 252
MEGABYTE = 1024  # kB

Figures = Mapping[str, np.ndarray]  # total_return, ...: (sets, tickers) each


def memory(field: str = "VmHWM") -> float:
    """Peak resident memory of this process so far, in MB."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / MEGABYTE


def seconds(run: Callable[[], object]) -> float:
    """How many seconds `run` takes."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def contend(sweep: Callable[[np.ndarray], Figures], share: float = 1.0) -> None:
    """Sweep the closes once cold and a few times warm; print times and memory, keep the figures.

    Args:
        sweep: from closes (bars, tickers) to figures, NaN for cells that it leaves out.
        share: the share of the 1,000 backtests that it runs; its times are scaled to all of them.
    """
    closes, figures, spawned, calls = sys.argv[1:]
    imported = memory()
    table = np.load(closes)
    startup = time.time() - float(spawned)
    began = time.perf_counter()
    np.savez(figures, **sweep(table))
    cold = startup + (time.perf_counter() - began) / share
    warm = median(seconds(lambda: sweep(table)) for _ in range(int(calls))) / share
    print(json.dumps({"cold": cold, "warm": warm, "peak": memory(), "imports": imported}))
