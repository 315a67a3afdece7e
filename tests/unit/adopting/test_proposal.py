"""A whole configuration for a history, and the files beside it."""

import json
from pathlib import Path

from tidemark.adopting import proposal
from tidemark.adopting.proposal import CONFIG, CONTRACT, SCHEMA, fitting, history, rules
from tidemark.config import load, yaml_lines
from tidemark.errors import InputError
from tidemark.ohlcv import FIELDS
from tidemark.project import Tree

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = (ROOT / "config.yaml").read_text("utf-8")
RULES = (ROOT / "schemas/prices.json").read_bytes()


def bars(times: pd.DatetimeIndex, tickers: str = "A", fields: tuple[str, ...] = FIELDS):
    """Prices as `sources.prices.read` returns them; what is not in `fields` is missing."""
    generator = np.random.default_rng(7)
    frames = []
    for ticker in tickers:
        close = 50 * np.exp(np.cumsum(generator.normal(0, 0.01, len(times))))
        held = {"open": close, "high": close * 1.01, "low": close * 0.99, "close": close}
        held |= {"volume": np.full(len(times), 1e3), "adj_close": close}
        given = {name: held[name] if name in fields else np.nan for name in FIELDS}
        frames.append(pd.DataFrame({"timestamp": times, "ticker": ticker, **given}))
    return pd.concat(frames, ignore_index=True)


def proposed(records: pd.DataFrame, shipped: str = SHIPPED, **section: object):
    columns = {name: name.upper() for name in records if records[name].notna().any()}
    given = {"path": "mine.csv", "date_format": "%Y-%m-%d", "columns": columns, **section}
    return proposal.made(shipped.encode(), RULES, records, given, "My Data.csv")


def loaded(tmp_path: Path, made: proposal.Proposal):
    """The configuration as the pipeline takes it."""
    for name, text in made.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return load.load(Tree(tmp_path, ROOT), CONFIG)


MONTHS = pd.date_range("1986-01-01", "2026-10-01", freq="MS")
CLOSES = ("close", "adj_close")


def test_monthly_closes_of_one_ticker(tmp_path):
    made = proposed(bars(MONTHS, fields=CLOSES), bar="monthly")
    whole = loaded(tmp_path, made)
    assert not made.broken
    assert whole.validate_schema.calendar is None
    assert whole.validate_schema.as_of == "2026-10-01"
    assert (whole.feature_engineering.windows, whole.feature_engineering.economic) == (
        [3, 6, 12],
        [],
    )
    assert whole.backtest.fill == "next_close"
    assert whole.strategies.keys() == {
        "buy_and_hold", "sma_cross", "ema_cross", "time_series_momentum", "momentum_turning_points",
        "rsi_reversal", "return_reversal", "volatility_managed", "volatility_regime",
        "model_forecast", "model_kelly",
    }  # fmt: skip
    assert whole.strategies["time_series_momentum"].parameters == {
        "lookback": [3, 6, 9, 12],
        "skip": [0, 1],
    }
    reversal = whole.strategies["return_reversal"].parameters
    assert reversal == {"lookback": [1], "threshold": [1.0, 1.5, 2.0], "window": [3]}
    assert list(reversal) == ["lookback", "threshold", "window"]
    assert whole.strategies["ema_cross"].parameters == {"fast": [1], "slow": [2, 5, 10]}
    assert whole.split_data.embargo == 1
    stress = whole.market_scenarios.stress
    assert (stress["crisis"].shock.fall, stress["black_monday"].shock.fall) == (17, 1)
    assert stress["price_shock_and_recovery"].shock.recovery == 3
    assert not [name for name, of in stress.items() if of.correlation]
    assert "2016-07-01" <= whole.split_data.test_start <= "2016-09-01"
    assert "# how many bars are left out between training and test" in made.files[CONFIG]


@pytest.mark.parametrize(("step", "days"), [("W-FRI", 14), ("ME", 45), ("QE", 136), ("YE", 547)])
def test_the_newest_bar_may_be_as_old_as_bars_are_apart(step, days):
    times = pd.date_range("1926-01-01", "2026-10-01", freq=step)[-240:]
    made = proposed(bars(times, fields=CLOSES), bar="weekly" if step == "W-FRI" else "monthly")
    assert json.loads(made.files[SCHEMA])["max_age_days"] == pytest.approx(days, abs=1)


