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
    """How many seconds of a processor `run` takes: what else a machine does shows little."""
    began = time.process_time()
    run()
    return time.process_time() - began


def contend(sweep: Callable[[np.ndarray], Figures], share: float = 1.0) -> None:
    """Sweep the closes once cold and a few times warm; print times and memory, keep the figures.

    Args:
        sweep: from closes (bars, tickers) to figures, NaN for cells that it leaves out.
        share: the share of the 1,000 backtests that it runs; its times are scaled to all of them.
    """
    closes, figures, calls = sys.argv[1:]
    imported = memory()
    table = np.load(closes)
    startup = time.process_time()
    np.savez(figures, **sweep(table))
    cold = startup + (time.process_time() - startup) / share
    warm = median(seconds(lambda: sweep(table)) for _ in range(int(calls))) / share
    print(json.dumps({"cold": cold, "warm": warm, "peak": memory(), "imports": imported}))
