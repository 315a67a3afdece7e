"""Small data sets from elsewhere, put through the functions of the steps, with the right values."""

import gzip
import pickle
from dataclasses import asdict
from pathlib import Path

from tidemark.backtest import engine, performance, strategies
from tidemark.bars import holes, trading_calendar
from tidemark.bars.settings import Carrying
from tidemark.config import load
from tidemark.features import bar_features
from tidemark.features.settings import FeatureEngineering
from tidemark.market import market_metrics
from tidemark.market.grid import forecasts_on, from_tidy
from tidemark.models import fitting, splits
from tidemark.models.estimators.linear import Linear
from tidemark.models.settings import SplitData
from tidemark.ohlcv import OHLCV
from tidemark.preprocessing import cleaning
from tidemark.preprocessing.settings import NoOutliers, Preprocess, Scenario
from tidemark.project import HERE
from tidemark.sources import actions, economic, prices
from tidemark.validation import adjustments, checks, completeness, schema, sessions, steps

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[3]
CASES = ROOT / "tests/cases"
RULES = schema.parse("prices", (ROOT / "schemas/prices.json").read_bytes())
LONG = {
    "layout": "long",
    "bar": "daily",
    "date_format": "%Y-%m-%d",
    "time_zone": "UTC",
    "columns": {"timestamp": "Date", "ticker": "Ticker"}
    | {field: field.capitalize() for field in OHLCV}
    | {"adj_close": "Close"},
}

WIDE = LONG | {"layout": "wide", "columns": {"timestamp": "Date", "adj_close": "*"}}


CLOSES = {"timestamp": "Date", "ticker": "Ticker", "adj_close": "Close"}
DAX = LONG | {"date_format": "%Y-%m-%d %H:%M:%S%z", "columns": CLOSES}
DAX |= {"time_zone": "Europe/Berlin"}
BERLIN_HOURS = LONG | {"bar": "intraday", "date_format": "%d.%m.%Y %H:%M"}
BERLIN_HOURS |= {"time_zone": "Europe/Berlin", "columns": CLOSES | {"timestamp": "Time"}}
INDIA = LONG | {"date_format": "%d-%b-%Y", "columns": CLOSES}


def raw(name, source=LONG):
    content = gzip.decompress((CASES / f"{name}.csv.gz").read_bytes())
    return prices.read({"p.csv": content}, source).records


def cleaned(bars, method="median", **series):
    scenario = Scenario(method, NoOutliers("none"))
    levels = dict.fromkeys(series, Carrying())
    return cleaning.clean(bars, series, scenario, Preprocess(), levels, lambda times: times)


def test_a_ticker_with_a_small_letter_trades_a_models_forecasts():
    """What the same file gives when its tickers are all in capitals."""
    bars = raw("mixed_case_ticker")
    clean = cleaned(bars).bars
    recipe = FeatureEngineering(horizon=1, lags=[0, 1], windows=[5])
    frame = bar_features.complete(bar_features.compute(clean, recipe), recipe)
    parts = splits.divide(frame, SplitData("2019-06-01", embargo=5, folds=5), 1, time_zone="UTC")
    pipeline, _ = fitting.fit(
        "linear", lambda _: Linear(estimator="linear"), parts.train, parts.folds, int
    )
    model = pickle.loads(pipeline)
    predicted = model.predict(parts.test[list(model.feature_names_in_)])
    history = from_tidy(bars)
    forecasts = forecasts_on(history, parts.test.assign(y_pred=predicted), 1)
    strategy = strategies.load("model_forecast")
    (targets,) = strategies.targets_of(
        strategy, history, [{"threshold": 0.0}], {"forecasts": forecasts}
    )
    rules = engine.Rules("next_open", 5e-4, 5e-4, "long_short", 0.0, 252.0)
    (found,) = performance.sweep([targets], history, rules)
    figures = {name: each[0, 0, history.ticker.index("KPEPE")] for name, each in found.items()}
    assert figures["trades"] == 146
    assert figures["exposure"] == pytest.approx(0.47, abs=5e-3)
    assert figures["total_return"] == pytest.approx(-0.559, abs=5e-4)


def test_a_ticker_that_lacks_half_of_its_bars_is_named_and_loses_nothing_in_a_day():
    bars = raw("one_ticker_hole", WIDE)
    rules = RULES.model_copy(update={"fields": {"adj_close": RULES.fields["adj_close"]}})
    counted = completeness.fillable(bars, 14)
    (finding,) = completeness.check(bars, rules, 14, counted)
    assert finding.message == (
        "1 hole without prices: T07 between 2015-07-14 and 2018-03-20 (699 of 1,500 values)"
        " (the limit of missing values is 2.0%); no return, feature or target reaches across"
    )
    clean = cleaned(bars).bars
    assert clean.loc[clean["ticker"] == "T07", "return"].min() > -0.05
    recipe = FeatureEngineering(horizon=5, lags=[0, 3], windows=[5])
    frame = bar_features.complete(bar_features.compute(clean, recipe), recipe)
    own = frame[frame["ticker"] == "T07"].drop(columns=["timestamp", "ticker", "target_time"])
    assert own.min().min() > -0.1
    found = holes.of_closes(bars, 14)
    assert found["change"].to_list() == pytest.approx([-0.569], abs=5e-4)
    history = from_tidy(holes.spliced(bars, found))
    change = market_metrics.returns(history.close)[:, history.ticker.index("T07")]
    assert np.nanmin(change) > -0.05
    assert np.isfinite(change).sum() == 800


