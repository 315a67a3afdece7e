"""Features by hand, their causality, and the contract."""

import re
from dataclasses import replace
from pathlib import Path

from tidemark.causality import Bars, Subject, require_causal
from tidemark.errors import BadValue, InputError
from tidemark.features import bar_features, causal, contract
from tidemark.features.settings import FeatureEngineering

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[3]
RECIPE = FeatureEngineering(
    horizon=1, lags=[0, 2], windows=[2, 3], economic=["rate"], term_spread=["long", "rate"]
)


def build(bars, recipe):
    return bar_features.complete(bar_features.compute(bars, recipe), recipe)


def bars_of(prices: dict[str, list[float]], imputed: dict[str, set[int]] | None = None):
    """A processed frame with one ticker for each list of prices, all from 2010-01-01."""
    frames = []
    for ticker, values in prices.items():
        n = len(values)
        close = pd.Series(values, dtype="float64")
        frame = pd.DataFrame(
            {
                "timestamp": pd.date_range("2010-01-01", periods=n).astype("datetime64[us]"),
                "ticker": ticker,
                "adj_close": close,
                "imputed": [k in (imputed or {}).get(ticker, ()) for k in range(n)],
                "return_treated": close.pct_change(),
                "rate": np.linspace(0.01, 0.02, n),
                "long": 0.05,
            }
        )
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def test_values_by_hand():
    frame = build(bars_of({"A": [100, 110, 99, 108.9, 130.68]}), RECIPE)
    row = frame.iloc[0]  # the fourth bar: the first with a volatility over three returns
    assert row["timestamp"] == pd.Timestamp("2010-01-04")
    assert row["return_lag_0"] == pytest.approx(0.1)
    assert row["return_lag_2"] == pytest.approx(0.1)
    assert row["mean_gap_2"] == pytest.approx(1.089 / ((0.99 + 1.089) / 2) - 1)
    assert row["volatility_2"] == pytest.approx(np.std([-0.1, 0.1], ddof=1))
    assert row["momentum_3"] == pytest.approx(0.089)
    assert row["volatility_3"] == pytest.approx(np.std([0.1, -0.1, 0.1], ddof=1))
    assert row["rate"] == pytest.approx(0.0175)
    assert row["term_spread"] == pytest.approx(0.0325)
    assert row["target"] == pytest.approx(0.2)
    assert row["target_time"] == pd.Timestamp("2010-01-05")


def test_columns_are_the_formulas_in_order():
    frame = build(bars_of({"A": [1, 2, 3, 4, 5]}), RECIPE)
    names = ["timestamp", "ticker", *RECIPE.formulas(), "target", "target_time"]
    assert list(frame.columns) == names
    assert RECIPE.formulas()["mean_gap_3"] == "index[t] / mean(index[t-2..t]) - 1"
    assert "term_spread" not in replace(RECIPE, term_spread=None).formulas()


def test_tickers_do_not_touch_each_other():
    together = build(bars_of({"A": [1, 2, 3, 5, 4, 6], "B": [9, 8, 7, 5, 6]}), RECIPE)
    alone = build(bars_of({"B": [9, 8, 7, 5, 6]}), RECIPE)
    of_b = together[together["ticker"] == "B"].reset_index(drop=True)
    pd.testing.assert_frame_equal(of_b, alone, check_exact=True)


def test_warm_up_goes_and_unknown_targets_stay():
    frame = build(bars_of({"A": [1, 2, 3, 5, 4, 6]}), RECIPE)
    assert len(frame) == 3
    assert frame["target"].isna().tolist() == [False, False, True]
    assert frame["target_time"].isna().tolist() == [False, False, True]


def test_no_target_from_or_to_an_imputed_price():
    frame = build(bars_of({"A": [1, 2, 3, 5, 4, 6, 7]}, {"A": {4}}), RECIPE)
    assert frame["target"].isna().tolist() == [True, True, False, True]