@pytest.mark.parametrize("length", [60, 400])
def test_every_length_lies_within_a_short_history(tmp_path, length):
    times = pd.date_range("2026-01-01", periods=length, freq="h")
    records = bars(times, "AB")
    made = proposed(records, bar="intraday", date_format="%Y-%m-%d %H:%M")
    whole = loaded(tmp_path, made)
    paths = whole.market_scenarios.stochastic
    assert max(whole.feature_engineering.windows, default=2) <= length / 8
    assert max(paths.horizon, paths.warm_up, paths.min_history) <= length / 2
    assert whole.assess.walk_forward.first_years < (times[-1] - times[0]) / pd.Timedelta(days=365)
    assert whole.assess.blocks * 2 <= length
    assert not whole.market_scenarios.historical


def test_fewer_bars_than_models_need_are_refused():
    with pytest.raises(InputError, match=r"59 bars.*60 bars of a ticker"):
        proposed(bars(MONTHS[:59]), bar="monthly")


def test_stretches_are_those_that_the_dates_cover(tmp_path):
    whole = loaded(tmp_path, proposed(bars(MONTHS[170:280]), bar="monthly"))
    assert whole.market_scenarios.historical.keys() == {
        "dot_com_crash", "recession_2001", "financial_crisis_2008",
    }  # fmt: skip


def test_stretches_of_fewer_bars_than_say_anything_are_left_out_and_named():
    said = {one.about: one.because for one in proposed(bars(MONTHS), bar="monthly").conclusions}
    left = said["markets"].partition("fewer than 5 bars lie in ")[2]
    assert {"lehman_weeks", "flash_crash_2010", "debt_ceiling_2011"} <= {*left.split(", ")}
    assert "rate_rise_2022" not in left


@pytest.mark.parametrize(("step", "years"), [("QE", False), ("ME", True)])
def test_calendar_years_are_markets_where_they_have_bars_enough(tmp_path, step, years):
    times = pd.date_range("1926-01-01", "2026-10-01", freq=step)[-240:]
    whole = loaded(tmp_path, proposed(bars(times), bar="monthly"))
    assert whole.market_scenarios.calendar_years is years


# exchange_calendars asks pandas for what later versions have elsewhere
@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
def test_bars_of_hours_keep_lengths_in_bars_but_for_shocks_and_that_is_said(tmp_path):
    times = pd.date_range("2024-01-01", periods=8800, freq="h")
    made = proposed(bars(times), bar="intraday", date_format="%Y-%m-%d %H:%M")
    whole = loaded(tmp_path, made)
    told = {one.about: one.found for one in made.conclusions}
    assert told["lengths"].endswith("21 are 21 hours, 252 are 10.5 days")
    assert whole.feature_engineering.windows == [5, 21, 63]
    assert whole.strategies["time_series_momentum"].parameters["lookback"] == [63, 126, 189, 252]
    falls = {name: of.shock.fall for name, of in whole.market_scenarios.stress.items() if of.shock}
    assert falls == {
        "crisis": 4400, "black_monday": 35, "price_shock": 174, "price_shock_and_recovery": 348,
    }  # fmt: skip
    assert told["shocks"] == "faster than they were: crisis within 4,400 bars"


def test_further_features_have_windows_that_fit_longer_bars():
    shipped = SHIPPED.replace(
        "  # features: ", "  features: {volatility_rank: {window: [10, 63]}} #"
    )
    text = proposed(bars(MONTHS, "AB"), shipped, bar="monthly").files[CONFIG]
    features = yaml_lines.parse("", text.encode())[0]["feature_engineering"]["features"]
    assert features == {"volatility_rank": {"window": [2, 3]}}


def test_a_schema_lets_pass_what_may_be_right_and_says_so():
    records = bars(MONTHS)
    records.loc[20, ["low", "close", "adj_close"]] = -36.98
    records.loc[30:60, "volume"] = np.nan
    records.loc[200:220, ["close", "adj_close"]] = np.nan
    records.loc[70, "high"] = records.loc[70, "close"] * 0.9999
    made = proposed(records, bar="monthly")
    told = {one.about: f"{one.found}; {one.because}" for one in made.conclusions}
    assert told["below zero"].startswith("1 price at or below zero")
    assert "A 1987-09-01 is -36.98" in told["below zero"]
    missing = [one.found for one in made.conclusions if one.about == "missing"]
    assert missing == ["21 values of close, 4.3 %", "31 values of volume, 6.3 %"]
    assert "A 1991-11-01" in told["odd bars"]
    assert not made.broken
    fields = json.loads(made.files[SCHEMA])["fields"]
    assert "exclusive_minimum" not in fields["adj_close"]
    assert fields["open"] == {
        "type": "number", "max_null_rate": 0.02, "exclusive_minimum": 0
    }  # fmt: skip


