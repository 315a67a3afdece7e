"""Windows by hand, stresses to the bit and the stated figure, paths against arch and theory."""

import io
import re
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from stored_markets import stored
from tidemark.config.sections import filled
from tidemark.errors import BadValue, InputError
from tidemark.files import store
from tidemark.market import grid, scenarios
from tidemark.market.bars_a_year import of_prices
from tidemark.market.grid import Prices, forecasts_on, from_tidy, side_by_side
from tidemark.market.scenarios import configured, files
from tidemark.market.scenarios.paths import DRAWS, Pool
from tidemark.market.scenarios.settings import MarketScenarios, Shock, Stochastic, Stress, Window
from tidemark.ohlcv import OHLCV

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from arch.bootstrap import StationaryBootstrap
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

ROOT = Path(__file__).parents[3]
BARS = ("open", "high", "low", "close")
PLAN = Stochastic(
    paths={"stationary_bootstrap": 3, "moving_block_bootstrap": 2, "gbm": 2},
    horizon=40,
    warm_up=15,
    block_length=6,
    min_history=50,
)


def prices_of(close, start="2020-01-06", freq="B", **fields):
    """Bars with the given closes; open, high and low equal the close unless given."""
    close = np.asarray(close, dtype=np.float64).reshape(len(close), -1)
    names = tuple("ABCDEFGH"[: close.shape[1]])
    times = pd.date_range(start, periods=len(close), freq=freq).to_numpy("datetime64[us]")
    bars = [np.asarray(fields.get(name, close), dtype=np.float64) for name in BARS]
    return Prices(times, names, *bars, np.full_like(close, 1000.0))


def rates_of(prices):
    return of_prices(prices, None, None, daily=True)


def stressed(prices, stress):
    return scenarios.stress.transform(prices, stress, "stress.it")


def random_prices(bars=200, tickers=3, seed=1, listed=(), delisted=(), scale=0.02):
    """Random walks with consistent bars; some tickers start at a row, or end before one."""
    draw = np.random.default_rng(seed)
    common = draw.normal(0, 0.5 * scale, (bars, 1))
    close = 50 * np.exp(np.cumsum(common + draw.normal(2e-4, scale, (bars, tickers)), axis=0))
    opened = close * np.exp(draw.normal(0, 0.5 * scale, close.shape))
    high = np.maximum(opened, close) * np.exp(draw.exponential(0.3 * scale, close.shape))
    low = np.minimum(opened, close) / np.exp(draw.exponential(0.3 * scale, close.shape))
    fields = [opened, high, low, close, draw.integers(1, 9, close.shape) * 1000.0]
    for column, row in enumerate(listed):
        for values in fields:
            values[:row, column] = np.nan
    for column, row in enumerate(delisted):
        for values in fields:
            values[row:, column] = np.nan
    return replace(prices_of(close), open=fields[0], high=high, low=low, volume=fields[4])


def log_returns(prices):
    return np.diff(np.log(prices.close), axis=0)


def assert_consistent(prices):
    known = np.isfinite(prices.close)
    top = np.maximum(prices.open, prices.close)[known]
    bottom = np.minimum(prices.open, prices.close)[known]
    assert (prices.high[known] >= top).all()
    assert (prices.low[known] <= bottom).all()
    assert (prices.low[known] > 0).all()


def assert_same(one, two):
    assert one.ticker == two.ticker
    for field in ("timestamp", *OHLCV):
        assert getattr(one, field).tobytes() == getattr(two, field).tobytes(), field


@pytest.fixture(scope="module")
def sample():
    raw = pd.read_csv(ROOT / "data/sample/prices.csv", parse_dates=["Date"])
    raw.columns = [name.lower().replace(" ", "_") for name in raw.columns]
    return from_tidy(raw.rename(columns={"date": "timestamp"}))


@pytest.fixture(scope="module")
def shipped():
    """What config.yaml asks for."""
    text = (ROOT / "config.yaml").read_text("utf-8")
    return filled(MarketScenarios, yaml.safe_load(text)["market_scenarios"])


# --- Historical windows


def test_full_history_says_what_is_missing():
    prices = random_prices(bars=100, listed=(0, 25, 0))
    record = scenarios.windows.full(prices).record()
    assert record["bars"] == 100
    assert record["covered"] == {"A": 1.0, "B": 0.75, "C": 1.0}
    assert record["note"] == "not wholly covered: B 75 %"
    assert record["partly"] == "B 75 %"
    assert not record["simulated"]
    late = random_prices(bars=100, tickers=7, listed=(10, 20, 25, 30, 50, 60, 70))
    told = "A 90 %, B 80 %, C 75 %, D 70 %, E 50 % and 2 more"
    assert scenarios.windows.full(late).record()["partly"] == told


def test_a_window_includes_its_first_and_last_day():
    prices = prices_of(np.arange(1.0, 11))  # Monday 2020-01-06 to Friday 2020-01-17
    window = {"week": Window("2020-01-08", "2020-01-14", "test")}
    (found,) = scenarios.windows.historical(prices, window)
    assert found.counted == slice(2, 7)
    assert found.prices is prices
    record = found.record()
    assert (record["first"], record["last"]) == ("2020-01-08T00:00:00", "2020-01-14T00:00:00")
    assert (record["bars"], record["covered"], record["note"]) == (5, {"A": 1.0}, "")


def test_a_window_of_intraday_bars_includes_the_whole_last_day():
    prices = prices_of(np.arange(1.0, 25), start="2020-01-06", freq="4h")
    (found,) = scenarios.windows.historical(
        prices, {"day": Window("2020-01-07", "2020-01-08", "test")}
    )
    assert found.counted == slice(6, 18)


