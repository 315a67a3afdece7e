"""Machine code: compiled once whoever asks, not kept damaged, and what plain Python would say."""

import ctypes
import os
import signal
import sys
from pathlib import Path

from tidemark.backtest import engine, kernel
from tidemark.backtest.engine import Market, Rules, Windows
from tidemark.errors import InputError
from tidemark.files import libraries
from tidemark.machine_code import compiling, loading
from tidemark.market.grid import Prices

import numpy as np
import pytest

SOURCE = b'''
from __future__ import annotations

def total(values: Floats, count: int, least: float) -> int:
    """How many values reach a bound; each is replaced by what all so far are worth."""
    found, so_far = 0, 0.0
    for place in range(count):
        found += _reaches(values[place], least)
        so_far += values[place] * values[place]
        values[place] = so_far
    return found


def _reaches(value: float, least: float) -> int:
    return 1 if value >= least else 0
'''


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "KEPT", tmp_path / "compiled")
    return tmp_path / "compiled"


@pytest.fixture
def compilations(monkeypatch):
    """Sources compiled so far; what comes of them is nothing that could run."""
    seen = []
    monkeypatch.setattr(loading, "_compiled", lambda source, name: seen.append(source) or source)
    return seen


def test_what_a_user_tells_numba_and_python_changes_nothing(kept, monkeypatch):
    for name, value in {
        "NUMBA_DISABLE_JIT": "1",
        "NUMBA_OPT": "0",
        "NUMBA_CPU_NAME": "no-such-processor",
        "NUMBA_DEBUG": "1",
        "PYTHONOPTIMIZE": "2",
        "PYTHONWARNINGS": "error",
    }.items():
        monkeypatch.setenv(name, value)
    address = loading._loaded(loading.machine_code(SOURCE, "total"))
    total = ctypes.CFUNCTYPE(
        ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_double
    )(address)  # fmt: skip
    values = np.array([0.1, 0.7, 0.3, 0.9])
    expected = values.tolist()
    assert total(values.ctypes.data, 4, 0.5) == 2
    module = {}
    exec(SOURCE, module)
    assert module["total"](expected, 4, 0.5) == 2
    assert values.tolist() == expected
    assert {"numba", "llvmlite", "python"} <= libraries.asked()


def test_it_is_compiled_once_and_anew_for_anything_else(kept, compilations, monkeypatch):
    for _ in range(2):
        assert loading.machine_code(b"one", "f") == b"one"
    assert compilations == [b"one"]
    loading.machine_code(b"two", "f")
    loading.machine_code(b"one", "g")
    monkeypatch.setattr(loading, "version", lambda name: f"another {name}")
    loading.machine_code(b"one", "f")
    assert compilations == [b"one", b"two", b"one", b"one"]


@pytest.mark.parametrize("damage", [b"", b"short", None])
def test_what_is_damaged_is_compiled_anew(kept, compilations, damage):
    loading.machine_code(b"one", "f")
    (path,) = kept.glob("f-*")
    path.write_bytes(path.read_bytes()[:-1] + b"x" if damage is None else damage)
    assert loading.machine_code(b"one", "f") == b"one"
    assert loading.machine_code(b"one", "f") == b"one"
    assert len(compilations) == 2


def test_without_a_place_to_keep_it_each_process_compiles(tmp_path, compilations, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(loading, "KEPT", tmp_path / "file/compiled")
    assert [loading.machine_code(b"one", "f") for _ in range(2)] == [b"one", b"one"]
    assert len(compilations) == 2


def test_processes_at_once_compile_once(kept, tmp_path, monkeypatch):
    """The others wait; one that is killed as it compiles leaves the work to the next."""
    log = tmp_path / "log"

    def slow(source, name):
        with log.open("a") as file:
            file.write("compiled\n")
        if log.read_text().count("\n") == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return source * 100_000

    monkeypatch.setattr(loading, "_compiled", slow)
    children = []
    for _ in range(5):
        if not (child := os.fork()):
            same = loading.machine_code(b"one", "f") == b"one" * 100_000
            os._exit(0 if same else 1)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert sorted(codes) == [-signal.SIGKILL, 0, 0, 0, 0]
    assert log.read_text() == "compiled\n" * 2


def test_what_cannot_be_compiled_says_why(kept, tmp_path, monkeypatch):
    fails = tmp_path / "compiling.py"
    fails.write_text("raise SystemExit('many\\nlines\\nit calls f')")
    monkeypatch.setattr(compiling, "__file__", str(fails))
    with pytest.raises(
        InputError, match=r"^\.venv: trade could not be compiled: it calls f\. Cure:"
    ):
        loading.machine_code(b"", "trade")
    assert not list(kept.glob("trade-*"))


def test_a_compiler_that_is_killed_is_told(kept, tmp_path, monkeypatch):
    killed = tmp_path / "compiling.py"
    killed.write_text("import os; os.kill(os.getpid(), 9)")
    monkeypatch.setattr(compiling, "__file__", str(killed))
    with pytest.raises(InputError, match="ended by SIGKILL, as if memory were short"):
        loading.machine_code(b"", "trade")


def test_without_numba_the_compiler_says_so(kept, tmp_path, monkeypatch):
    without = tmp_path / "compiling.py"
    how = compiling.__file__
    without.write_text(f"import sys; sys.modules['numba'] = None\n{Path(how).read_text('utf-8')}")
    monkeypatch.setattr(compiling, "__file__", str(without))
    with pytest.raises(InputError, match=r"import of numba halted.*Cure: rm -rf \.venv"):
        loading.machine_code(SOURCE, "total")


def test_what_is_no_object_file_is_not_loaded():
    with pytest.raises(
        InputError, match=r"^\.venv: compiled/ holds what is no object file. Cure: rm"
    ):
        loading._loaded(b"one")


def test_without_llvm_nothing_is_loaded_and_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    with pytest.raises(InputError, match=r"^\.venv: llvmlite cannot be imported: .*Cure: rm"):
        loading._loaded(b"")


@pytest.mark.parametrize("fill", ["next_open", "next_close"])
def test_the_kernel_is_what_its_source_says_to_the_bit(fill, monkeypatch):
    """Interpreted, each operation is one of IEEE 754 and in the order that is written."""
    random = np.random.default_rng(7)
    moves = 0.02 * random.standard_t(3, (2, 1100, 2))
    close = np.cumprod(np.prod(1 + moves, axis=0), axis=0)
    close[300:310, 1] = np.nan
    days = np.datetime64("2020-01-01") + np.arange(len(close))
    prices = Prices(days, ("A", "B"), close / (1 + moves[1]), close, close, close, close)
    rules = Rules(fill, 0.001, 0.0005, "long_short", 0.03, 252.0)
    targets = random.choice([-1.0, 0.3, 1.0], (110, 2)).repeat(10, axis=0)
    whole, part = (0, 1100), (250, 700)
    listed = ~np.isnan(close)
    counted = np.array([listed[slice(*each)].sum(axis=0) for each in (whole, part)])
    windows = Windows(*np.array([whole, part]).T.copy(), counted, 0.05)
    (found,) = Market(prices, rules).measured([targets], windows)
    monkeypatch.setattr(engine, "_at", lambda array: array.reshape(-1))
    monkeypatch.setattr(engine, "compiled", lambda: kernel.trade)
    with np.errstate(all="ignore"):
        (said,) = Market(prices, rules).measured([targets], windows)
    assert np.array_equal(found, said)
    assert np.isfinite(found).all()
