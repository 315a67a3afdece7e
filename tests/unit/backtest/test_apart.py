"""A strategy in processes of its own gives what it gives here, and no more."""

import json
import sys
from pathlib import Path

from strategy_bars import bars, prices_of
from tidemark.backtest import strategies
from tidemark.backtest.apart import Alone, serve
from tidemark.errors import BadValue, InputError
from tidemark.files import store
from tidemark.harness import code
from tidemark.harness.apart import LoadedApart
from tidemark.isolated.nursery import Nursery

import numpy as np
import pytest

FILE = "scripts/tidemark/backtest/strategies/mine.py"
HEAD = '''"""Something."""
import numpy as np
CATEGORY = "trend"
DEFAULTS = {"n": 1}
'''


@pytest.fixture
def nursery():
    with Nursery(serve, LoadedApart(), patience=20) as opened:
        yield opened


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A nursery of a user's strategy, `mine.py`, whose `targets` has the given body."""
    folder = tmp_path / "scripts"
    folder.mkdir()
    monkeypatch.setattr(strategies, "CODE", tmp_path)
    monkeypatch.setattr(strategies, "__path__", [*strategies.__path__, str(folder)])
    monkeypatch.syspath_prepend(str(folder))

    def alone(body, head=HEAD, tail=""):
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        (folder / "mine.py").write_text(f"{head}def targets(prices, n):\n{lines}{tail}")
        return Alone(nursery, "mine")

    with Nursery(serve, patience=20) as nursery:
        yield alone
    assert "tidemark.backtest.strategies.mine" not in sys.modules


def computed(alone, prices, sets=({"n": 1},), inputs=None):
    with alone.fresh() as targets:
        return list(targets(prices, list(sets), inputs or {}))


@pytest.mark.parametrize("name", ["sma_cross", "model_kelly", "donchian_breakout"])
def test_it_gives_to_the_bit_what_it_gives_here(nursery, name):
    prices, forecasts = bars(1)
    alone = Alone(nursery, name)
    strategy, described = strategies.load(name), alone.load()
    assert vars(described).items() <= vars(strategy).items()
    assert not hasattr(described, "targets")
    values = {key: [value, value * 2] for key, value in strategy.defaults.items()}
    sets = alone.grid(values)
    assert sets == strategies.grid(strategy, values)
    with strategies.here(strategy)() as here, alone.fresh() as there:
        for seen in (prices.upto(50), prices):
            inputs = {"forecasts": forecasts[: len(seen.close)]}
            for one, other in zip(here(seen, sets, inputs), there(seen, sets, inputs), strict=True):
                assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("sma_cross", {"close"}),
        ("donchian_breakout", {"high", "low", "close"}),
        ("volatility_breakout", {"high", "low", "close"}),
    ],
)
def test_the_columns_that_each_set_reads_are_told(nursery, name, columns):
    alone = Alone(nursery, name)
    sets = alone.grid({})
    assert alone.reads(bars(1)[0], sets, {}) == [columns]


def test_what_it_loads_counts_as_loaded_here(monkeypatch):
    path = f"{strategies.__path__[0]}/sma_cross.py"
    source, added = Path(path).read_bytes(), {}
    monkeypatch.setattr(code, "add", added.__setitem__)
    monkeypatch.setattr(code, "add_imported", added.update)
    LoadedApart().heard({"sources": {path: store.sha256(source)}, "modules": []})
    assert added == {path: source}
    with pytest.raises(InputError, match=r"sma_cross.py: was changed while the step ran"):
        LoadedApart().heard({"sources": {path: store.sha256(b"before")}, "modules": []})