def test_covered_shares_by_hand():
    """A window of 10 days whose last 4 have data; B has 1 of the 4 bars in it."""
    close = np.full((5, 2), 10.0)
    close[:3, 1] = np.nan
    prices = prices_of(close, freq="D")  # 2020-01-06 to 10
    window = {"new_year": Window("2019-12-31", "2020-01-09", "test")}
    (found,) = scenarios.windows.historical(prices, window)
    assert found.counted == slice(0, 4)
    assert found.covered == {"A": pytest.approx(0.4), "B": pytest.approx(0.1)}
    assert found.note == "not wholly covered: A 40 %, B 10 %"
    assert found.record()["covered_share"] == pytest.approx(0.25)
    (past,) = scenarios.windows.historical(
        prices, {"end": Window("2020-01-09", "2020-01-12", "test")}
    )
    assert past.covered["A"] == pytest.approx(0.5)  # two days of four


@pytest.mark.parametrize("freq", ["MS", "ME", "BME", "W-FRI", "D"])
def test_a_year_of_longer_bars_is_covered_wherever_in_its_bar_a_date_lies(freq):
    prices = prices_of(np.arange(1.0, 2000), start="2018-06-01", freq=freq)
    year, longer = (
        Window("2019-01-01", "2019-12-31", "test"),
        Window("2018-07-01", "2020-03-31", ""),
    )
    held = prices.timestamp[prices.timestamp < np.datetime64("2020-01-01")]
    cut = prices_of(np.arange(1.0, len(held) + 1), start="2018-06-01", freq=freq)
    found, beyond = scenarios.windows.historical(cut, {"year": year, "longer": longer})
    assert found.covered == {"A": 1.0}
    assert beyond.covered["A"] < 0.9
    late = prices_of(np.arange(1.0, 401), start="2019-01-01", freq=freq)
    (found,) = scenarios.windows.historical(late, {"year": year})
    assert found.covered == {"A": 1.0}


@pytest.mark.parametrize(
    ("start", "end"), [("2019-01-01", "2019-12-31"), ("2021-01-01", "2022-01-01")]
)
def test_a_window_without_data_is_reported(start, end):
    prices = random_prices(bars=30, tickers=2)
    (found,) = scenarios.windows.historical(prices, {"gone": Window(start, end, "test")})
    record = found.record()
    assert record["bars"] == 0
    assert (record["first"], record["last"]) == (None, None)
    assert record["covered"] == {"A": 0.0, "B": 0.0}
    assert record["note"] == "no data: they span 2020-01-06 to 2020-02-14"
    assert record["partly"] == ""
    assert len(prices.timestamp[found.counted]) == 0


def test_a_window_that_ends_before_it_starts():
    window = {"odd": Window("2020-02-01", "2020-01-31", "test")}
    with pytest.raises(BadValue, match="ends on 2020-01-31, before") as caught:
        scenarios.windows.historical(prices_of([1.0, 2.0]), window)
    assert caught.value.parameter == "historical.odd"


@pytest.mark.parametrize(
    ("start", "end", "is_one"),
    [
        ("2020-01-01", "2020-12-31", True),
        ("2020-01-01", "2021-12-31", False),
        ("2020-01-02", "2020-12-31", False),
        ("2020-01-01", "2020-12-30", False),
    ],
)
def test_a_calendar_year_is_one_by_its_days(start, end, is_one):
    assert scenarios.windows.is_calendar_year(Window(start, end, "test")) == is_one


def test_overlap_groups_by_hand():
    def window(first, last):
        return Window(f"2020-01-{first:02}", f"2020-01-{last:02}", "test")

    groups = scenarios.windows.overlap_groups(
        {
            "long": window(1, 20),
            "within": window(5, 6),
            "half_in": window(19, 22),  # 2 of 4 days
            "through_another": window(21, 22),  # not in `long`, but in `half_in`
            "less_than_half": window(20, 31),  # 1 of 12 with `long`, all of `through_another`
            "apart": Window("2020-03-01", "2020-03-02", "test"),
        }
    )
    assert groups["long"] == "long"
    assert {name for name, group in groups.items() if group == "long"} == set(groups) - {"apart"}
    assert groups["apart"] == "apart"
    less = scenarios.windows.overlap_groups({"one": window(1, 10), "two": window(7, 16)})
    assert less == {"one": "one", "two": "two"}
    half = scenarios.windows.overlap_groups({"one": window(1, 10), "two": window(6, 16)})
    assert half == {"one": "two", "two": "two"}
    assert scenarios.windows.overlap_groups({}) == {}


def test_calendar_years():
    prices = prices_of(np.ones(60), start="2019-12-30")
    years = scenarios.windows.calendar_years(prices)
    assert list(years) == ["year_2019", "year_2020"]
    found = scenarios.windows.historical(prices, years)
    assert [scenario.counted for scenario in found] == [slice(0, 2), slice(2, 60)]


def test_a_window_named_from_a_close_begins_after_it(shipped):
    named = r"(?:close of |last high \()(\d{4}-\d\d-\d\d)"
    found = {
        name: (np.datetime64(day[1]), np.datetime64(window.start))
        for name, window in shipped.historical.items()
        if (day := re.search(named, window.source))
    }
    assert found.keys() >= {"dot_com_crash", "covid_crash", "debt_ceiling_2011", "recovery_2009"}
    assert all(close + 1 == start for close, start in found.values()), found


def test_sessions_of_the_sample(sample):
    """The New York Stock Exchange had 248 sessions in 2001, when it closed for four days."""
    found = {
        s.name: s
        for s in scenarios.windows.historical(sample, scenarios.windows.calendar_years(sample))
    }
    assert found["year_2001"].record()["bars"] == 248
    assert found["year_2004"].covered["GOOG"] == pytest.approx(94 / 252)
    assert found["year_2000"].covered["IBM"] == pytest.approx(306 / 366)


# --- Stress


