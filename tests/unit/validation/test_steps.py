"""Steps of prices that are unlikely to come from trading, and missing prices by ticker."""

from pathlib import Path

from tidemark.validation import completeness, schema, steps

import numpy as np
import pandas as pd
import pytest

RULES = schema.parse(
    "prices",
    (Path(__file__).resolve().parents[3] / "schemas/prices.json").read_bytes(),
)


def walk(spread=0.012, bars=400, ticker="A", seed=3, frequency="B"):
    """Prices that move by `spread` a bar, with fat tails like a market's."""
    draw = np.random.default_rng(seed)
    moves = np.clip(draw.standard_t(4, bars), -5, 5) / 2**0.5 * spread
    days = pd.date_range("2015-01-01", periods=bars, freq=frequency).astype("datetime64[us]")
    close = 100 * np.exp(np.cumsum(moves))
    return pd.DataFrame({"timestamp": days, "ticker": ticker, "adj_close": close})


def told(prices, actions=None, broken=()):
    after = prices.index.to_series().isin(broken)
    (finding,) = list(steps.check(prices, actions, after)) or [None]
    return "" if finding is None else finding.message


def scaled(prices, factor, first, last=None):
    prices = prices.copy()
    prices.loc[first : last if last is None else last - 1, "adj_close"] *= factor
    return prices


@pytest.mark.parametrize("spread", [0.0, 0.002, 0.012, 0.03, 0.05])
@pytest.mark.parametrize(
    ("factor", "cause"),
    [
        (1 / 2, "a 2:1 split that older prices do not show"),
        (1 / 3, "a 3:1 split"),
        (1 / 4, "a 4:1 split"),
        (1 / 7, ":1 split that older prices do not show"),
        (2, "a reverse split of 1:2"),
        (10, "a reverse split of 1:"),
        (1 / 100, "units, such as pence and pounds"),
        (1000, "units, such as thousands"),
        (6.4, ""),
    ],
)
def test_a_ratio_is_found_beside_an_ordinary_days_move(spread, factor, cause):
    prices = walk(spread)
    own = prices["adj_close"][200] / prices["adj_close"][199]
    for day_move in (-1.8 * spread, 0.0, 1.8 * spread):
        prices = scaled(walk(spread), factor * np.exp(day_move) / own, 200)
        message = told(prices)
        assert message.startswith("1 step from bar"), day_move
        assert f"A {prices['timestamp'][200]:%Y-%m-%d} (" in message
        assert cause in message


@pytest.mark.parametrize("spread", [0.0, 0.002, 0.012, 0.05, 0.15])
def test_what_markets_do_by_themselves_is_no_step(spread):
    assert not told(walk(spread))
    assert not told(scaled(walk(spread), 0.65, 200))


