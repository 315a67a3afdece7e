"""Sections that have a provider: what is refused before anybody is asked, with its line."""

import re
from pathlib import Path

from tidemark.config import load
from tidemark.config.settings import Config
from tidemark.errors import InputError
from tidemark.project import CODE, Tree

import pytest

TREE = Tree(Path(), CODE)
PRICES = "fetch_data:\n  prices:\n    provider: {provider}\n    tickers: {tickers}\n"
FILE = """fetch_data:
  prices:
    path: mine/prices.csv
    date_format: "%Y-%m-%d"
    columns: {timestamp: Date, ticker: Ticker, close: Close, adj_close: Close}
"""
SERIES = "  economic:\n    rates: {provider: treasury, series: {y: 10year}}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def loaded(text: str) -> Config:
    Path("config.yaml").write_text(text, "utf-8")
    return load.load(TREE, "config.yaml")


def prices(more: str = "", provider: str = "yahoo", tickers: str = "[IBM, AAPL]") -> str:
    return PRICES.format(provider=provider, tickers=tickers) + more


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (prices(provider="yaho"), 3, r"no such provider of such data: yaho \(did you mean yahoo"),
        (prices(provider="bls"), 3, "no such provider of such data: bls"),
        (prices(tickers="[]"), 4, "tickers: is missing"),
        (prices(tickers="[IBM, ibm]"), 4, "IBM and ibm are one ticker"),
        (prices(tickers="[IBM, IBM]"), 4, "IBM and IBM are one ticker"),
        (
            prices("tickers: {A: {yahoo: BTC-USD}, B: {yahoo: BTC-USD}}\n", tickers="[A, B]"),
            4, "A and B are both BTC-USD at yahoo",
        ),
        (
            prices("tickers: {A: {yahoo: IBM}}\n", tickers="[A, IBM]"), 4,
            "A and IBM are both IBM at yahoo",
        ),
        (prices("tickers: {A: {yaho: IBM}}\n"), 5, r"provider of prices: yaho \(did you mean"),
        (prices("    interval: 1h\n"), 5, "bars of 1h are not daily ones: say bar: intraday"),
        (prices("    bar: intraday\n"), 5, "bars of 1d are not intraday ones: say bar: daily"),
        (prices("    bar: weekly\n"), 5, "bars of 1d are not weekly ones"),
        (prices("    interval: 4d\n"), 5, "interval: 4d bars"),
        (prices("    path: mine.csv\n"), 5, "path: can have no effect: what a provider sends"),
        (prices("    divide_by: {close: 100}\n"), 5, "divide_by: can have no effect"),
        (prices("    form: {decimal: ','}\n"), 5, "form: can have no effect"),
        (prices("    options: {plan: demo}\n"), 5, "no such option of yahoo: plan; one of cur"),
        (prices("    options: {currency: 5}\n"), 5, "must be a text, not 5"),
        (
            prices("    options: {plan: dem}\n", provider="coingecko"), 5,
            "must be one of keyless, demo, pro, not 'dem'",
        ),
        (prices("    options: {x: 1}\n", provider="ecb"), 5, "no such option of ecb: x; one of n"),
        (prices(provider="files_over_http"), 2, "options.address: is missing"),
        (
            prices("    options: {address: 'http://a/{id}.csv', columns: x}\n", "files_over_http"),
            5, "columns: must be a mapping, not 'x'",
        ),
        (
            prices(
                "    options: {address: a, columns: {close: c}, form: {decimal: 5}}\n",
                "files_over_http",
            ),
            5, "form.decimal: ",
        ),
        (prices("  corporate_actions: {provider: massive}\n"), 5, "come with its prices alone"),
        (
            prices("  corporate_actions: {path: a.csv, date_format: '%Y-%m-%d', "
                   "columns: {timestamp: d, ticker: t, kind: k, value: v}}\n"),
            5, "prices of yahoo are adjusted by what it sends itself",
        ),
        (FILE + "  corporate_actions: {provider: yahoo}\n", 6, "say prices.provider: yahoo"),
        (FILE + "    tickers: [IBM]\n", 6, "tickers: can have no effect: a file is read"),
        (FILE + "    since: 2020-01-01\n", 6, "since: can have no effect"),
        (FILE + SERIES.replace("{y: 10year}", "{}"), 7, "series: is missing"),
        (FILE + SERIES.replace("treasury", "yahoo"), 7, "no such provider of such data: yahoo"),
        (
            FILE + SERIES.replace("treasury", "bls, options: {registered: 'yes'}"), 7,
            "must be true or false",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_for_or_counts_for_nothing_is_refused(text, line, words):
    with pytest.raises(InputError) as error:
        loaded(text)
    told = next(one for one in str(error.value).splitlines() if re.search(words, one))
    assert re.search(rf"config\.yaml:{line}:", told), told


@pytest.mark.parametrize("name", ["^GSPC", "X:BTCUSD", "BRK.B", "BRK-B", "BTC-USD", "EURUSD=X"])
def test_names_of_many_markets_are_tickers(name):
    whole = loaded(prices(tickers=f"['{name}', IBM]"))
    assert name in whole.fetch_data.prices.tickers


def test_options_and_what_tickers_say_reach_the_configuration():
    text = prices("    options: {plan: demo, currency: eur}\n", "coingecko", "[BTC]")
    whole = loaded(text + "tickers: {BTC: {coingecko: bitcoin, currency: usd}}\n")
    assert whole.fetch_data.prices.options == {"plan": "demo", "currency": "eur"}


def test_a_path_in_place_of_the_provider_is_read_again():
    assert loaded(prices()).fetch_data.prices.path == "data/store/current/prices.json"
    assert loaded(FILE).fetch_data.prices.path == "mine/prices.csv"


def test_the_order_of_tickers_is_no_other_configuration():
    one, other = (loaded(prices(tickers=text)) for text in ("[A, B]", "[B, A]"))
    assert one.fetch_data == other.fetch_data


def test_a_file_behind_an_address_has_the_columns_that_are_said():
    columns = "columns: {timestamp: Date, ticker: T, close: Last, volume: V}"
    options = f"    options: {{address: 'http://a/{{id}}.csv', {columns}}}\n"
    whole = loaded(prices(options, "files_over_http"))
    assert [*whole.fetch_data.prices.columns] == ["timestamp", "ticker", "close", "volume"]