def test_a_change_of_units_and_a_split_not_applied_are_named():
    bars = raw("unit_switch_and_unsplit")
    (finding,) = steps.check(bars, None, bars["adj_close"].isna())
    for words in (
        "EZX 2018-07-27 (-99.0 %)",
        "2018-08-01 (+9,795 %)",
        "BCX 2018-10-05 (+18,952 %)",
    ):
        assert words in finding.message
    assert "pence and pounds" in finding.message
    assert "reverse split" in finding.message
    assert finding.severity == "warning"


# --- The sample


def sample(reader, *keys, mend=lambda text: text):
    """What a source of config.yaml gives after `mend` has changed its file."""
    source = asdict(load.load(HERE, str(ROOT / "config.yaml")))["fetch_data"]
    for key in keys:
        source = source[key]
    text = mend((ROOT / source["path"]).read_text("utf-8"))
    return reader({source["path"]: text.encode()}, source).records


@pytest.mark.parametrize("method", ["mean", "median"])
def test_a_bond_market_holiday_changes_no_yield(method):
    """Columbus Day 2010 as an empty row: the bar after knows what was published last."""
    row = f"2010-10-11 00:00:00+00:00{',' * 11}\n"
    empty = sample(
        economic.read,
        "economic",
        "treasury",
        mend=lambda text: text.replace("2010-10-12", f"{row}2010-10-12", 1),
    )
    bars = sample(prices.read, "prices")
    bars = bars[bars["ticker"] == "AAPL"].reset_index(drop=True)
    clean = cleaned(bars, method, treasury=empty)
    bar = clean.bars.set_index("timestamp").loc["2010-10-12"]
    assert (bar["yield_3m"], bar["yield_10y"]) == (0.0012, 0.0241)
    assert clean.imputed == dict.fromkeys(["yield_3m", "yield_2y", "yield_10y", "yield_20y"], 1)
    whole = sample(economic.read, "economic", "treasury")
    without = cleaned(bars, method, treasury=whole)
    pd.testing.assert_frame_equal(clean.bars, without.bars, check_exact=True)


def two_dividends(text):
    day = "2013-02-06,IBM,dividend,0.85"
    assert day in text
    return text.replace(day, day.replace("0.85", "0.75") + "\n" + day.replace("0.85", "0.10"))


def test_a_regular_and_a_special_dividend_on_one_day_pass():
    actions_split = sample(actions.read, "corporate_actions", mend=two_dividends)
    bars = sample(prices.read, "prices")
    rules = schema.parse("a", (ROOT / "schemas/corporate_actions.json").read_bytes())
    assert rules.unique == ["ticker", "timestamp", "kind"]
    summed = actions_split["value"].where(actions_split["kind"] == "dividend")
    assert not checks.check(actions_split, rules, None, summed)
    assert not list(adjustments.cross_check(bars, actions_split, rules.adjustment_tolerance))


def test_the_crash_of_apple_is_a_note_where_splits_are_listed_and_else_a_warning():
    bars = sample(prices.read, "prices")
    nowhere = bars["adj_close"].isna()
    (note,) = steps.check(bars, sample(actions.read, "corporate_actions"), nowhere)
    assert note.severity == "note"
    assert "AAPL 2000-09-29 (-51.9 %): like a 2:1 split that is not listed" in note.message
    (finding,) = steps.check(bars, None, nowhere)
    assert "1 step from bar to bar that looks like no trade: AAPL 2000-09-29 (-51.9 %)" in (
        finding.message
    )


# --- Times


def test_sessions_that_are_stamped_in_utc_fall_on_their_days_in_berlin():
    days = raw("utc_stamped_daily", DAX)["timestamp"]
    assert days.iloc[[0, -1]].to_list() == [pd.Timestamp("2018-01-02"), pd.Timestamp("2019-07-15")]
    assert days.dt.day_of_week.value_counts().to_dict() == dict.fromkeys(range(5), 80)


def test_hours_that_berlins_clocks_repeat_are_read_in_order():
    """The hour from 02:00 occurs twice on 2021-10-31, so all bars are an hour apart."""
    times = raw("repeated_clock_hour", BERLIN_HOURS)["timestamp"]
    assert (times.diff()[1:] == pd.Timedelta(hours=1)).all()
    assert times[720:722].to_list() == [
        pd.Timestamp("2021-10-31 00:00"),
        pd.Timestamp("2021-10-31 01:00"),
    ]


# exchange_calendars itself uses what pandas 3.1 deprecates.
@pytest.mark.filterwarnings("ignore:Series.values:DeprecationWarning")
def test_special_sessions_pass_once_they_are_named():
    bars = raw("special_session", INDIA)
    special = ["2023-11-12", "2024-03-02", "2024-05-18"]
    ends = bars["timestamp"].min(), bars["timestamp"].max()
    held = trading_calendar.held("XBOM", *ends)
    (closed,) = sessions.gaps(bars, held, daily=True, severity="error")
    assert closed.count == 3
    assert f"validate_schema.extra_sessions: [{', '.join(special)}]" in closed.cure
    held = trading_calendar.held("XBOM", *ends, special)
    assert not sessions.gaps(bars, held, daily=True, severity="error")
