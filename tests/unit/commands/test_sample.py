"""The sample data: intact, rebuilt from its parts, and consistent with figures from elsewhere."""

import hashlib
import io
import re
import zipfile
from dataclasses import asdict
from pathlib import Path

from commands import rebuild_sample
from tidemark.bars import closes, corporate_actions, trading_calendar
from tidemark.config import load
from tidemark.preprocessing import as_known
from tidemark.project import HERE
from tidemark.sources import economic as released

import pandas as pd
import pytest

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "sample"
NAMES = {"Date": "timestamp", "Ticker": "ticker", "Close": "close", "Adj Close": "adj_close"}


@pytest.fixture(scope="module")
def prices():
    return pd.read_csv(SAMPLE / "prices.csv", parse_dates=["Date"]).rename(columns=NAMES)


@pytest.fixture(scope="module")
def rates():
    return pd.read_csv(SAMPLE / "fx.csv", index_col="Date", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def actions():
    return pd.read_csv(SAMPLE / "corporate_actions.csv", index_col=["ticker", "ex_date"])


def test_files_are_those_that_sources_describes():
    described = dict(
        re.findall(r"\| (\w+\.csv) \|.*`([0-9a-f]{64})`", (SAMPLE / "SOURCES.md").read_text())
    )
    found = {path.name: path.read_bytes() for path in SAMPLE.glob("*.csv")}
    assert {name: hashlib.sha256(data).hexdigest() for name, data in found.items()} == described
    assert sum(map(len, found.values())) < 2_100_000


def test_prices_are_the_rows_that_the_source_counts(prices):
    counts = {"AAPL": 3270, "FB": 196, "GOOG": 2148, "IBM": 3270, "MSFT": 3270}
    assert prices["ticker"].value_counts().to_dict() == counts
    assert not prices.isna().any(axis=None)


def test_corporate_actions_follow_from_the_prices():
    rebuilt = rebuild_sample.actions((SAMPLE / "prices.csv").read_bytes())
    assert rebuilt == (SAMPLE / "corporate_actions.csv").read_bytes()


# From elsewhere: nasdaq.com on AAPL's third dividend (2013); Microsoft's announcements of January
# 2003 and 20 July 2004 (3.00 special plus 0.08); gurufocus.com on IBM; Yahoo's example of MSFT.
@pytest.mark.parametrize(
    ("ticker", "ex_date", "kind", "value"),
    [
        ("AAPL", "2000-06-21", "split", 2.0),
        ("AAPL", "2005-02-28", "split", 2.0),
        ("AAPL", "2012-08-09", "dividend", 2.65),
        ("AAPL", "2012-11-07", "dividend", 2.65),
        ("AAPL", "2013-02-07", "dividend", 2.65),
        ("MSFT", "2003-02-18", "split", 2.0),
        ("MSFT", "2003-02-19", "dividend", 0.08),
        ("MSFT", "2004-08-23", "dividend", 0.08),
        ("MSFT", "2004-11-15", "dividend", 3.08),
        ("IBM", "2010-08-06", "dividend", 0.65),
        ("IBM", "2011-05-06", "dividend", 0.75),
        ("IBM", "2012-05-08", "dividend", 0.85),
        ("IBM", "2013-02-06", "dividend", 0.85),
    ],
)
def test_known_events(actions, ticker, ex_date, kind, value):
    assert tuple(actions.loc[(ticker, ex_date)]) == (kind, value)


def test_ibm_paid_what_its_annual_totals_say(actions):
    """Annual totals: smartdividendstocks.com/ibm-dividend-history."""
    paid = actions.loc["IBM"].reset_index()
    totals = paid.groupby(paid["ex_date"].str[:4])["value"].sum().round(2)
    published = {"2001": 0.55, "2003": 0.63, "2005": 0.78, "2008": 1.90, "2010": 2.50, "2012": 3.30}
    assert totals[list(published)].to_dict() == published


def test_every_implied_dividend_is_a_whole_number_of_cents(prices):
    events = corporate_actions.implied(prices)
    cents = events.loc[events["kind"] == "dividend", "value"] * 100
    assert (cents - cents.round()).abs().max() < 1e-8


def test_microsoft_split_closes_match_yahoos_example(prices):
    """Yahoo's adjusted-close example: 48.30, then 24.96 on the split day, then 24.53."""
    msft = prices[prices["ticker"] == "MSFT"].set_index("timestamp")["close"]
    assert list(msft["2003-02-14":"2003-02-19"]) == [48.30, 24.96, 24.53]


def test_known_fault_and_real_crash_are_still_there(prices):
    aapl = prices[prices["ticker"] == "AAPL"].set_index("timestamp")
    bar = ["Open", "High", "Low", "close"]
    assert list(aapl.loc["2003-01-28", bar]) == list(aapl.loc["2003-01-29", bar])
    assert aapl["adj_close"].pct_change()["2000-09-29"] == pytest.approx(-0.519, abs=5e-4)


def test_treasury_yields():
    """30-year: the Treasury ceased on 2002-02-18 and resumed on 2006-02-09 (treasury.gov)."""
    yields = pd.read_csv(SAMPLE / "treasury_yields.csv")
    days = yields["Time Period"].str[:10]
    missing = days[yields["30year"].isna()]
    assert (missing.min(), missing.max()) == ("2002-02-19", "2006-02-08")
    assert days[yields["20year"].isna()].max() < "1993-10-01", "no gap since"
    assert (days.min(), days.max(), len(days)) == ("1990-01-02", "2013-03-01", 5796)
    assert yields["10year"].between(0.01, 0.10).all()


def test_unemployment_is_monthly_and_not_seasonally_adjusted():
    """January 2013 was published as 7.9 seasonally adjusted (BLS, USDL-13-0144)."""
    rate = pd.read_csv(SAMPLE / "unemployment.csv", parse_dates=["month"]).set_index("month")[
        "rate"
    ]
    assert list(rate.index) == list(pd.date_range("1948-01-01", "2013-02-01", freq="MS"))
    assert rate["2013-01-01"] == 8.5
    assert (rate[rate.index.month == 1][1:].to_numpy() > rate[rate.index.month == 12]).all()


# exchange_calendars itself uses what pandas 3.1 deprecates.
@pytest.mark.filterwarnings("ignore:Series.values:DeprecationWarning")
@pytest.mark.parametrize(("name", "old_lag"), [("treasury", 1), ("unemployment", 45)])
def test_hours_of_release_move_no_join(prices, name, old_lag):
    """Each session knows what it would know if releases were days, even if it closes early."""
    source = asdict(load.load(HERE, "config.yaml"))["fetch_data"]["economic"][name]
    series = released.read(
        {source["path"]: (SAMPLE.parents[1] / source["path"]).read_bytes()}, source
    ).records
    days = pd.Series(prices["timestamp"].sort_values().unique()).astype("datetime64[us]")
    held = trading_calendar.held("XNYS", days.iloc[0], days.iloc[-1])
    instants = closes.of(days, closes.table(held), "UTC")
    assert (instants.dt.hour == 18).sum() > 20, "sessions that close early"
    by_day = series["timestamp"] + pd.Timedelta(days=old_lag)
    known = by_day.searchsorted(days, side="right")
    assert (series["available_at"].searchsorted(instants, side="left") == known).all()
    events = by_day[(by_day >= days.iloc[0]) & (by_day <= days.iloc[-1])]
    first = as_known.first_to_know(instants, series["available_at"])
    assert first.to_list() == days.searchsorted(events).tolist()


# Published by the ECB: the first day, the last of this file, the euro's lowest and highest rates in
# dollars, the last for the rouble, and the franc before and after its floor was given up.
@pytest.mark.parametrize(
    ("day", "currency", "rate"),
    [
        ("1999-01-04", "USD", "1.1789"),
        ("1999-01-04", "JPY", "133.73"),
        ("1999-01-04", "CNY", "N/A"),
        ("2000-10-26", "USD", "0.8252"),
        ("2005-03-31", "CNY", "N/A"),
        ("2008-07-15", "USD", "1.599"),
        ("2015-01-14", "CHF", "1.201"),
        ("2015-01-15", "CHF", "1.028"),
        ("2022-03-01", "RUB", "117.201"),
        ("2022-03-02", "RUB", "N/A"),
        ("2026-10-30", "USD", "1.1172"),
        ("2026-10-30", "GBP", "0.8338"),
    ],
)
def test_reference_rates_are_those_that_the_ecb_published(rates, day, currency, rate):
    assert rates.loc[day, currency] == rate


def test_reference_rates_are_newest_first_and_of_every_day_of_the_ecb(rates):
    assert list(rates) == rebuild_sample.CURRENCIES
    days = pd.DatetimeIndex(rates.index)[::-1]
    held = trading_calendar.held("ECB", days[0], days[-1])
    assert (list(held.sessions.index), len(days)) == (list(days), 7126)
    missing = (rates == "N/A").sum()
    assert missing[missing > 0].to_dict() == {"CNY": 7126 - 5527, "RUB": 7126 - 4333}


def test_rebuild_takes_only_the_packages_it_knows(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no wheel bokeh_sampledata-2026\.1"):
        rebuild_sample.build(tmp_path)


def test_cut_and_reshape():
    curves = (
        b"Time Period,10year\n2013-03-01 00:00:00+00:00,0.0186\n2013-03-04 00:00:00+00:00,0.0188\n"
    )
    assert rebuild_sample.treasury_yields(curves) == curves[: curves.rindex(b"2013-03-04")]
    months = "Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov,Dec"
    wide = f"Year,{months},Annual\n2013,8.5,8.1,7.6,7,7,7,7,7,7,7,7,7,7\n".encode()
    assert rebuild_sample.unemployment(wide) == b"month,rate\n2013-01-01,8.5\n2013-02-01,8.1\n"


def test_chosen_columns_keep_every_digit(monkeypatch):
    monkeypatch.setattr(rebuild_sample, "CURRENCIES", ["GBP", "USD"])
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as rates:
        rates.writestr("hist.csv", "Date,USD,JPY,GBP,\n2026-10-29,1.1130,1e2,N/A,\n")
    assert rebuild_sample.reference_rates(archive.getvalue()) == (
        b"Date,GBP,USD\n2026-10-29,N/A,1.1130\n"
    )


def test_rebuild_refuses_data_that_changed(tmp_path):
    with zipfile.ZipFile(tmp_path / "bokeh_sampledata-2026.1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("bokeh_sampledata/_data/stocks.csv.gz", b"other")
    with pytest.raises(ValueError, match=r"is not the file that SOURCES\.md describes"):
        rebuild_sample.build(tmp_path)
