"""Nothing knows the future: data after a time change nothing that was computed up to that time.

The whole chain from raw data to folds runs twice, the second time with other data after a random
time: other values, more gaps, or fewer rows. There are holes in the prices, and levels that end.
"""

from tidemark.bars.settings import Carrying
from tidemark.errors import BadValue
from tidemark.features import bar_features
from tidemark.features.settings import FeatureEngineering
from tidemark.models import splits
from tidemark.models.settings import SplitData
from tidemark.ohlcv import FIELDS
from tidemark.preprocessing import cleaning
from tidemark.preprocessing.settings import Iqr, NoOutliers, Preprocess, Scenario, Winsorise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

SCENARIOS = {
    "mean": Scenario("mean", NoOutliers("none")),
    "median": Scenario("median", NoOutliers("none")),
    "winsorise": Scenario("median", Winsorise("winsorise", 0.1, 0.9)),
    "iqr": Scenario("mean", Iqr("iqr", 1.5)),
}
START = pd.Timestamp("2020-01-01")
BARS = 54  # of each ticker
WHOLE = 10  # the first ones, which have no gaps, so that everything can start
HOLE_DAYS, CARRY_DAYS = 3, 4
CHANGES = ("values", "gaps", "rows")
TEST_BAR = 36  # where the test set begins; at midnight for daily and for eight-hourly bars


def times(step):
    return pd.date_range(START, periods=BARS, freq=step).astype("datetime64[us]")


def numbers(draw, missing, *shape):
    """Positive values, some of them missing, some of them equal."""
    values = draw.lognormal(sigma=draw.choice([0.01, 0.5, 2.0]), size=shape).round(3) + 0.001
    gaps = draw.random(shape) < missing
    gaps[:WHOLE] = False
    return np.where(gaps, np.nan, values)


def hole(draw, bars):
    """The rows of a stretch, long enough for a hole or not, after the first rows."""
    start = draw.integers(WHOLE, BARS)
    return slice(start, start + draw.integers(0, bars))


def raw_prices(draw, missing, step):
    """Two tickers, each with a hole; the second starts later and lacks a bar now and then."""
    frame = pd.DataFrame({"timestamp": times(step)})
    first, second = (
        frame.assign(ticker=ticker, **dict(zip(FIELDS, cells, strict=True)))
        for ticker, cells in (
            (ticker, numbers(draw, missing, BARS, len(FIELDS)).T) for ticker in "AB"
        )
    )
    held = draw.random(BARS) < 0.9
    held[:5], held[5:WHOLE] = False, True
    first.loc[hole(draw, 24), list(FIELDS)] = np.nan
    held[hole(draw, 24)] = False
    return pd.concat([first, second[held]], ignore_index=True)


def raw_series(draw, missing, lag):
    """Two series, public at some midnight after the day they are about."""
    days = times("D")
    frame = pd.DataFrame({"timestamp": days, "available_at": days + pd.Timedelta(days=lag)})
    frame = frame.assign(rate=numbers(draw, missing, BARS), long=numbers(draw, missing, BARS))
    frame.loc[hole(draw, 24), ["rate", "long"]] = np.nan
    return frame.drop(frame.index[hole(draw, 24)])


def altered(frame, late, change, draw):
    """The frame with other values, more gaps or fewer rows, in some or all rows where `late`."""
    hit = late & (draw.random(len(frame)) < draw.choice([0.5, 1.0]))
    if change == "rows":
        return frame[~hit].reset_index(drop=True)
    noise = np.nan if change == "gaps" else draw.lognormal(sigma=2.0, size=len(frame))
    values = frame.select_dtypes("float64")
    return frame.assign(
        **{name: values[name].mask(hit & values[name].notna(), noise) for name in values}
    )


def chain(prices, series, scenario, horizon, step):
    """Processed bars, features, and parts; no parts if nothing is left to test on."""
    carrying = Carrying()
    if scenario in ("mean", "iqr"):
        carrying = Carrying(changes=["long"], longest_carry_days=CARRY_DAYS)
    bars = cleaning.clean(
        prices,
        {"fed": series},
        SCENARIOS[scenario],
        Preprocess(3, HOLE_DAYS),
        {"fed": carrying},
        lambda times: times,
    ).bars
    recipe = FeatureEngineering(
        horizon=horizon,
        lags=[0, 2],
        windows=[2, 3],
        economic=["rate"],
        term_spread=["long", "rate"],
    )
    frame = bar_features.complete(bar_features.compute(bars, recipe), recipe)
    plan = SplitData(f"{times(step)[TEST_BAR]:%Y-%m-%d}", embargo=3, folds=3)
    try:
        return bars, frame, splits.divide(frame, plan, horizon, time_zone="UTC")
    except BadValue:
        return bars, frame, None


def known(frame, now):
    """The rows up to `now`, and of their targets those that can be known by then."""
    rows = frame[frame["timestamp"] <= now].reset_index(drop=True)
    if "target" not in rows:
        return rows
    ahead = ~(rows["target_time"] <= now)
    return rows.assign(**{name: rows[name].mask(ahead) for name in ("target", "target_time")})


def assert_same(one, two):
    pd.testing.assert_frame_equal(one, two, check_exact=True)


@pytest.mark.parametrize("scenario", SCENARIOS)
@settings(max_examples=10, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32),
    missing=st.sampled_from([0.0, 0.1, 0.5]),
    lasts=st.tuples(*[st.integers(WHOLE + 2, BARS - 2)] * len(CHANGES)),
    lag=st.integers(0, 2),
    horizon=st.integers(1, 3),
    step=st.sampled_from(["24h", "8h"]),
)
def test_the_future_changes_nothing_before_it(scenario, seed, missing, lasts, lag, horizon, step):
    """Each kind of change is held against the same untouched data, after a time of its own."""
    draw = np.random.default_rng(seed)
    prices, series = raw_prices(draw, missing, step), raw_series(draw, missing, lag)
    one = chain(prices, series, scenario, horizon, step)
    for change, last in zip(CHANGES, lasts, strict=True):
        now = times(step)[last]
        two = chain(
            altered(prices, prices["timestamp"] > now, change, draw),
            altered(series, series["available_at"] >= now, change, draw),
            *(scenario, horizon, step),
        )
        # Before the test set begins, the embargo and the folds count bars that may be gone.
        assert_same_until(now, one, two, parts=change == "values" or last >= TEST_BAR)


def assert_same_until(now, one, two, *, parts):
    for ours, theirs in zip(one[:2], two[:2], strict=True):
        assert_same(known(ours, now), known(theirs, now))
    if not parts or None in (one[2], two[2]):
        return
    for ours, theirs in ((one[2].train, two[2].train), (one[2].test, two[2].test)):
        assert_same(
            *(rows[rows["target_time"] <= now].reset_index(drop=True) for rows in (ours, theirs))
        )
    assert one[2].folds == two[2].folds
