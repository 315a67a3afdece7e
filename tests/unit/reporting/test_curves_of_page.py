"""What the page's charts are given."""

import json

from tidemark.reporting import reports
from tidemark.reporting.page.sections import curves

import duckdb
import numpy as np
import pandas as pd
import pytest

NAMES = ("a", "b", "c", "d", "e", "f", "copy", "held")


def section(bars, step="1D", **equities):
    """The view of strategies, of which `copy` is one, beside the benchmark `held`."""
    base = duckdb.connect()
    base.sql("CREATE SCHEMA assessment")
    time = pd.date_range("2000-01-03", periods=bars, freq=step)
    equity = {name: equities.get(name, np.linspace(1.0, 2.0, bars)) for name in NAMES}
    fall = {name: each / np.fmax.accumulate(each) - 1 for name, each in equity.items()}
    ranked = {"strategy_name": NAMES, "best_set": [f"window={name}" for name in NAMES]}
    tables = {
        "strategy_rankings": {
            **ranked,
            "overall_rank": [3, 1, 2, 4, 6, 5, 7, None],
            "copy_of": [*[None] * 6, "a", None],
        },
        "winner": {"benchmark": ["held"]},
        "best_sets": {
            "strategy_name": NAMES,
            "deepest_drawdown": [fall[name].min() for name in NAMES],
        },
        "calendar_years": {
            "strategy_name": [*NAMES] * 2,
            "year": np.repeat([2000, 2001], len(NAMES)),
            "total_return": np.arange(2.0 * len(NAMES)),
        },
        "courses": {
            "strategy_name": np.repeat(NAMES, bars),
            "timestamp": np.tile(time, len(NAMES)),
            "equity": np.concatenate([equity[name] for name in NAMES]),
            "drawdown": np.concatenate([fall[name] for name in NAMES]),
        },
    }
    for name, columns in tables.items():
        table = pd.DataFrame(columns)
        base.register("table", table)
        base.sql(f'CREATE TABLE assessment.{name} AS FROM "table"')
    view = curves.view(reports.gather(base, curves.SECTION.queries), {})
    return view, json.loads(view["charts"])


def test_the_best_that_differ_stand_before_the_benchmark():
    view, charts = section(10)
    assert [each["name"] for each in charts["strategies"]] == ["b", "c", "a", "d", "f", "held"]
    assert [each["shown"] for each in charts["strategies"]] == [True, True, *[False] * 3, True]
    assert [year["returns"] for year in view["years"]] == [
        [1, 2, 0, 3, 5, 7],
        [9, 10, 8, 11, 13, 15],
    ]
    assert (view["until"], view["every"], charts["intraday"]) == ("2000-01-12", 1, False)


def test_of_a_long_history_some_bars_are_drawn_and_each_deepest_drawdown():
    bars, low = 3 * curves.BARS - 1, 1_001
    fallen = np.linspace(1.0, 2.0, bars)
    fallen[low] = 0.25
    view, charts = section(bars, d=fallen)
    first = charts["dates"][0]
    drawn = [(second - first) // 86_400 for second in charts["dates"]]
    assert drawn == sorted({*range(0, bars, 3), low, bars - 1})
    assert view["every"] == 3
    for each in charts["strategies"]:
        assert len(each["equity"]) == len(each["drawdown"]) == len(drawn)
    deepest = charts["strategies"][3]
    assert min(deepest["drawdown"]) == deepest["drawdown"][drawn.index(low)]
    assert deepest["equity"][drawn.index(low)] == 0.25


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_what_is_no_number_is_none(value):
    _, charts = section(3, step="1h", a=np.array([1.0, value, 2.0]))
    assert charts["strategies"][2]["equity"] == [1.0, None, 2.0]
    assert charts["intraday"]
