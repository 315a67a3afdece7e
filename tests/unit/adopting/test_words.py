from tidemark.adopting.meaning import words

import pytest

# Names as providers and spreadsheets in other languages have them, by what they are.
CALLED = {
    "timestamp": [
        "<DATE>",
        "Trade Date",
        "observation_date",
        "Datum",
        "Fecha",
        "日期",
        "Date (UTC)",
    ],
    "ticker": ["<TICKER>", "Symbol", "ts_code", "SECID"],
    "open": [
        "1. open",
        "PX_OPEN",
        "Opening Price ($)",
        "Eröffn.",
        "Ouv",
        "Açılış",
        "始値",
        "open_price",
    ],
    "high": ["Highest Price", "Najwyzszy", "Máximo", "最高", "Högstkurs", "PX_HIGH"],
    "low": ["Low Price (USD)", "Minimo", "Düşük", "安値", "Tief"],
    "close": ["Close/Last", "4. close", "Close*", "Clôture", "收盘", "Zamkniecie", "Close USD"],
    "volume": ["Vol.", "Volume BTC", "TOTTRDQTY", "No.of Shares", "成交量", "Hac.", "Stuecke"],
    "adj_close": ["Adj Close**", "adjClose", "Adj. Close", "5. adjusted close", "Adjusted_close"],
}
NAMES = [(role, name) for role, names in CALLED.items() for name in names]


@pytest.mark.parametrize(("role", "name"), NAMES)
def test_columns_are_known_by_their_names(role, name):
    assert list(words.columns_by_role([name])) == [role]
    assert words.is_surely(role, name)


def test_the_surer_word_is_preferred():
    assert words.columns_by_role(["Last", "Close"])["close"] == ["Close"]
    assert words.columns_of("close", ["Last", "Close"]) == [["Close"], ["Last"]]


def test_single_letters_are_fields_only_all_together():
    assert words.columns_by_role(["C", "V"]) == {}
    assert words.columns_by_role([*"tohlcv"])["close"] == ["c"]


@pytest.mark.parametrize(
    "name", ["Change %", "Var%", "vw", "Adj. Volume", "前日比", "Open Interest"]
)
def test_what_is_no_part_of_a_bar_is_known_too(name):
    assert words.is_none_of_a_bar(name)
    assert words.columns_by_role([name]) == {}