def test_what_is_neutral_changes_no_bit(sample):
    shock = Shock(0.0, [0.1, 0.5], fall=3, recovery=7)
    neutral = Stress(cost_multiplier=3.0, volatility_multiplier=1.0, shock=shock)
    for prices in (sample, random_prices(listed=(0, 40, 0), delisted=(150, 200, 200))):
        assert_same(stressed(prices, neutral), prices)
        assert_same(stressed(prices, Stress()), prices)


def test_a_shock_by_hand():
    """A fifth is lost in the sixth bar and comes back in the two bars after it."""
    prices = prices_of(np.full(10, 100.0))
    found = stressed(prices, Stress(shock=Shock(-0.2, [0.5], recovery=2)))
    half = 80 * np.sqrt(1.25)
    close = [100, 100, 100, 100, 100, 80, half, 100, 100, 100]
    assert found.close[:, 0] == pytest.approx(close)
    assert found.open[:, 0] == pytest.approx([100, *close[:-1]])
    assert found.high[:, 0] == pytest.approx([100] * 6 + [half, 100, 100, 100])
    assert found.low[:, 0] == pytest.approx([100] * 5 + [80, 80, half, 100, 100])
    assert found.volume is prices.volume


def test_a_crisis_is_a_loss(sample, shipped):
    """What fell by 56.8 % ends there, and no ticker that fell has a better Sharpe ratio for it."""

    def sharpe(prices):
        change = np.diff(prices.close, axis=0) / prices.close[:-1]
        return np.nanmean(change, axis=0) / np.nanstd(change, axis=0)

    fell = np.array(sample.ticker) != "FB"  # listed after it
    found = stressed(sample, shipped.stress["crisis"])
    left = found.close[-1] / sample.close[-1]
    first = np.isfinite(sample.close).argmax(axis=0), range(len(fell))
    left /= found.close[first] / sample.close[first]
    assert left == pytest.approx(np.where(fell, 0.432, 1.0))
    assert (sharpe(found) < sharpe(sample))[fell].all()
    turmoil = replace(shipped.stress["crisis"], shock=None)
    assert stressed(sample, turmoil).close[-1] == pytest.approx(sample.close[-1])
    assert replace(turmoil, source=None) == shipped.stress["turmoil"]


def test_shocks_add_up_and_may_last():
    prices = prices_of(np.full(8, 100.0))
    found = stressed(prices, Stress(shock=Shock(-0.5, [0.25, 0.5], fall=2)))
    root = 100 * np.sqrt(0.5)
    assert found.close[:, 0] == pytest.approx([100, 100, root, 50, root / 2, 25, 25, 25])


def test_volatility_is_multiplied_about_the_mean():
    prices = random_prices(listed=(0, 60, 0), delisted=(170, 200, 200))
    found = stressed(prices, Stress(volatility_multiplier=1.7))
    before, after = log_returns(prices), log_returns(found)
    np.testing.assert_array_equal(np.isnan(after), np.isnan(before))
    assert np.nanstd(after, axis=0) == pytest.approx(1.7 * np.nanstd(before, axis=0), rel=1e-12)
    assert np.nanmean(after, axis=0) == pytest.approx(np.nanmean(before, axis=0), abs=1e-14)
    assert found.close[169, 0] == pytest.approx(prices.close[169, 0], rel=1e-12)
    assert found.close[-1, 1:] == pytest.approx(prices.close[-1, 1:], rel=1e-12)
    gap = np.log(found.high / found.close)
    assert gap == pytest.approx(1.7 * np.log(prices.high / prices.close), abs=1e-13, nan_ok=True)


def test_a_crash_by_half_stays_above_zero(sample):
    """AAPL lost 52 % on 2000-09-29; twice that as a simple return would be more than all."""
    found = stressed(sample, Stress(volatility_multiplier=2.0))
    worst = np.nanmin(found.close[1:] / found.close[:-1] - 1)
    assert -0.78 < worst < -0.76
    assert_consistent(found)