def test_errors_of_a_file_and_of_parameters_are_those_of_here(nursery, mine):
    with pytest.raises(BadValue, match="no strategy sma_kross"):
        Alone(nursery, "sma_kross").load()
    cross = Alone(nursery, "sma_cross")
    with pytest.raises(BadValue, match="no such parameter") as bad:
        cross.grid({"fats": [1]})
    assert bad.value.parameter == "fats"
    assert cross.grid({"fast": [5]}) == [{"fast": 5, "slow": 100}]
    with pytest.raises(BadValue, match="model_kelly needs forecasts"):
        computed(Alone(nursery, "model_kelly"), prices_of([1, 2]), [{"fraction": 0.1, "window": 2}])
    with pytest.raises(InputError, match="it has no DEFAULTS"):
        mine("return 0", HEAD.replace("DEFAULTS", "DEFAULT")).load()
    with pytest.raises(InputError, match="DEFAULTS hold more than numbers"):
        mine("return 0", HEAD.replace('"n": 1', '"n": object()')).load()
    with pytest.raises(SyntaxError, match="invalid syntax"):
        mine("return return").load()


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("return prices.close[1:]", r"targets have the shape \(2, 1\) for bars of \(3, 1\)"),
        ("return prices.close * 0 + 2", r"the target for A at 2010-01-01 is 2"),
        ("prices.close[0] = 1\nreturn prices.close", "it writes into bars"),
        ("prices.close.setflags(write=True)", "it writes into bars"),
        ("return 'long'", "with n=1: targets returns a str, not real numbers"),
        ("return None", "with n=1: targets returns a NoneType, not real numbers"),
        ("return prices.close * 1j", "targets returns an array of complex128, not real numbers"),
        ("return prices.close.astype(object)", "targets returns an array of object, not real"),
        (
            "class Same: pass\n"
            "about = dict(prices.close.__array_interface__)\n"
            "about['data'] = about['data'][0], False\n"
            "same = Same()\n"
            "same.__array_interface__ = about\n"
            "np.asarray(same)[:] = 1\n"
            "return prices.close * 0",
            "it writes into bars",
        ),
        ("open('data/raw/prices.parquet')", "it opens a file: data/raw/prices.parquet"),
        ("import os; os._exit(0)", "its process ended by itself"),
    ],
)
def test_what_a_strategy_may_not_do(mine, body, problem):
    with pytest.raises(InputError, match=problem) as refused:
        computed(mine(body), prices_of([1, 2, 3]))
    assert refused.value.where.startswith(FILE)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("x = 1\nreturn prices['close']", "TypeError: 'Prices' object is not"),
        ("\nreturn int(prices.close)", "TypeError: only"),
        ("\nimport no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("\nraise StopIteration", "StopIteration"),
        ("def again(): return again()\nagain()", "RecursionError: maximum recursion depth"),
        ("\nraise FileNotFoundError(2, 'not there', 'my.csv')", "FileNotFoundError: .*'my.csv'"),
        ("\nnp.empty(1 << 50)", "MemoryError: Unable to allocate"),
        ("class Odd(BaseException): __str__ = None\nraise Odd", "Odd: its words cannot be had"),
    ],
)
def test_what_a_strategy_raises_is_told_with_its_line_and_parameters(mine, body, problem):
    told = f"with n=1, on 3 bars to 2010-01-03, it raises {problem}"
    with pytest.raises(InputError, match=told) as raised:
        computed(mine(body), prices_of([1, 2, 3]))
    assert raised.value.where == f"{FILE}:{6 if 'again' in body else 7}"
    assert "the traceback is in logs/pipeline.log" in raised.value.cure


def test_what_the_rest_of_a_file_raises_is_told_with_its_line(mine):
    body = "return prices.close"
    with pytest.raises(InputError, match=r"mine\.py:4: it raises ZeroDivisionError: integer"):
        mine(body, HEAD.replace('"n": 1', '"n": 1 // 0')).load()
    with pytest.raises(InputError, match="its DEFAULTS is of type NoneType"):
        mine(body, HEAD.replace('{"n": 1}', "None")).load()
    alone = mine(body, tail="def valid(n):\n    return n.odd")
    with pytest.raises(
        InputError, match=r"mine\.py:8: with n=2 valid raises AttributeError: 'int'"
    ):
        alone.grid({"n": [2]})


@pytest.mark.parametrize(
    "message",
    [
        {"is": "raised", "kind": "InputError", "ours": True, "args": [], "trace": ""},
        {"is": "raised"},
        {"is": "sets"},
        {"is": "targets", "layouts": [7]},
    ],
)
def test_a_forged_message_is_told(mine, message):
    body = """
import gc
from tidemark.isolated.channel import Channel
channel, = [one for one in gc.get_objects() if isinstance(one, Channel)]
Channel._write(channel, [memoryview(len(TEXT).to_bytes(8, 'little') + TEXT)])
""".replace("TEXT", repr(json.dumps(message).encode()))
    with pytest.raises(InputError, match="it sent what is no answer"):
        computed(mine(body), prices_of([1, 2, 3]))


def test_it_finds_no_array_that_it_was_not_sent(mine):
    body = """
import gc
gc.unfreeze()
held = [o for each in gc.get_objects() for o in gc.get_referents(each)]
most = max(o.size for o in held if isinstance(o, np.ndarray) and o.dtype == float)
return np.full_like(prices.close, most / 1e9)
"""
    secret = np.arange(1e6)
    (targets,) = computed(mine(body), prices_of(np.ones(200)))
    assert secret.size == 1e6
    assert 200 / 1e9 <= targets[0, 0] <= 1e5 / 1e9


def test_one_call_is_read_to_its_end_before_the_next(mine):
    prices = prices_of([1, 2])
    with mine("return prices.close * 0").fresh() as targets:
        first = targets(prices, [{"n": 1}, {"n": 2}], {})
        next(first)
        with pytest.raises(RuntimeError, match="read to their end"):
            next(targets(prices, [{"n": 1}], {}))
