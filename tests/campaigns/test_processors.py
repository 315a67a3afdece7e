"""The kernel made for this very processor finds the same bits as that for the plainest of its kind.

The long form compiles it with all that this processor can do, and trades random markets by both.
"""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

from tidemark.backtest import engine, kernel, performance
from tidemark.backtest.engine import Market, Rules
from tidemark.machine_code import compiling, loading
from tidemark.market.grid import Prices

import numpy as np
import pytest

NATIVE = """
import sys
sys.path.insert(0, {folder!r})
import compiling
import llvmlite.binding as llvm
compiling.PLAIN = llvm.get_host_cpu_name()
compiling.main("trade")
"""


@pytest.fixture
def native(long):
    """The kernel for this processor, in place of `engine.compiled`."""
    if not long:
        pytest.skip("compiling takes three seconds")
    script = NATIVE.format(folder=str(Path(compiling.__file__).parent))
    source = Path(kernel.__file__).read_bytes()
    told = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA")}
    command = [sys.executable, "-I", "-c", script]
    done = subprocess.run(command, input=source, env=told, capture_output=True, check=True)
    code = done.stdout
    assert code != loading.machine_code(source, "trade"), "this processor is the plainest"
    plain = engine.compiled()
    types = [ctypes.c_int64, *plain.argtypes]
    return ctypes.CFUNCTYPE(*types)(loading._loaded(code))


def test_what_a_processor_can_do_changes_no_bit(native, chance, monkeypatch):
    for _ in range(120):
        random = np.random.default_rng(chance.getrandbits(32))
        length, tickers = int(random.integers(1, 4000)), int(random.integers(1, 12))
        moves = 0.02 * random.standard_t(3, (2, length, tickers)).clip(-30, 30)
        close = np.cumprod(np.prod(1 + moves, axis=0), axis=0)
        close[random.random(close.shape) < 0.05] = np.nan
        days = np.datetime64("2000-01-01") + np.arange(length)
        names = tuple(f"T{nth}" for nth in range(tickers))
        prices = Prices(days, names, close / (1 + moves[1]), close, close, close, close)
        fill, rate = chance.choice([*engine.LAG]), chance.choice([0.0, 0.03])
        rules = Rules(fill, 0.001, 0.0005, "long_short", rate, 252.0)
        levels = random.uniform(-1, 1, 7).round(1)
        targets = [random.choice(levels, close.shape).repeat(9, axis=0)[:length] for _ in range(3)]
        windows = [slice(None), slice(length // 3, length // 2)]
        with np.errstate(all="ignore"):
            (plain,) = performance.sweep(iter(targets), prices, rules, windows)
            with monkeypatch.context() as patch:
                patch.setattr(engine, "compiled", lambda: native)
                (found,) = performance.sweep(iter(targets), prices, rules, windows)
                held = Market(prices, rules).simulate(engine.as_cells(targets))
        for name in plain:
            assert np.array_equal(plain[name], found[name], equal_nan=True), name
        there = Market(prices, rules).simulate(engine.as_cells(targets))
        assert np.array_equal(held.returns, there.returns)


def test_what_only_numba_could_run_is_not_compiled(long):
    if not long:
        pytest.skip("compiling takes seconds")
    source = (
        b"from __future__ import annotations\ndef f(count: int) -> int:\n    return [count][0]\n"
    )
    with pytest.raises(RuntimeError, match=r"^f could not be compiled: it calls .*, which only"):
        loading.machine_code(source, "f")