@pytest.mark.parametrize("target", [0.5, 0.9, 1.0])
def test_correlation_is_the_one_stated(sample, target):
    for prices in (sample, random_prices(tickers=4, listed=(0, 80, 0, 20), delisted=(120,))):
        found = stressed(prices, Stress(correlation=target))
        before, after = log_returns(prices), log_returns(found)
        pairs = pd.DataFrame(after).corr().to_numpy()[np.triu_indices(after.shape[1], 1)]
        assert pairs.mean() == pytest.approx(target, abs=1e-9)
        assert np.nanstd(after, axis=0) == pytest.approx(np.nanstd(before, axis=0), rel=1e-9)
        assert np.nanmean(after, axis=0) == pytest.approx(np.nanmean(before, axis=0), abs=1e-12)
        np.testing.assert_array_equal(np.isnan(found.close), np.isnan(prices.close))
        shape = prices.open / prices.close
        assert found.open / found.close == pytest.approx(shape, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("seed", range(8))
def test_all_tickers_may_move_as_one(seed):
    """Rounding may leave the highest possible correlation a hair below 1."""
    found = stressed(random_prices(bars=60, seed=seed), Stress(correlation=1.0))
    assert scenarios.stress.correlations(log_returns(found)).min() == pytest.approx(1.0, abs=1e-9)


def test_correlation_and_volatility_at_once():
    prices = random_prices()
    found = stressed(prices, Stress(correlation=0.8, volatility_multiplier=2.0))
    assert scenarios.stress.mean_correlation(log_returns(found)) == pytest.approx(0.8, abs=1e-9)
    spread = 2 * log_returns(prices).std(axis=0)
    assert log_returns(found).std(axis=0) == pytest.approx(spread, rel=1e-9)


def test_a_listing_does_not_show_in_the_volatility_of_the_others():
    """The factor of two tickers varies more than that of four; it is scaled so that it does not."""
    prices = random_prices(bars=4000, tickers=4, listed=(0, 0, 2000, 2000))
    found = log_returns(stressed(prices, Stress(correlation=0.95)))
    early, late = found[:1999, 0].std(), found[1999:, 0].std()
    assert early == pytest.approx(late, rel=0.06)


def test_a_correlation_that_cannot_be_raised_to():
    with pytest.raises(BadValue, match=r"0\.1 is not above the correlation of history") as caught:
        list(scenarios.stress.stressed(random_prices(), {"calm": Stress(correlation=0.1)}))
    assert caught.value.parameter == "stress.calm.correlation"
    for lonely in (random_prices(tickers=1), random_prices(tickers=2, listed=(0, 199))):
        with pytest.raises(BadValue, match="no two tickers"):
            stressed(lonely, Stress(correlation=0.9))


def test_a_correlation_of_tickers_that_do_not_vary_together_is_not_made():
    alone = random_prices(tickers=1)
    stresses = {"one": Stress(correlation=0.9), "dear": Stress(cost_multiplier=2.0)}
    found, dear = scenarios.stress.stressed(alone, stresses)
    record = found.record()
    assert record["note"] == "not made: there are no two tickers whose returns vary together"
    assert (record["bars"], record["first"], record["covered"]) == (0, None, {"A": 0.0})
    assert dear.record()["bars"] == 200


def test_a_stress_that_is_not_made_has_no_rows():
    alone = random_prices(tickers=1)
    changes = settings_of().stress
    for stress in ({"together": changes["together"]}, changes):
        built = list(configured.build(alone, settings_of(stress=stress), 3, rates_of(alone)))
        frames = frames_of(built)
        assert "together" not in set(frames[files.FILES["stress"]]["scenario"])
        kept = {
            file: pd.read_parquet(BytesIO(store.parquet_bytes(f))) for file, f in frames.items()
        }
        records = [one.record() for one in built]
        assert [one.record() for one in restored(records, kept)] == records


def test_correlations_are_those_of_pandas():
    values = log_returns(random_prices(tickers=5, listed=(0, 50, 0, 190), delisted=(100,)))
    values[:, 2] = 0.01  # does not vary
    found = scenarios.stress.correlations(values)
    expected = pd.DataFrame(values).corr().to_numpy()
    defined = np.isfinite(found)
    assert found[defined] == pytest.approx(expected[defined], abs=1e-12)
    assert np.isnan(found[2]).all()
    assert np.isnan(found[0, 3])  # never there together
    assert defined.sum() == 14


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    multiplier=st.floats(0.0, 4.0),
    correlation=st.none() | st.floats(0.7, 1.0),
    size=st.floats(-0.9, 2.0),
    fall=st.integers(1, 30),
    recovery=st.none() | st.integers(1, 30),
)
def test_stressed_bars_stay_consistent(seed, multiplier, correlation, size, fall, recovery):
    prices = random_prices(bars=60, seed=seed, listed=(0, 20, 0), delisted=(50,), scale=0.05)
    shock = Shock(size, [0.0, 0.4, 0.5], fall=fall, recovery=recovery)
    stress = Stress(volatility_multiplier=multiplier, correlation=correlation, shock=shock)
    found = stressed(prices, stress)
    np.testing.assert_array_equal(np.isnan(found.close), np.isnan(prices.close))
    assert_consistent(found)


def test_costs_go_into_the_record():
    stress = Stress(cost_multiplier=3.0, slippage_multiplier=10.0, cash_rate_change=0.02)
    (found,) = scenarios.stress.stressed(random_prices(bars=20), {"dear": stress})
    record = found.record()
    assert (record["kind"], record["group"], record["simulated"]) == ("stress", "stress", True)
    assert record["cost_multiplier"] == 3.0
    assert record["slippage_multiplier"] == 10.0
    assert record["cash_rate_change"] == 0.02
    assert record["parameters"]["shock"] is None


def test_the_record_of_a_shock_says_how_often_it_comes():
    stress = Stress(shock=Shock(size=-0.2, at=(0.2, 0.4, 0.6), fall=5))
    (found,) = scenarios.stress.stressed(random_prices(bars=60), {"shaken": stress})
    assert found.record()["parameters"]["shock"]["times"] == 3


@pytest.mark.parametrize(("fall", "cut"), [(24, 0), (25, 1), (37, 2)])
def test_the_record_of_a_shock_says_how_many_falls_the_end_cuts_off(fall, cut):
    prices = random_prices(bars=60)
    stress = Stress(shock=Shock(size=-0.5, at=(0.4, 0.6), fall=fall))
    (found,) = scenarios.stress.stressed(prices, {"shaken": stress})
    assert found.record()["parameters"]["shock"]["cut"] == cut
    complete = found.prices.close[-1, 0] / prices.close[-1, 0] == pytest.approx(0.25)
    assert complete == (cut == 0)


# --- Stochastic paths


def drawn_rows(prices, path):
    """Which real bar each simulated one repeats, from the ratios of the first ticker."""
    known = prices.close[1:, 0] / prices.close[:-1, 0]
    close = path.prices.close[path.counted.start - 1 :, 0]
    found = close[1:] / close[:-1]
    return np.abs(found[:, None] - known).argmin(axis=1) + 1


def of_method(prices, method, plan=PLAN, seed=5):
    chosen = replace(plan, paths={method: plan.paths[method]})
    return list(scenarios.paths.simulated(prices, chosen, seed))


@pytest.mark.parametrize("method", ["stationary_bootstrap", "moving_block_bootstrap"])
def test_the_bars_of_a_date_stay_together(method):
    prices = random_prices(tickers=4)
    for path in of_method(prices, method):
        rows = drawn_rows(prices, path)
        now = slice(path.counted.start, None)
        before = path.prices.close[path.counted.start - 1 : -1]
        for field in BARS:
            real = getattr(prices, field)[rows] / prices.close[rows - 1]
            assert getattr(path.prices, field)[now] / before == pytest.approx(real, rel=1e-12)
        np.testing.assert_array_equal(path.prices.volume[now], prices.volume[rows])