@pytest.mark.parametrize(
    "recipe",
    [
        replace(RECIPE, horizon=horizon, lags=lags, windows=windows)
        for horizon, lags, windows in (
            (1, [0, 2], [2, 3]),
            (2, [], [3]),
            (3, [1], []),
            (1, [0], []),
        )
    ],
)
def test_nothing_reaches_across_a_break(recipe):
    """Bars before and after a break are like those of two tickers."""
    both = bars_of({"A": [1, 2, 3, 5, 4, 6, 30, 33, 31, 36, 30, 35]})
    both.loc[6, "return_treated"] = np.nan
    apart = both.assign(ticker=["A"] * 6 + ["B"] * 6)
    one, two = (build(bars, recipe).drop(columns="ticker") for bars in (both, apart))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_rows_are_lost_to_a_feature_for_a_cause():
    bars = bars_of({"A": [1, 2, 3, 5, 4, 6, 30, 33, 31, 36, 30, 35]})
    bars.loc[6, "return_treated"] = np.nan
    bars.loc[[0, 4, 5], "rate"] = np.nan
    lost = bar_features.losses(bars, bar_features.compute(bars, RECIPE), RECIPE)
    assert lost.attrs["rows"] == {"warm-up": 3, "break": 3, "missing economic value": 2}
    rows = {(loss.feature, loss.cause): loss.rows for loss in lost.itertuples()}
    assert rows["volatility_3", "warm-up"] == rows["volatility_3", "break"] == 3
    assert rows["mean_gap_2", "break"] == 1
    assert rows["rate", "missing economic value"] == 3
    assert rows["term_spread", "missing economic value"] == 3
    assert ("rate", "break") not in rows
    whole = build(bars, RECIPE)
    assert len(whole) == len(bars) - sum(lost.attrs["rows"].values())


def test_horizon_counts_bars():
    frame = build(bars_of({"A": [1, 2, 4, 5, 10, 20]}), replace(RECIPE, horizon=2))
    assert frame["target"].iloc[0] == pytest.approx(3.0)
    assert frame["target_time"].iloc[0] == pd.Timestamp("2010-01-06")


@pytest.mark.parametrize(
    ("change", "parameter", "problem"),
    [
        ({"economic": ["gdp"]}, "economic", "gdp"),
        ({"term_spread": ["long", "gdp"]}, "term_spread", "gdp"),
        (
            {"lags": [], "windows": [], "economic": [], "term_spread": None},
            "",
            "lags, windows and economic are empty",
        ),
        ({"windows": [50]}, "windows", "no bar has all features; mean_gap_50 has 0 values"),
        ({"lags": [50]}, "lags", "no bar has all features; return_lag_50 has 0 values"),
    ],
)
def test_bad_recipes(change, parameter, problem):
    with pytest.raises(BadValue, match=problem) as caught:
        build(bars_of({"A": [1, 2, 3, 4, 5]}), replace(RECIPE, **change))
    assert caught.value.parameter == parameter


def test_economic_features_alone_are_enough():
    frame = build(bars_of({"A": [1, 2, 3]}), replace(RECIPE, lags=[], windows=[]))
    assert list(frame.columns[2:-2]) == ["rate", "term_spread"]
    assert len(frame) == 3


def test_an_infinite_value_is_named():
    with pytest.raises(InputError, match="return_treated is infinite") as caught:
        build(bars_of({"A": [1, 2, 0, 4, 5, 6, 7]}), RECIPE)
    assert caught.value.where == "data/processed, A, 2010-01-04 00:00:00"


@settings(max_examples=60, deadline=None)
@given(
    lengths=st.lists(st.integers(6, 25), min_size=1, max_size=3),
    horizon=st.integers(1, 3),
    cut=st.integers(0, 24),
    seed=st.integers(0, 2**16),
)
def test_the_future_changes_nothing_before_it(lengths, horizon, cut, seed):
    draw = np.random.default_rng(seed)
    prices = {f"T{k}": draw.uniform(1, 2, n).tolist() for k, n in enumerate(lengths)}
    before = bars_of(prices)
    after = before.copy()
    late = after["timestamp"] > after["timestamp"].min() + pd.Timedelta(days=cut)
    noise = draw.uniform(0.5, 3.0, (int(late.sum()), 4))
    after.loc[late, ["adj_close", "return_treated", "rate", "long"]] = noise
    after.loc[late, "imputed"] = True
    recipe = replace(RECIPE, horizon=horizon)
    one, two = (build(bars, recipe) for bars in (before, after))
    day = before["timestamp"].min() + pd.Timedelta(days=cut)
    names = ["timestamp", "ticker", *recipe.formulas()]
    old, new = (frame[frame["timestamp"] <= day].reset_index(drop=True) for frame in (one, two))
    pd.testing.assert_frame_equal(old[names], new[names], check_exact=True)
    known = old["target_time"] <= day
    pd.testing.assert_series_equal(old["target"][known], new["target"][known], check_exact=True)