def test_what_the_pipeline_would_stop_at_is_told_beforehand():
    records = bars(MONTHS)
    records.loc[20, "high"] = 1.0
    (finding,) = proposed(records, bar="monthly").broken
    assert finding.check == "ohlc"


def test_steps_like_splits_are_those_of_which_the_gate_warns():
    records = bars(pd.bdate_range("2012-01-02", periods=300), "AB", CLOSES)
    of_a = records["ticker"] == "A"
    later = of_a & (records["timestamp"] >= "2012-09-03")
    records.loc[later, list(CLOSES)] *= 0.51  # a split by two on a day that rose by 2 %
    (step,) = rules.like_splits(records, 14, can_split=True)
    assert step.found.startswith(
        "1 step from bar to bar that looks like no trade: A 2012-09-03 (-4"
    )
    assert "like a 2:1 split that older prices do not show" in step.found
    assert "adjusted" in step.because
    assert not rules.like_splits(records[~of_a], 14, can_split=True)
    (rate,) = rules.like_splits(records, 14, can_split=False)
    assert "split" not in f"{rate.found} {rate.because}"


def test_the_files_of_a_proposal_tell_which_of_them_anybody_has_edited():
    files = proposed(bars(MONTHS), bar="monthly").files
    assert not proposal.edited(files)
    assert not proposal.edited({})
    assert proposal.edited({CONFIG: SHIPPED, SCHEMA: ""}) == {CONFIG, SCHEMA}
    again = proposed(bars(MONTHS), files[CONFIG], bar="monthly").files
    assert again == files
    for name in (CONFIG, SCHEMA, CONTRACT):
        assert proposal.edited({**files, name: files[name] + "\n"}) == {name}
        others = {key: text for key, text in files.items() if key != name}
        assert proposal.edited(others) == (set() if name != CONFIG else {SCHEMA, CONTRACT})


def test_a_name_that_no_configuration_can_have_is_told_with_its_cure():
    section = {"path": "x.csv", "date_format": "%Y", "columns": {}, "ticker": "a\tb"}
    with pytest.raises(InputError, match=r"prices\.ticker: .* does not show.*TICKER="):
        proposal.in_full(section)


def test_what_is_told_of_other_sources_is_not_of_the_sample():
    told = [one.about for one in proposed(bars(MONTHS), bar="monthly").conclusions]
    assert "left out" not in told
    own = SHIPPED.replace("data/sample/treasury_yields.csv", "mydata/yields.csv")
    (left,) = [
        one.found
        for one in proposed(bars(MONTHS), own, bar="monthly").conclusions
        if one.about == "left out"
    ]
    assert left == "treasury, and features of them"


def test_the_files_speak_of_themselves():
    made = proposed(bars(MONTHS), bar="monthly")
    assert "make all`" not in made.files[CONFIG]
    assert "Edit a line and type `make all CONFIG=config.mine.yaml`" in made.files[CONFIG]
    again = proposed(bars(MONTHS), made.files[CONFIG], bar="monthly")
    assert again.files == made.files
    assert "shares" not in " ".join(json.loads(made.files[SCHEMA])["description"][:2])


def test_a_minimal_configuration_is_enough_to_start_from(tmp_path):
    shipped = "fetch_data:\n  prices:\n    path: x.csv\n    date_format: '%Y'\n    columns: {}\n"
    made = proposed(bars(MONTHS), shipped, bar="monthly")
    assert loaded(tmp_path, made).strategies.keys() > {"buy_and_hold"}
    kept = yaml_lines.parse("", made.files[CONFIG].encode())[0]
    assert "models" not in kept


@pytest.mark.parametrize(
    ("hours", "seconds"),
    [(2_000, None), (6_000, 59), (7_500, None)],  # soon done; long; approximated anyway
)
def test_exact_fits_that_take_long_are_told_beforehand(hours, seconds):
    shipped = yaml_lines.parse("", SHIPPED.encode())[0]
    times = pd.date_range("2024-01-01", periods=hours, freq="h")
    found = fitting._models(shipped, history.of(bars(times, "ABCDEFGHI"), "intraday"))
    assert found.document == {}
    said = [line.found for line in found.conclusions]
    rows = f"{9 * hours * 3 // 4:,}"
    assert said == (
        [f"svr, trained exactly on {rows} rows: about {seconds} s of a free core"] * bool(seconds)
    )
