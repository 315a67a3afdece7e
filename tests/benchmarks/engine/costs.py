"""What compiled loops cost: the first compilation, and what a step pays for what was kept.

costs.py compiled                 processor seconds of compiling the kernel
costs.py loaded                   of loading what was kept, with LLVM alone
costs.py dispatched FOLDER        of calling one function that Numba keeps in FOLDER itself
"""

import json
import resource
import sys
import time

import numpy as np


def compiled() -> float:
    from pathlib import Path

    from tidemark.backtest import kernel
    from tidemark.machine_code import loading

    loading._compiled(Path(kernel.__file__).read_bytes(), "trade")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def loaded() -> float:
    from tidemark.backtest import engine

    began = time.process_time()
    engine.compiled()
    return time.process_time() - began


def dispatched(folder: str) -> float:
    import os

    os.environ["NUMBA_CACHE_DIR"] = folder
    began = time.process_time()
    import numba

    @numba.njit(cache=True)
    def total(values):
        found = 0.0
        for value in values:
            found += value
        return found

    total(np.ones(3))
    return time.process_time() - began


name, *arguments = sys.argv[1:]
print(
    json.dumps({"compiled": compiled, "loaded": loaded, "dispatched": dispatched}[name](*arguments))
)