def of_bars(bars: Bars, names: list[str]):
    """(bars, tickers) of features by name, and of tomorrow's move."""
    frame = pd.DataFrame(
        {
            "timestamp": np.tile(bars.timestamp, len(bars.ticker)),
            "ticker": np.repeat(bars.ticker, len(bars.timestamp)),
            "imputed": False,
            **{name: values.T.ravel() for name, values in (bars.prices | bars.inputs).items()},
        }
    )
    closes = frame.groupby("ticker")["adj_close"]
    frame["return_treated"] = closes.pct_change(fill_method=None)
    computed = bar_features.compute(frame, RECIPE)
    computed["next_move"] = np.sign(closes.shift(-1) - frame["adj_close"])
    return [computed[name].to_numpy().reshape(len(bars.ticker), -1).T for name in names]


def test_the_look_ahead_check_passes_features_and_finds_one_that_peeks():
    draw = np.random.default_rng(5)
    days = np.datetime64("2010-01-01", "us") + np.arange(60) * np.timedelta64(1, "D")
    economy = {"rate": draw.normal(size=(60, 2)), "long": draw.normal(size=(60, 2))}
    closes = {"adj_close": draw.uniform(1, 2, (60, 2))}
    bars = Bars(days, ("A", "B"), closes, economy, close="adj_close")

    def check(*names):
        subjects = [Subject("features", name) for name in names]
        draw = np.random.default_rng(3)
        require_causal(lambda seen: of_bars(seen, names), bars, subjects, "own ticker", draw)

    check(*RECIPE.formulas())
    with pytest.raises(InputError, match=r"it looks ahead: its next_move for [AB] at 2010-"):
        check(*RECIPE.formulas(), "next_move")


def test_the_columns_computed_are_those_of_the_contract():
    frame = build(bars_of({"A": [1, 2, 3, 4, 5]}), RECIPE)
    computed = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    assert [*computed.items()] == [*contract.columns(RECIPE).items()]


@pytest.fixture(scope="module")
def processed():
    """Bars of three tickers, of which one is listed late and one has a break."""
    draw = np.random.default_rng(8)
    closes = {name: np.exp(np.cumsum(draw.normal(0, 0.02, 300))).tolist() for name in "ABC"}
    bars = bars_of(closes).assign(open=draw.uniform(1, 2, 900), volume=1e6)
    bars.loc[450, "return_treated"] = np.nan
    return bars[(bars["ticker"] != "C") | (bars["timestamp"] > "2010-03-01")].reset_index(drop=True)


def held(bars, change, seed=1):
    features = [asked.feature for asked in RECIPE.asked().values()]

    def compute(bars, features):
        return change(bars, bar_features.values(bars, features))

    return causal.require(compute(bars, features), bars, features, compute, seed)


def test_features_pass_and_may_not_know_the_future(processed):
    tried = held(processed, lambda bars, frame: frame)
    assert tried.cuts >= 9
    assert tried.levels == []


LEAKS = {
    "centred mean": lambda returns: returns.rolling(3, center=True).mean(),
    "rank over all bars": lambda returns: returns.rank(pct=True),
    "filled back": lambda returns: returns.where(returns > 0.03).bfill(),
    "standardised with all bars": lambda returns: (returns - returns.mean()) / returns.std(),
}


@pytest.mark.parametrize("leak", LEAKS)
@pytest.mark.parametrize("seed", range(3))
def test_a_feature_that_knows_the_future_is_named_with_ticker_and_bar(processed, leak, seed):
    def leaking(bars, frame):
        by_ticker = bars.groupby("ticker")["return_treated"]
        return frame.assign(volatility_3=by_ticker.transform(LEAKS[leak]))

    with pytest.raises(InputError) as refused:
        held(processed, leaking, seed)
    assert refused.value.where == "scripts/tidemark/features/families/volatility.py"
    assert re.match(
        r"it looks ahead: its volatility_3 for [ABC] at 2010-\d\d-\d\d depends on bars after",
        refused.value.problem,
    )


def test_a_feature_of_other_tickers_or_of_levels_is_told_apart(processed):
    def across(bars, frame):
        means = bars.groupby("timestamp")["return_treated"].transform("mean")
        return frame.assign(volatility_3=means)

    with pytest.raises(InputError, match=r"its volatility_3 for . at .* depends on other tickers"):
        held(processed, across)
    levels = held(processed, lambda bars, frame: frame.assign(momentum_2=bars["adj_close"]))
    assert levels.levels == ["momentum_2"]
