"""Moves that are beyond all that a ticker does: real crashes among them, which stay."""

import json
from pathlib import Path

from tidemark.validation import anomalies, answers, questions
from tidemark.validation.settings import Anomalies

import numpy as np
import pandas as pd
import pytest

SAMPLE = Path(__file__).parents[3] / "data/sample"


def bars(closes, ticker="A", first="2020-01-01"):
    times = pd.date_range(first, periods=len(closes), freq="D", unit="us")
    return pd.DataFrame({"timestamp": times, "ticker": ticker, "close": closes}).assign(
        adj_close=lambda own: own["close"]
    )


def calm(count=300, seed=0):
    moves = np.random.default_rng(seed).normal(0.0, 0.01, count)
    return 100 * np.exp(np.cumsum(moves))


def found(table, **limits):
    return anomalies.found(table, Anomalies(**limits))[0]


def test_sizes_are_medians_of_the_past_alone():
    """Worked out once more for one move, from the moves before it."""
    moves = np.random.default_rng(1).standard_t(3, 400)
    sizes = anomalies.sigmas(moves, 100)
    middle = [np.median(moves[max(at - 100, 0) : at]) for at in range(1, 400)]
    apart = np.abs(moves[1:] - middle)  # of the moves from the second on
    at = 399
    expected = (moves[at] - np.median(moves[at - 100 : at])) / (
        1.4826 * np.median(apart[at - 101 : at - 1])
    )
    assert sizes[at] == pytest.approx(expected, rel=1e-12)
    changed = moves.copy()
    changed[300:] *= 50
    assert np.array_equal(anomalies.sigmas(changed, 100)[:300], sizes[:300], equal_nan=True)
    assert np.isnan(sizes[: anomalies.LEAST]).all()


def test_a_wrong_value_is_one_question_although_the_next_move_takes_it_back():
    closes = calm()
    closes[200] *= 1.5
    (one,) = found(bars(closes))
    assert (one.tickers, one.first) == (["A"], "2020-07-19")
    assert "and back at the next bar" in one.words
    assert (one.close, one.before[-1], one.after[0]) == (closes[200], closes[199], closes[200])


def test_a_move_that_stays_is_a_question_and_ordinary_ones_are_none():
    closes = calm()
    assert found(bars(closes)) == []
    closes[200:] *= 0.6
    (one,) = found(bars(closes))
    assert "back" not in one.words
    assert found(bars(closes), sigma=None) == []


def test_a_bar_without_a_close_is_a_question_that_a_file_can_hold():
    table = bars(calm())
    table.loc[200:, "adj_close"] *= 0.6
    table.loc[[199, 200], "close"] = np.nan
    (one,) = found(table)
    assert (one.close, one.as_json()["values"]) == (None, [None, None])
    assert json.loads(json.dumps(one.as_json(), allow_nan=False))["id"] == one.id


def test_what_comes_later_changes_no_question_and_a_restated_value_does():
    closes = calm()
    closes[200:] *= 0.6
    (one,) = found(bars(closes))
    later = closes.copy()
    later[201:] *= 1.02
    assert [other.id for other in found(bars(later))] == [one.id]
    restated = closes.copy()
    restated[200] *= 1.001
    assert [other.id for other in found(bars(restated))] != [one.id]


def test_bars_without_a_price_above_0_are_stepped_over_and_tickers_that_stand_still_are_counted():
    closes = calm()
    closes[150] = np.nan
    closes[151] = -37.0
    assert found(bars(closes)) == []
    still = np.repeat(calm(80), 4)[:300]
    table = pd.concat([bars(still, "B"), bars(calm(), "C")], ignore_index=True)
    assert anomalies.found(table, Anomalies())[1] == 1


def test_real_crashes_are_asked_about_and_splits_that_are_listed_are_not():
    prices = pd.read_csv(SAMPLE / "prices.csv", parse_dates=["Date"])
    prices.columns = [name.lower().replace(" ", "_") for name in prices.columns]
    prices = prices.rename(columns={"date": "timestamp"})
    asked = found(prices)
    assert "AAPL 2000-09-29: -51.9 %, 17 sigma" in [one.words for one in asked]
    euro = pd.read_csv(SAMPLE / "fx.csv", parse_dates=["Date"]).sort_values("Date")
    franc = bars(euro["CHF"].to_numpy(), "CHF").assign(timestamp=euro["Date"].to_numpy())
    assert any(one.first == "2015-01-15" for one in found(franc))
    split = pd.DataFrame(
        {"ticker": ["AAPL"], "timestamp": [pd.Timestamp("2000-09-29")], "kind": ["split"]}
    )
    left = answers.without_splits(asked, split)
    assert len(left) == len(asked) - 1
    assert questions.of_json([one.as_json() for one in asked]) == asked
