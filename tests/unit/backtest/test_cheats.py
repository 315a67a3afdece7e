"""A gallery of cheats: each is refused with the message of its kind.

What keeps something, or asks the clock, is tried in fresh processes as real ones are; for all else
this one stands in.
"""

import functools
import gc
import sys
import time
from contextlib import nullcontext
from dataclasses import replace

from strategy_bars import targets_apart
from tidemark.backtest import look_ahead, strategies
from tidemark.backtest.accuse import Column
from tidemark.backtest.cells import Trial
from tidemark.backtest.engine import Rules
from tidemark.backtest.look_ahead import Watch
from tidemark.causality import Bars, Futures
from tidemark.errors import InputError
from tidemark.market import grid
from tidemark.market.grid import Prices
from tidemark.market.scenarios.paths import simulated
from tidemark.market.scenarios.settings import Shock, Stochastic, Stress
from tidemark.market.scenarios.stress import stressed
from tidemark.market.scenarios.windows import full

import numpy as np
import pandas as pd
import pytest
from numpy.lib.stride_tricks import as_strided

TICKERS = ("A", "B", "C", "D")
BARS = 900
EARLY = np.datetime64("2009-02-01")  # history and what is made of it begin before that
RULES = Rules("next_open", 0.001, 0.0005, "long_short", 0.0, 252.0)
AHEAD = "it looks ahead: its target for"
UNSTEADY = "it is not repeatable: its target for"
REMEMBERS = "it remembers what an earlier call was shown, or is not repeatable now and then: its"
ACROSS = "depends on other tickers"


@pytest.fixture(scope="module")
def markets():
    draw = np.random.default_rng(7)
    days = pd.bdate_range("2009-01-05", periods=BARS).to_numpy()
    close = 100 * np.exp(np.cumsum(draw.normal(0.0003, 0.02, (BARS, len(TICKERS))), axis=0))
    opens = close * np.exp(draw.normal(0, 0.005, close.shape))
    high, low = np.maximum(opens, close) * 1.01, np.minimum(opens, close) * 0.99
    volume = draw.uniform(1e5, 1e6, close.shape)
    prices = Prices(days, TICKERS, opens, high, low, close, volume)
    stresses = {"fall": Stress(shock=Shock(-0.3, [0.5])), "costly": Stress(cost_multiplier=5.0)}
    plan = Stochastic({"stationary_bootstrap": 12, "gbm": 8}, 200, 100, 5, 400)
    rates = dict.fromkeys(TICKERS, 252.0)
    real = [replace(one, bars_a_year=rates) for one in (full(prices), *stressed(prices, stresses))]
    return [*real, *simulated(prices, plan, 1)]


def tried(targets, markets, sets=({},), inputs=None, apart=False, seed=0, **more):
    """What was tried on a strategy with these targets, on all markets."""
    names = tuple(inputs or {})
    strategy = strategies.Strategy("cheat", "trend", {}, names, targets, lambda **_: True, **more)
    with (
        targets_apart(strategy) if apart else nullcontext(strategies.here(strategy)) as fresh,
        Watch(strategy, sets, inputs or {}, fresh, seed) as watch,
    ):
        trial = Trial("cheat", strategy, sets, inputs or {}, RULES, watch=watch)
        tested = trial.markets(markets)
        sums = trial.on_history(markets[0])
        watch.shorten(tested)
        trial.rebalanced(markets[0], sums)
        for _ in trial.cells(tested):
            pass
    return watch.tried()


def honest(prices):
    """Long after a rise."""
    rise = np.zeros_like(prices.close)
    rise[1:] = prices.close[1:] > prices.close[:-1]
    return rise


def tomorrow(close):
    """1 before a rise, -1 before a fall; 0 at the end."""
    sign = np.zeros_like(close)
    sign[:-1] = np.sign(close[1:] - close[:-1])
    return sign


# --- It looks ahead ------------------------------------------------------------------------------


def since_a_day(prices):
    late = (prices.timestamp >= np.datetime64("2012-01-15"))[:, None]
    return np.where(late, tomorrow(prices.close), honest(prices))