def numbered_pool(bars):
    """A pool whose ratios are the numbers of its bars."""
    ratios = np.broadcast_to(np.arange(bars, dtype=float)[:, None, None], (bars, 4, 1))
    days = np.datetime64("2020-01-01", "us") + np.arange(bars) * np.timedelta64(1, "D")
    return Pool(np.array([True]), ratios, ratios[:, 0], days)


def test_stationary_blocks_are_geometric_and_wrap():
    """Politis and Romano 1994: a new block begins with probability 1 / mean length."""
    plan = replace(PLAN, horizon=60_000, block_length=8)
    ratios, _ = scenarios.paths.stationary_bootstrap(
        numbered_pool(50), plan, np.random.default_rng(3)
    )
    drawn = ratios[:, 3, 0].astype(int)
    broken = np.diff(drawn) % 50 != 1
    lengths = np.diff(np.flatnonzero(broken))
    # A new block continues the old one by chance once in 50, which joins the two.
    begins = (1 / 8) * (1 - 1 / 50)
    assert lengths.mean() == pytest.approx(1 / begins, rel=0.03)
    assert (lengths == 1).mean() == pytest.approx(begins, rel=0.06)
    assert (np.diff(drawn) == -49).any()
    assert np.bincount(drawn, minlength=50).min() > 0.8 * 60_000 / 50


def test_moving_blocks_have_their_length():
    plan = replace(PLAN, horizon=2000, block_length=7)
    ratios, _ = scenarios.paths.moving_block_bootstrap(
        numbered_pool(20), plan, np.random.default_rng(3)
    )
    drawn = ratios[:, 3, 0].astype(int)
    blocks = drawn[: 285 * 7].reshape(285, 7)
    assert (np.diff(blocks, axis=1) == 1).all()
    assert sorted(set(blocks[:, 0])) == list(range(14))
    assert len(drawn) == 2000


def test_stationary_bootstrap_agrees_with_arch():
    """Means of autocorrelated values have arch's distribution, within 6 % of its spread."""
    draw = np.random.default_rng(11)
    values = np.zeros(300)
    for t in range(1, 300):
        values[t] = 0.5 * values[t - 1] + draw.normal()
    theirs = StationaryBootstrap(12, values, seed=3).apply(np.mean, 4000)[:, 0]
    pool = replace(numbered_pool(300), ratios=np.broadcast_to(values[:, None, None], (300, 4, 1)))
    plan = replace(PLAN, horizon=300, block_length=12)
    generator = np.random.default_rng(4)
    ours = np.array(
        [
            scenarios.paths.stationary_bootstrap(pool, plan, generator)[0][:, 3].mean()
            for _ in range(4000)
        ]
    )
    assert ours.mean() == pytest.approx(theirs.mean(), abs=0.06 * theirs.std())
    assert ours.std() == pytest.approx(theirs.std(), rel=0.06)
    assert ours.std() > 1.4 * values.std() / np.sqrt(300)  # what single dates would give


def test_gbm_has_the_moments_of_history():
    prices = random_prices(bars=500)
    plan = replace(PLAN, paths={"gbm": 40}, horizon=500)
    paths = scenarios.paths.simulated(prices, plan, 9)
    drawn = np.concatenate(
        [log_returns(path.prices.rows(path.counted.start - 1, path.counted.stop)) for path in paths]
    )
    real = log_returns(prices)
    error = real.std(axis=0) / np.sqrt(len(drawn))
    assert (np.abs(drawn.mean(axis=0) - real.mean(axis=0)) < 4 * error).all()
    found, expected = np.cov(drawn, rowvar=False), np.cov(real, rowvar=False)
    assert found == pytest.approx(expected, rel=4 * np.sqrt(2 / len(drawn)) * 2)
    kurtosis = ((drawn - drawn.mean(axis=0)) ** 4).mean(axis=0) / drawn.var(axis=0) ** 2
    assert kurtosis == pytest.approx(3.0, abs=4 * np.sqrt(24 / len(drawn)))


def test_gbm_highs_and_lows_are_those_of_brownian_motion():
    """Without drift, the highest log price of a bar is on average sqrt(2 / pi) deviations up."""
    close = 100 * np.exp(np.cumsum(np.tile([0.01, -0.01], 400)))
    opened = np.append(100, close[:-1])[:, None]
    width = np.sqrt(8 / np.pi) * np.std(np.log(close[1:] / close[:-1]), ddof=1)
    wide = {"open": opened, "low": opened, "high": opened * np.exp(width)}
    plan = replace(PLAN, paths={"gbm": 1}, horizon=700)
    (path,) = scenarios.paths.simulated(prices_of(close, **wide), plan, 2)
    bars = path.prices.rows(path.counted.start, path.counted.stop)
    expected = 0.01 * np.sqrt(2 / np.pi)
    error = 0.01 * np.sqrt(1 - 2 / np.pi) / np.sqrt(700)
    assert np.log(bars.high / bars.open).mean() == pytest.approx(expected, abs=4 * error)
    assert np.log(bars.open / bars.low).mean() == pytest.approx(expected, abs=4 * error)
    assert (bars.volume == 1000).all()


def likeness(ratios):
    """Of (bars, 4, tickers) ratios to the close before: what a path should share with history."""
    opened, high, low, close = np.moveaxis(np.log(ratios), 1, 0)
    return {
        "volatility": close.std(axis=0),
        "correlation": np.corrcoef(close, rowvar=False)[np.triu_indices(close.shape[1], 1)].mean(),
        "overnight": opened.var(axis=0) / close.var(axis=0),
        "intraday": (close - opened).std(axis=0),
        "range": (high - low).mean(axis=0),
    }