def test_ordinary_moves_of_a_wild_ticker_are_none():
    """A penny share that doubles and halves between two prices, but mostly stands still."""
    prices = walk(0.0)
    prices["adj_close"] = np.where(np.arange(400) // 7 % 2, 0.02, 0.01)
    assert not told(prices)


def test_a_price_that_came_back():
    prices = scaled(scaled(walk(), 100, 50, 53), 3, 120, 121)
    message = told(prices)
    assert "and back 2015-03-17 (-99" in message
    assert "3 steps" not in message
    assert message.count("and back") == 2
    assert message.endswith("like a wrong value")


def test_a_step_over_missing_bars_counts_and_one_over_a_hole_does_not():
    prices = scaled(walk(), 0.5, 200)
    prices.loc[195:199, "adj_close"] = np.nan
    assert "2:1 split" in told(prices)
    assert not told(prices, broken=[200])


def listed(*days, ticker="A", kind="split"):
    when = pd.to_datetime(list(days)).astype("datetime64[us]")
    return pd.DataFrame({"timestamp": when, "ticker": ticker, "kind": kind, "value": 2.0})


def test_amid_listed_events_a_step_on_a_day_without_one_is_a_note():
    prices = walk()
    own = prices["adj_close"][200] / prices["adj_close"][199]
    prices = scaled(prices, 0.481 / own, 200)  # AAPL on 2000-09-29
    day = str(prices["timestamp"][200].date())
    assert "2:1 split" in told(prices)
    real = steps.check(prices, listed("2015-03-03", "2016-11-01"), prices["adj_close"].isna())
    assert [(finding.severity, finding.count) for finding in real] == [("note", 1)]
    for outside in (["2013-03-01", "2014-03-03"], ["2016-11-01", "2017-11-01"]):
        assert "2:1 split that older" in told(prices, listed(*outside))
    assert "is listed but that older prices do not show" in told(prices, listed("2015-03-03", day))
    assert "2:1 split" in told(prices, listed("2015-03-03", ticker="B"))
    assert "2:1 split" in told(prices, listed("2015-03-03", kind="dividend"))
    assert "7:1 split" in told(scaled(walk(), 1 / 7, 200), listed("2015-03-03"))


def test_what_cannot_be_split_was_not():
    prices = scaled(walk(0.004), 10, 200)
    (finding,) = steps.check(prices, None, pd.Series(False, prices.index), can_split=False)
    assert finding.message.endswith("like a wrong value")
    assert "split" not in f"{finding.message} {finding.cure}"


def test_tickers_are_judged_apart_and_many_are_counted():
    bars = [scaled(walk(ticker=f"T{n}", seed=n), 0.5, 200) for n in range(9)]
    prices = pd.concat(bars, ignore_index=True)
    (finding,) = steps.check(prices, None, pd.Series(False, prices.index))
    assert "T4 " in finding.message
    assert finding.message.endswith("and 4 more")
    assert [row["ticker"] for row in finding.rows] == [f"T{n}" for n in range(9)]


def test_a_price_below_zero_is_named_and_its_bar_is_left_out():
    prices = walk()
    prices.loc[5, "adj_close"] = -36.98
    (finding,) = steps.check(prices, None, pd.Series(False, prices.index))
    assert (finding.severity, finding.count) == ("warning", 1)
    assert "not above 0: 1 value: " in finding.message
    assert "(-36.98)" in finding.message
    assert "left out" in finding.message


# --- Missing prices


def found(prices, limit=0.02, longest=14, **limits):
    fields = RULES.fields | {
        name: RULES.fields[name].model_copy(update={"max_null_rate": rate})
        for name, rate in ({"adj_close": limit} | limits).items()
    }
    rules = RULES.model_copy(update={"fields": fields})
    counted = completeness.fillable(prices, longest)
    return list(completeness.check(prices, rules, longest, counted))


def many(count=9):
    bars = [walk(ticker=f"T{n}", seed=n) for n in range(count)]
    return pd.concat(bars, ignore_index=True)


def test_each_ticker_must_keep_the_rate():
    prices = many()
    prices.loc[range(410, 430, 2), "adj_close"] = np.nan
    (finding,) = found(prices)
    assert finding.severity == "error"
    assert (
        finding.message == "values missing: T1 10 of 400 (2.5%); the limit for each ticker is 2.0%"
    )
    assert finding.rows[0]["row"] == 411
    assert not found(prices, limit=0.025)


def test_a_hole_is_a_warning_and_counts_in_no_rate():
    prices = many()
    prices.loc[500:599, "adj_close"] = np.nan
    (finding,) = found(prices)
    assert (finding.check, finding.severity, finding.count) == ("hole", "warning", 1)
    assert "1 hole without prices: T1 between 2015-05-20 and 2015-10-08" in finding.message
    assert "(100 of 400 values)" in finding.message
    (without,) = found(prices.drop(index=range(500, 600)).reset_index(drop=True))
    assert "(no rows)" in without.message
    assert len(found(prices, longest=400)) == 1, "then they would be filled"


def test_many_tickers_are_named_in_part_and_listed_in_full():
    prices = many()
    prices.loc[prices.index % 30 == 7, "adj_close"] = np.nan
    (finding,) = found(prices)
    assert "T2" in finding.message
    assert " and 6 more; " in finding.message
    assert [row["ticker"] for row in finding.rows] == [f"T{n}" for n in range(9)]


def test_a_ticker_that_never_has_a_price_and_one_that_comes_late():
    prices = many(3)
    prices.loc[prices["ticker"] == "T1", "adj_close"] = np.nan
    prices.loc[800:900, "adj_close"] = np.nan
    late, never = found(prices)
    assert (late.severity, late.count) == ("note", 101)
    assert "T2 in its first 101 of 400 rows" in late.message
    assert "T1 400 of 400 (100.0%)" in never.message
    assert "T2" not in never.message


def test_other_columns_warn_of_a_ticker_that_the_whole_table_hides():
    prices = many().assign(volume=1.0)
    prices.loc[800:849, "volume"] = np.nan
    (finding,) = found(prices)
    assert (finding.severity, finding.column) == ("warning", "volume")
    assert "T2 50 of 400 (12.5%)" in finding.message


def test_rows_that_one_ticker_lacks_are_counted_beside_the_others():
    days = pd.bdate_range("2020-01-01", periods=101)
    table = pd.concat(
        [
            pd.DataFrame({"timestamp": days[:: 2 if ticker == "C" else 1], "ticker": ticker})
            for ticker in "ABCD"
        ],
        ignore_index=True,
    ).assign(adj_close=100.0)
    (finding,) = completeness.check(table, RULES, 14, completeness.fillable(table, 14))
    assert (finding.check, finding.severity, finding.count) == ("absent", "note", 50)
    assert "C 50 of 101 (49.5%)" in finding.message
    assert finding.rows[0]["row"] == 203