def in_the_first_ninth(prices):
    """Where bars are too few to be shown alone."""
    early = (np.arange(len(prices.close)) < BARS // 9)[:, None]
    return np.where(early & (prices.timestamp[0] < EARLY), tomorrow(prices.close), honest(prices))


def on_paths_only(prices):
    return tomorrow(prices.close) if len(prices.close) < BARS - 100 else honest(prices)


def on_stresses_only(prices):
    """A stress has another last close than history."""
    wanted = honest(prices)
    other = np.abs(prices.close / prices.close[:1] - 1.0)[-1] > 0.0
    fell = (prices.close[1:] / prices.close[:-1]).min(axis=0) < 0.75
    return np.where(other & fell & (len(prices.close) == BARS), tomorrow(prices.close), wanted)


def on_the_five_best_days(prices):
    wanted = honest(prices)
    move = np.zeros_like(prices.close)
    move[:-1] = prices.close[1:] / prices.close[:-1] - 1.0
    for column in range(move.shape[1]):
        wanted[np.argsort(move[:, column])[-5:], column] = 1.0
    return np.where(move == 0.0, 0.0, wanted)


def before_every_fall(prices):
    """Out of the market before the worst bars, rare as they are."""
    move = np.zeros_like(prices.close)
    move[:-1] = prices.close[1:] / prices.close[:-1] - 1.0
    return np.where(move < -0.045, 0.0, 1.0)


def one_ticker(prices):
    wanted = honest(prices)
    chosen = np.array([name == "C" for name in prices.ticker])
    return np.where(chosen, tomorrow(prices.close), wanted)


def long_enough(prices):
    return tomorrow(prices.close) if len(prices.close) == BARS else honest(prices)


def falls_back(prices):
    """At the end, where there is no tomorrow, as the bar before."""
    wanted = tomorrow(prices.close)
    if len(wanted) > 1:
        wanted[-1] = wanted[-2]
    return wanted


def z_score(prices):
    close = np.log(prices.close)
    return np.clip((close - np.nanmean(close, 0)) / (3 * np.nanstd(close, 0) + 1e-12), -1, 1)


def quantile(prices):
    return (prices.close < np.nanquantile(prices.close, 0.3, axis=0)).astype(float)


def filled_back(prices):
    signal = pd.DataFrame(np.where(honest(prices) > 0, 1.0, np.nan))
    return signal.where(pd.DataFrame(prices.close).pct_change().abs() > 0.03).bfill().fillna(0)


def centred(prices):
    mean = pd.DataFrame(prices.close).rolling(3, center=True, min_periods=1).mean()
    return (prices.close < mean.to_numpy()).astype(float)


def next_open(prices):
    gap = np.zeros_like(prices.close)
    gap[:-1] = np.sign(prices.open[1:] - prices.close[:-1])
    return gap


def next_volume(prices):
    more = np.zeros_like(prices.close)
    more[:-1] = prices.volume[1:] > prices.volume[:-1]
    return more


def fitted_to_all(prices):
    """The slope of a line through all bars decides."""
    bars = np.arange(len(prices.close), dtype=float)
    slope = [np.polyfit(bars, column, 1)[0] if len(bars) > 2 else 0.0 for column in prices.close.T]
    return np.broadcast_to(np.sign(slope), prices.close.shape).copy()


def length(prices):
    """Sells before the bars end."""
    wanted = np.ones_like(prices.close)
    wanted[-20:] = 0.0
    return wanted


def by_another_thread(prices):
    import threading

    told = []
    thread = threading.Thread(target=lambda: told.append(tomorrow(prices.close)))
    thread.start()
    thread.join()
    return told[0]


PEEKS = [
    *(
        since_a_day,
        in_the_first_ninth,
        on_paths_only,
        on_stresses_only,
        on_the_five_best_days,
        before_every_fall,
    ),
    *(one_ticker, long_enough, falls_back, z_score, quantile, filled_back, centred, next_open),
    *(next_volume, fitted_to_all, length),
]


@pytest.mark.parametrize("peek", PEEKS, ids=lambda peek: peek.__name__)
def test_who_looks_ahead_is_refused(peek, markets):
    with pytest.raises(InputError, match=AHEAD):
        tried(peek, markets)


@pytest.mark.parametrize("seed", range(6))
def test_bars_that_are_too_few_to_be_shown_alone_are_cut_too(seed, markets):
    with pytest.raises(InputError, match=AHEAD):
        tried(in_the_first_ninth, markets[:1], seed=seed)


def test_what_comes_after_a_cut_tells_nothing_of_what_came():
    draw = np.random.default_rng(0)
    one, other = (draw.uniform(1.0, 2.0, (50, 2)) for _ in range(2))
    cuts = np.array([1, 30])
    for column, cut in enumerate(cuts):
        other[:cut, column] = one[:cut, column]
    days = np.datetime64("2010-01-01") + np.arange(50)
    shown = [
        Bars(days, ("A", "B"), {"close": values, "volume": values}, {"forecasts": values}).changed(
            Futures(cuts, np.array([2.0, 0.5]))
        )
        for values in (one, other)
    ]
    for name in ("close", "volume"):
        assert np.array_equal(*(bars.prices[name] for bars in shown))
    assert np.array_equal(*(bars.inputs["forecasts"] for bars in shown))
    assert shown[0].prices["close"][30, 1] == 0.5 * one[29, 1]


def test_one_set_of_many_looks_ahead(markets):
    def wanted(prices, way):
        return tomorrow(prices.close) if way == 6 else honest(prices)

    with pytest.raises(InputError, match=AHEAD) as refused:
        tried(wanted, markets, [{"way": way} for way in range(8)])
    assert refused.value.where.endswith("cheat.py with way=6")


def test_a_forecast_of_tomorrow_is_read(markets):
    forecasts = np.random.default_rng(1).normal(size=(BARS, len(TICKERS)))

    def wanted(prices, forecasts):
        later = np.zeros_like(forecasts)
        later[:-1] = np.sign(forecasts[1:])
        return np.nan_to_num(later)

    with pytest.raises(InputError, match=AHEAD):
        tried(wanted, markets, inputs={"forecasts": forecasts})
    tried(lambda prices, forecasts: np.sign(forecasts), markets, inputs={"forecasts": forecasts})


# --- It remembers --------------------------------------------------------------------------------

seen = {}


def longest_bars(prices):
    """Looks up tomorrow in the longest bars that it was ever shown."""
    for ticker, column in zip(prices.ticker, prices.close.T, strict=True):
        if len(column) > len(seen.get(ticker, ())):
            seen[ticker] = column.copy()
    wanted = np.zeros_like(prices.close)
    for number, (ticker, column) in enumerate(zip(prices.ticker, prices.close.T, strict=True)):
        known = seen[ticker]
        if len(known) >= len(column) and np.array_equal(known[: len(column)], column):
            wanted[:, number] = tomorrow(known[:, None])[: len(column), 0]
    return wanted


def first_bars(prices, kept=[]):  # noqa: B006 - that is the cheat
    """Trades in as few bars as it was first shown, kept in a default."""
    kept.append(len(prices.close))
    wanted = honest(prices)
    wanted[kept[0] // 2 :] = 0.0
    return wanted


def attribute(prices):
    """Counts its calls in an attribute of a function."""
    attribute.calls = getattr(attribute, "calls", 0) + 1
    return honest(prices) * (1.0 if attribute.calls < 4 else -1.0)


@functools.cache
def kept_mean(ticker):
    return []


def cached(prices):
    wanted = np.empty_like(prices.close)
    for number, column in enumerate(prices.close.T):
        kept = kept_mean(prices.ticker[number])
        kept.append(np.nanmean(column))
        wanted[:, number] = column > kept[0]
    return wanted


def changes_numpy(prices):
    np.remembered = getattr(np, "remembered", None)
    if np.remembered is None:
        np.remembered = len(prices.close)
    return honest(prices) * (np.remembered == len(prices.close))


@pytest.mark.parametrize(
    "cheat", [first_bars, attribute, cached, changes_numpy], ids=lambda one: one.__name__
)
def test_who_keeps_something_between_calls_is_refused(cheat, markets):
    with pytest.raises(InputError, match=f"{REMEMBERS}|{AHEAD}"):
        tried(cheat, markets, apart=True)


known = {}


def returns_seen_anywhere(prices):
    """Knows tomorrow in the last half, from returns that it was ever shown; mends large jumps."""
    wanted = honest(prices)
    for number, (ticker, column) in enumerate(zip(prices.ticker, prices.close.T, strict=True)):
        move = column[1:] / column[:-1]
        for jump in (4.0, 2.0, 0.5, 0.25):
            move = np.where(np.abs(move / jump - 1.0) < 0.15, move / jump, move)
        if len(column) < BARS or prices.timestamp[0] > EARLY:
            move = known.get(ticker, move)[: len(move) + 1]
        elif np.isfinite(move).all():
            known.setdefault(ticker, move)
        late = slice(BARS // 2, len(move))
        wanted[late, number] = np.sign(move[late] - 1.0)
    return wanted


def test_returns_after_a_jump_tell_nothing(markets):
    with pytest.raises(InputError, match=f"{REMEMBERS}|{AHEAD}"):
        tried(returns_seen_anywhere, markets, apart=True)


def test_who_draws_for_all_tickers_at_once_is_told_how_to_draw(markets):
    def drawn(prices):
        return np.random.default_rng(1).choice([0.0, 1.0], prices.close.shape)

    with pytest.raises(InputError, match=ACROSS) as told:
        tried(drawn, markets)
    assert "random numbers for each ticker alone" in told.value.cure


def test_what_fails_on_fewer_bars_is_told_with_them(markets):
    def wanted(prices):
        if len(prices.close) not in (BARS, 300):
            raise IndexError("none there")
        return honest(prices)

    with pytest.raises(InputError, match=r"on \d+ bars to 20\S+, it raises IndexError: none there"):
        tried(wanted, markets)


@pytest.mark.parametrize(("market", "told"), [("fall", ", in fall"), ("full", "")])
def test_a_target_out_of_range_is_told_with_its_market(markets, market, told):
    def wanted(prices):
        return np.where(np.arange(len(TICKERS)) == 2, 1.5, honest(prices))

    strategy = strategies.Strategy("cheat", "trend", {}, (), wanted, lambda **_: True)
    columns = [*(Column(name) for name in TICKERS[:2]), *(Column(n, market) for n in TICKERS[2:])]
    answers = strategies.targets_of(strategy, markets[0].prices, [{}])
    with pytest.raises(InputError, match=rf"for C at 2009-01-05 is 1\.5{told}\. Cure"):
        list(look_ahead._in_markets(answers, columns))


def test_complete_bars_that_were_seen_first_do_not_help(markets):
    with pytest.raises(InputError, match=f"{REMEMBERS}|{AHEAD}"):
        tried(longest_bars, markets, apart=True)


def test_objects_of_other_calls_are_not_found(markets):
    def collected(prices):
        arrays = [one for one in gc.get_objects() if isinstance(one, Prices)]
        longest = max(arrays, key=lambda one: len(one.close), default=prices)
        return tomorrow(longest.close)[: len(prices.close)][:, : prices.close.shape[1]]

    with pytest.raises(InputError):
        tried(collected, markets, apart=True)


# --- It is not repeatable ------------------------------------------------------------------------


def by_chance(prices):
    return np.random.default_rng().choice([0.0, 1.0], prices.close.shape)


def by_old_chance(prices):
    return np.random.random(prices.close.shape).round()  # noqa: NPY002


def by_the_clock(prices):
    now = time.perf_counter_ns() + np.arange(len(prices.close)) ** 2
    return honest(prices) * (now // 7 % 2)[:, None]


@pytest.mark.parametrize(
    "cheat", [by_chance, by_old_chance, by_the_clock], ids=lambda one: one.__name__
)
def test_who_is_not_repeatable_is_told_so(cheat, markets):
    with pytest.raises(InputError, match=UNSTEADY):
        tried(cheat, markets, apart=True)


def test_chance_with_a_fixed_seed_is_repeatable(markets):
    def seeded(prices):
        draw = np.random.default_rng(1).random(len(prices.close))
        return honest(prices) * (draw < 0.5)[:, None]

    tried(seeded, markets, apart=True)


# --- It looks across tickers ---------------------------------------------------------------------


def strongest(prices):
    return (prices.close == np.nanmax(prices.close, axis=1, keepdims=True)).astype(float)


def equal_parts(prices):
    return np.full_like(prices.close, 1.0 / prices.close.shape[1])


def order(prices):
    return np.broadcast_to(np.arange(prices.close.shape[1]) == 0, prices.close.shape).astype(float)


@pytest.mark.parametrize("across", [strongest, equal_parts, order], ids=lambda one: one.__name__)
def test_who_looks_across_tickers_is_refused_unless_it_says_so(across, markets):
    with pytest.raises(InputError, match=ACROSS):
        tried(across, markets)


@pytest.mark.parametrize("across", [strongest, equal_parts, order], ids=lambda one: one.__name__)
def test_who_looks_across_tickers_is_refused_where_some_are_traded_at_a_time(
    across, markets, monkeypatch
):
    monkeypatch.setattr(grid, "TOGETHER", 3 * BARS)
    with pytest.raises(InputError, match=ACROSS):
        tried(across, markets)


def test_who_looks_at_nothing_else_may_be_traded_some_tickers_at_a_time(markets, monkeypatch):
    whole = tried(honest, markets)
    monkeypatch.setattr(grid, "TOGETHER", BARS)
    parts = tried(honest, markets)
    assert (parts.sets, parts.sets_shortened) == (whole.sets, whole.sets_shortened)
    assert parts.cuts_of_history > 20

    def ahead(prices):
        return np.roll(honest(prices), -1, axis=0)

    with pytest.raises(InputError, match=AHEAD):
        tried(ahead, markets)


def test_who_says_that_it_compares_tickers_may(markets):
    tried(strongest, markets, cross_sectional=True)

    def ahead(prices):
        return np.roll(strongest(prices), -1, axis=0)

    with pytest.raises(InputError, match=AHEAD):
        tried(ahead, markets, cross_sectional=True)


# --- Levels --------------------------------------------------------------------------------------


def test_who_uses_price_levels_is_told_so_and_not_refused(markets):
    told = tried(lambda prices: (prices.close > 100.0).astype(float), markets)
    assert told.sets_of_levels == 1
    assert tried(honest, markets).sets_of_levels == 0


def test_how_often_it_was_cut_is_counted(markets):
    told = tried(honest, markets)
    assert told.sets == told.sets_shortened == 1
    assert told.cuts > told.cuts_of_history > 20
    record = told.record()
    assert 0.0 < record["share"] < record["share_of_history"] < 0.2
    missed = (1.0 - record["share"]) ** told.cuts
    assert missed == pytest.approx(0.01)


def writes(prices):
    base = prices.close
    while base.base is not None and isinstance(base.base, np.ndarray):
        base = base.base
    base.setflags(write=True)
    base[...] = np.sort(base)
    return honest(prices)


def strides(prices):
    close = as_strided(prices.close, writeable=True)
    close[...] = 1.0
    return honest(prices)


@pytest.mark.parametrize("cheat", [writes, strides], ids=lambda one: one.__name__)
def test_who_writes_into_bars_is_refused(cheat, markets):
    with pytest.raises((InputError, ValueError)):
        tried(cheat, markets, apart=True)


def test_frames_of_the_caller_hold_no_future(markets):
    def above(prices):
        frame, found = sys._getframe(1), prices
        while frame:
            for value in frame.f_locals.values():
                if isinstance(value, Prices) and len(value.close) > len(found.close):
                    found = value
            frame = frame.f_back
        return tomorrow(found.close)[: len(prices.close)]

    with pytest.raises(InputError, match=AHEAD):
        tried(above, markets, apart=True)