def test_gbm_is_as_wide_as_the_sample_and_opens_elsewhere(sample):
    """It opened at the close before, and its bars were 36 % wider than those of history."""
    plan = replace(PLAN, min_history=1000, horizon=60_000)
    pool = scenarios.paths._pool(sample, replace(plan, horizon=500))
    ratios, _ = scenarios.paths.gbm(pool, plan, np.random.default_rng(7))
    found, expected = likeness(ratios), likeness(pool.ratios)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=0.02), name
    assert (expected["overnight"] > 0.25).all()
    assert (ratios[:, 1] >= np.maximum(ratios[:, 0], ratios[:, 3])).all()
    assert (ratios[:, 2] <= np.minimum(ratios[:, 0], ratios[:, 3])).all()


@pytest.mark.parametrize("variance", [0.01, 0.6, 1.0, 1.7, 40.0])
@pytest.mark.parametrize("deviation", [0.0, 1.0, 0.003])
def test_the_width_of_a_bridge_is_that_of_its_law(deviation, variance):
    """Twice the mean of the highest: over x, the probability of exceeding it, by quadrature."""
    variance *= deviation**2 or 1.0
    size = np.sqrt(variance)

    def exceeds(x, d):
        return 1.0 if d > x else np.exp(-2 * x * (x - d) / variance)

    def mean(d):
        end = max(d, 0.0)
        return end + quad(exceeds, end, end + 9 * size + abs(d), args=(d,))[0]

    nodes, weights = np.polynomial.hermite_e.hermegauss(180)
    width = 2 * weights @ [mean(deviation * node) for node in nodes] / weights.sum()
    found = scenarios.paths._bridge_variance(deviation, width)
    assert found == pytest.approx(variance, rel=0.03)


def test_a_bar_is_no_narrower_than_from_open_to_close():
    assert scenarios.paths._bridge_variance(0.01, 0.007) == 0.0
    assert scenarios.paths._bridge_variance(0.0, 0.0) == 0.0
    (path,) = of_method(prices_of(50 + np.random.default_rng(1).random((90, 2))), "gbm")[:1]
    now = path.prices.rows(path.counted.start, path.counted.stop)
    assert now.open == pytest.approx(now.close)  # as on the real bars, which are points
    assert now.high == pytest.approx(now.low)


def test_gbm_knows_some_opens_from_the_bars_that_have_them():
    prices = random_prices(bars=400)
    prices.open[::2, 0] = np.nan
    prices.open[:, 1] = np.nan
    prices.high[:, 2] = np.nan
    (path,) = of_method(prices, "gbm", replace(PLAN, paths={"gbm": 1}, horizon=400))
    now = path.prices.rows(path.counted.start, path.counted.stop)
    before = path.prices.close[path.counted.start - 1 : -1]
    there = np.isfinite([now.open, now.high, now.low, now.close]).all(axis=1)
    assert there.tolist() == [[1, 0, 1], [1, 1, 0], [1, 1, 1], [1, 1, 1]]
    gap = np.log(now.open / before)[:, [0, 2]]
    real = np.log(prices.open[1:] / prices.close[:-1])[:, [0, 2]]
    assert gap.std(axis=0) == pytest.approx(np.nanstd(real, axis=0), rel=0.1)
    below = np.log(now.low[:, 2] / np.minimum(now.open, now.close)[:, 2])
    assert (
        below.mean() < -0.1 * np.log(now.close / now.open)[:, 2].std()
    )  # though no range is known


def test_same_seed_same_bytes():
    prices = random_prices()
    one, two, other = (list(scenarios.paths.simulated(prices, PLAN, seed)) for seed in (5, 5, 6))
    for first, second, third in zip(one, two, other, strict=True):
        assert_same(first.prices, second.prices)
        frames = [store.parquet_bytes(files.tidy(s)) for s in (first, second, third)]
        assert frames[0] == frames[1] != frames[2]


def test_more_paths_and_other_methods_change_no_path():
    prices = random_prices()
    few = {s.name: s for s in scenarios.paths.simulated(prices, PLAN, 5)}
    more = replace(PLAN, paths={"gbm": 4})
    many = {s.name: s for s in scenarios.paths.simulated(prices, more, 5)}
    assert list(many) == ["gbm_001", "gbm_002", "gbm_003", "gbm_004"]
    for name in ("gbm_001", "gbm_002"):
        assert_same(few[name].prices, many[name].prices)
    closes = {s.prices.close[-1].tobytes() for s in few.values()}
    assert len(closes) == len(few)


def test_a_path_goes_on_from_the_last_close():
    prices = random_prices()
    for path in scenarios.paths.simulated(prices, PLAN, 5):
        assert path.counted == slice(15, 55)
        assert_same(path.prices.upto(15), prices.rows(185, 200))
        assert_consistent(path.prices)
        record = path.record()
        assert (record["bars"], record["warm_up"]) == (40, 15)
        assert (record["kind"], record["simulated"]) == ("stochastic", True)
        assert record["group"] == record["parameters"]["method"]
        assert np.isfinite(path.prices.close).all()


@pytest.mark.parametrize("freq", ["B", "D", "6h"])
def test_times_go_on_with_the_same_weekdays_and_hours(freq):
    prices = prices_of(50 + np.random.default_rng(1).random(120), freq=freq)
    (path, *_) = of_method(prices, "moving_block_bootstrap")
    times = pd.DatetimeIndex(path.prices.timestamp)
    assert times.is_monotonic_increasing
    assert times.is_unique
    real, new = pd.DatetimeIndex(prices.timestamp[-40:]), times[15:]
    assert real[-1] < new[0] <= real[-1] + pd.Timedelta("7D")
    assert list(new.day_of_week) == list(real.day_of_week)
    assert list(new.time) == list(real.time)


def test_tickers_with_little_history_or_none_now_are_left_out():
    prices = random_prices(tickers=4, listed=(0, 60, 160), delisted=(200, 200, 200, 190))
    (path, *_) = of_method(prices, "stationary_bootstrap")
    assert path.covered == {"A": 1.0, "B": 1.0, "C": 0.0, "D": 0.0}
    assert path.note == "not simulated: C, D (fewer than 50 bars, or no longer traded)"
    simulated = path.prices.close[path.counted]
    np.testing.assert_array_equal(np.isfinite(simulated).all(axis=0), [True, True, False, False])
    assert np.isnan(simulated[:, 2:]).all()
    assert np.isnan(path.prices.close[:, 2:]).all()  # nor before the path: untradable
    assert np.isfinite(path.prices.close[:15, :2]).all()
    assert path.parameters["drawn_from_first"] == pd.Timestamp(prices.timestamp[61]).isoformat()
    assert path.parameters["drawn_from_bars"] == 139
    assert drawn_rows(prices, path).min() >= 61


def test_bars_beside_a_gap_are_not_drawn():
    prices = random_prices()
    for field in OHLCV:
        getattr(prices, field)[100, 1] = np.nan
    plan = replace(PLAN, horizon=190)
    (path, *_) = of_method(prices, "stationary_bootstrap", plan)
    assert path.parameters["drawn_from_bars"] == 197
    assert not {100, 101} & set(drawn_rows(prices, path))


@pytest.mark.parametrize("method", PLAN.paths)
def test_closes_alone_will_do(method):
    """What the data do not have, a path does not have; its closes are those drawn with it."""
    whole = random_prices()
    nothing = np.full_like(whole.close, np.nan)
    bare = replace(whole, open=nothing, high=nothing, low=nothing)
    for path, other in zip(of_method(bare, method), of_method(whole, method), strict=True):
        assert path.prices.close.tobytes() == other.prices.close.tobytes()
        for field in ("open", "high", "low"):
            assert np.isnan(getattr(path.prices, field)).all()
            assert np.isfinite(getattr(other.prices, field)).all()
    stress = Stress(volatility_multiplier=2.0, shock=Shock(-0.2, [0.5]))
    some = stressed(replace(whole, open=nothing), stress)
    assert np.isnan(some.open).all()
    assert some.high == pytest.approx(stressed(whole, stress).high)


@pytest.mark.parametrize("paths", [{}, {"gbm": 0, "stationary_bootstrap": 0}])
def test_without_paths_nothing_is_asked_of_history(paths):
    plan = replace(PLAN, paths=paths, min_history=9999, horizon=9999)
    assert list(scenarios.paths.simulated(random_prices(bars=3), plan, 1)) == []


@pytest.mark.parametrize(
    ("change", "key", "problem"),
    [
        ({"block_length": 300}, "block_length", "300 bars are needed, and there are 199"),
        ({"horizon": 201}, "horizon", "201 bars are needed, and there are 200"),
        ({"min_history": 201}, "min_history", "no ticker that still trades has 201 bars"),
        ({"paths": {"garch": 1}}, "paths.garch", "is no way to draw paths"),
    ],
)
def test_what_cannot_be_simulated(change, key, problem):
    with pytest.raises(BadValue, match=problem) as caught:
        list(scenarios.paths.simulated(random_prices(), replace(PLAN, **change), 1))
    assert caught.value.parameter == f"stochastic.{key}"


# --- Side by side


@pytest.mark.parametrize(("start", "freq"), [("2020-01-07", "B"), ("2020-01-06", "D")])
def test_bars_on_other_time_axes_do_not_stand_side_by_side(start, freq):
    ours, theirs = prices_of(np.ones(9)), prices_of(np.ones(9), start=start, freq=freq)
    assert side_by_side([ours, ours]).ticker == ("A", "A")
    with pytest.raises(ValueError, match="time axes"):
        side_by_side([ours, theirs])


# --- Forecasts


def test_forecasts_are_of_the_return_a_bar():
    prices = random_prices(bars=4, tickers=2)
    made = {"timestamp": prices.timestamp[[1, 2]], "ticker": ["A", "B"], "y_pred": [0.05, -0.1]}
    one, five = (forecasts_on(prices, pd.DataFrame(made), horizon) for horizon in (1, 5))
    nan = np.nan
    assert one == pytest.approx(
        np.array([[nan, nan], [0.05, nan], [nan, -0.1], [nan, nan]]), nan_ok=True
    )
    assert five == pytest.approx(one / 5, nan_ok=True)


def test_a_forecast_without_a_bar_is_refused():
    prices = random_prices(bars=4, tickers=2)
    made = pd.DataFrame({"timestamp": prices.timestamp[[1, 2]], "ticker": "A", "y_pred": 0.1})
    for lost in (
        made.assign(ticker=["A", "a"]),
        made.assign(timestamp=made["timestamp"] + pd.Timedelta(days=1)),
    ):
        with pytest.raises(InputError, match="1 of 2 forecasts have no bar"):
            forecasts_on(prices.rows(0, 3), lost, 1)


# --- Stored and built


def settings_of(**changes):
    plain = {
        "historical": {"spring": {"start": "2020-03-01", "end": "2020-05-31", "source": "test"}},
        "calendar_years": True,
        "stress": {
            "fall": {"shock": {"size": -0.2, "at": [0.5]}},
            "together": {"correlation": 0.9, "cost_multiplier": 2.0},
        },
        "stochastic": {
            "paths": {"stationary_bootstrap": 2, "gbm": 1},
            "horizon": 40,
            "warm_up": 15,
            "block_length": 6,
            "min_history": 50,
        },
    }
    return filled(MarketScenarios, plain | changes)


def test_paths_are_drawn_in_every_way_that_the_settings_name():
    assert set(DRAWS) == set(scenarios.settings.METHODS)


def test_every_market_scenario_of_the_configuration():
    prices = random_prices()
    found = list(configured.build(prices, settings_of(), 3, rates_of(prices)))
    assert [scenario.name for scenario in found] == [
        "full",
        "spring",
        "year_2020",
        "fall",
        "together",
        "stationary_bootstrap_001",
        "stationary_bootstrap_002",
        "gbm_001",
    ]
    assert found[1].group == found[2].group == "year_2020"
    own = {ticker: rates_of(prices).tickers[ticker].bars_a_year for ticker in prices.ticker}
    assert all(dict(one.bars_a_year) == own for one in found)  # all tickers have all bars
    assert found[3].prices.close[-1] == pytest.approx(0.8 * prices.close[-1])
    store.json_bytes([scenario.record() for scenario in found])


@pytest.mark.parametrize("name", ["full", "spring", "year_2020", "gbm_001"])
def test_two_market_scenarios_of_one_name(name):
    prices = random_prices()
    clash = settings_of(stress={name: {"volatility_multiplier": 2.0}})
    with pytest.raises(BadValue, match=f"two market scenarios are called {name}"):
        list(configured.build(prices, clash, 3, rates_of(prices)))


def frames_of(built):
    """The bars of market scenarios by file, as they are stored."""
    return {
        file: pd.concat([files.tidy(one) for one in built if one.kind == kind])
        for kind, file in files.FILES.items()
    }


def opener(frames):
    """Stands in for `run.read.rows_by_text`: each frame in row groups of 97 rows."""

    @contextmanager
    def opened(paths, by, categories):
        data = io.BytesIO()
        pq.write_table(pa.Table.from_pandas(frames[paths[0]]), data, row_group_size=97)
        yield store.RowsByText([data], by, categories)

    return opened


def restored(records, frames):
    """All market scenarios with their bars."""
    with files.stored(records, opener(frames)) as markets:
        return [one.with_bars() for one in markets]


@pytest.fixture(scope="module")
def built():
    """This includes a ticker that has no bar on the path."""
    prices = random_prices(tickers=4, listed=(0, 60), delisted=(200, 200, 200, 100))
    return list(configured.build(prices, settings_of(), 3, rates_of(prices)))


def test_stored_and_restored(built):
    records = [one.record() for one in built]
    again = restored(records, frames_of(built))
    assert [one.record() for one in again] == records
    for one, scenario in zip(again, built, strict=True):
        assert_same(one.prices, scenario.prices)


@pytest.mark.parametrize(("name", "file"), [("fall", files.STRESS), ("gbm_001", files.STOCHASTIC)])
def test_what_is_simulated_and_has_no_bars_is_not_traded_on_those_of_history(built, name, file):
    records, frames = [one.record() for one in built], frames_of(built)
    lost = frames | {file: frames[file][frames[file]["scenario"] != name]}
    with pytest.raises(InputError, match=f"^{file}: has no bars of {name}"):
        restored(records, lost)
    others = [record for record in records if record["name"] != name]
    with pytest.raises(InputError, match=f"^{file}: has bars of {name}, which is not in"):
        restored(others, frames)


@pytest.fixture
def read(monkeypatch):
    """The row groups that are read, as (columns, number), in order."""
    groups, real = [], pq.ParquetFile.read_row_group

    def noted(self, number, columns=None, **named):
        groups.append((tuple(columns), number))
        return real(self, number, columns, **named)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", noted)
    return groups


def test_only_the_row_groups_that_are_asked_for_are_read(built, tmp_path, monkeypatch, read):
    monkeypatch.setattr(grid, "TOGETHER", 220)  # the bars of a ticker of history, of all of a path
    bars = ("timestamp", "ticker", *OHLCV)
    with stored(built, tmp_path) as markets:
        by_name = dict(zip((one.name for one in built), markets, strict=True))
        assert read == []  # which market scenarios there are is told by statistics
        stresses = [one.name for one in built if one.kind == "stress"]
        place = stresses.index("fall")
        one = by_name["fall"].with_bars(slice(1, 3)).prices
        columns = [number for columns, number in read if columns == bars]
        assert columns == [4 * place + 1, 4 * place + 2]
        assert {number for columns, number in read if columns == ("timestamp",)} <= {0, 1, 2, 3}
        whole = next(each for each in built if each.name == "fall").prices
        assert_same(one, whole.columns(1, 3))
        real = [one.with_bars().prices for one in markets if one.is_real]
        assert len(real) > 1
        assert all(prices is real[0] for prices in real)
        del read[:]
        path = next(each for each in built if each.name == "gbm_001").prices
        assert_same(by_name["gbm_001"].with_bars().prices, path)
        assert len({number for columns, number in read if columns == bars}) == 1
        assert_same(markets[0].with_bars(slice(3, 4)).prices, built[0].prices.columns(3, 4))


def test_market_scenarios_of_a_file_share_their_times(built):
    frames = frames_of(built)
    late = frames[files.STRESS]["scenario"] == "fall"
    moved = frames[files.STRESS]["timestamp"] + pd.Timedelta(hours=1)
    frames[files.STRESS]["timestamp"] = frames[files.STRESS]["timestamp"].mask(late, moved)
    message = f"^{files.STRESS}: has market scenarios with bars at other times than the first"
    with pytest.raises(InputError, match=message):
        restored([one.record() for one in built], frames)


def test_tidy_rows():
    prices = random_prices(bars=60, tickers=2, listed=(0, 50))
    frame = files.tidy(scenarios.windows.full(prices))
    assert list(frame) == ["timestamp", "ticker", *OHLCV, "scenario"]
    assert frame["ticker"].tolist() == ["A"] * 60 + ["B"] * 10
    assert frame["timestamp"].iloc[60] == prices.timestamp[50]
    assert frame["low"].iloc[60] == prices.low[50, 1]
    assert frame.notna().all(axis=None)
