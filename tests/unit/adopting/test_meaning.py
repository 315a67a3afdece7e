import io
import json
import re

from tidemark.adopting import meaning
from tidemark.adopting.conclusions import Sureness
from tidemark.adopting.meaning import date_order
from tidemark.adopting.meaning.date_formats import DAY_FIRST, MONTH_FIRST, Reading
from tidemark.errors import InputError
from tidemark.reading import files
from tidemark.reading.settings import Form
from tidemark.sources import prices

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

IN_FULL = {"layout": "long", "bar": "daily", "time_zone": "UTC"}


def means(text, path="AAPL.csv", form=Form(), **answers):  # noqa: B008
    texts = text if isinstance(text, dict) else {path: text}
    tables = [table for name in texts for table in files.tables(name, texts[name].encode(), form)]
    return meaning.of(tables, form, "data/own/prices.csv", answers)


def section(*arguments, **named):
    found = means(*arguments, **named)
    assert found.questions == []
    return dict(found.section)


def asked(*arguments, **named):
    found = means(*arguments, **named)
    assert found.section is None
    return {question.name: [o.answer for o in question.options] for question in found.questions}


BARS = """Date,Open,High,Low,Close,Volume
2012-12-03,593.65,594.59,585.50,586.19,13010000
2012-12-04,581.80,581.80,572.13,575.85,19895300
2012-12-05,568.91,569.25,538.77,538.79,37308500
"""
OHLCV = {"open": "Open", "high": "High", "low": "Low", "close": "Close", "volume": "Volume"}


def test_a_plain_file_of_one_ticker():
    assert section(BARS) == {
        "path": "data/own/prices.csv",
        "date_format": "%Y-%m-%d",
        "columns": {"timestamp": "Date", **OHLCV},
        "ticker": "AAPL",
        "asset": "stocks",
    }


def test_what_is_proposed_can_be_read():
    proposed = section(BARS)
    records = prices.read({"AAPL.csv": BARS.encode()}, IN_FULL | proposed).records
    assert records["close"].tolist() == [586.19, 575.85, 538.79]


LONG = """Ticker,Date,Close,Adj Close
AAPL,2012-12-03,586.19,76.01
AAPL,2012-12-04,575.85,74.67
MSFT,2012-12-03,26.43,21.5
MSFT,2012-12-04,26.37,21.4
"""


def test_a_long_file_has_a_column_of_tickers():
    assert section(LONG)["columns"] == {
        "timestamp": "Date",
        "ticker": "Ticker",
        "close": "Close",
        "adj_close": "Adj Close",
    }


def test_tickers_are_found_by_their_values_where_no_name_says_it():
    assert section(LONG.replace("Ticker", "X1"))["columns"]["ticker"] == "X1"


@pytest.mark.parametrize(
    ("constant", "ticker"),
    [
        ("EURUSD", "column 1"),
        ("BRK.B", "column 1"),
        ("D", None),  # daily
        ("M5", None),
        ("USD", None),
        ("traded", None),
        ("EURUSD,FOREXCOM", None),  # a ticker and an exchange
    ],
)
def test_a_name_that_stands_in_every_row_is_the_ticker_where_no_header_says_it(constant, ticker):
    text = "".join(f"{constant},2012-12-0{day},{586 + day / 8}\n" for day in (3, 4, 5))
    assert section(text, form=Form(header_line=0))["columns"].get("ticker") == ticker
    header = "X,Y,Date,Close" if "," in constant else "X,Date,Close"
    assert "ticker" not in section(f"{header}\n{text}")["columns"]


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("t,o,h,l,c", {"open": "o USD", "high": "h USD", "low": "l USD", "close": "c USD"}),
        ("t,C,V,F,T", {"close": "* USD"}),  # Citigroup, Visa, Ford and AT&T
    ],
)
def test_single_letters_with_units_below_are_fields_only_all_together(header, columns):
    rows = [f"2012-12-0{day},{day}.5,{day + 1}.5,{day - 1}.5,{day}.75" for day in (3, 4, 5)]
    text = "\n".join([header, ",USD,USD,USD,USD", *rows, ""])
    found = section(text, form=Form(header_lines=2))
    assert found["columns"] == {"timestamp": "t", **columns}


def test_single_letters_with_units_below_are_asked_about_where_some_lack():
    text = "t,o,v\n,USD,shares\n2012-12-03,5.5,100\n2012-12-04,5.75,300\n2012-12-05,5.5,200\n"
    assert asked(text, form=Form(header_lines=2)) == {"COLUMN": ["o USD", "v shares", "all"]}


@pytest.mark.parametrize("name", ["Symbol", "code"])
def test_tickers_may_be_whole_numbers(name):
    rows = [
        {"Date": f"2012-12-0{day}", name: code, "Close": code / 100 + day / 8}
        for day in (3, 4)
        for code in (600519, 1)
    ]
    text = json.dumps(rows)
    found = means(text, "p.json")
    assert dict(found.section)["columns"] == {"timestamp": "Date", "ticker": name, "close": "Close"}
    told = [one.found for one in found.conclusions if one.about == "tickers"]
    assert told == ["600519, 1"]


def test_rows_of_one_date_that_nothing_tells_apart_are_refused():
    text = "Date,Close\n2012-12-03,586.19\n2012-12-03,26.43\n2012-12-04,575.85\n2012-12-04,26.37\n"
    with pytest.raises(InputError, match=r"AAPL.csv:3: Date: stands in several rows"):
        means(text)


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("Date,AAPL,MSFT", {"close": "*"}),
        ("Date,LOW,AAPL,MSFT", {"close": "*"}),  # Lowe's
        ("Date,C,V", {"close": "*"}),
        ("Date,AAPL Close,MSFT Close", {"close": "* Close"}),
        ("Date,Adj Close_AAPL,Adj Close_BRK_B", {"adj_close": "Adj Close_*"}),
        ("Date,AAPL.Close,AAPL.Adjusted", {"close": "*.Close", "adj_close": "*.Adjusted"}),
        (
            "Date,\"('Close', 'AAPL')\",\"('Close', 'MSFT')\"",
            {"close": "('Close', '*')"},
        ),
        ("Date,DGS10", {"close": "*"}),
    ],
)
def test_wide_files(header, columns):
    rows = ["2012-12-03,586.19,26.43,9.5", "2012-12-04,575.85,26.37,9.6"]
    width = {"Date,DGS10": 2, "Date,LOW,AAPL,MSFT": 4}.get(header, 3)
    text = "\n".join([header, *(",".join(row.split(",")[:width]) for row in rows)])
    found = section(text)
    assert found["layout"] == "wide"
    assert found["columns"] == {"timestamp": "Date", **columns}
    assert "ticker" not in found


def test_a_wide_file_leaves_out_what_is_no_ticker():
    text = "Date,Day,AAPL,MSFT\n2012-12-03,Monday,586.19,26.43\n2012-12-04,Tuesday,575.85,26.37\n"
    assert section(text)["form"] == {"leave_out": ["Day"]}


def test_columns_that_may_be_no_tickers_are_asked_about():
    text = "Date,sales,profit\n2012-12-03,586.19,26.43\n2012-12-04,575.85,26.37\n"
    assert asked(text) == {"COLUMN": ["sales", "profit", "all"]}
    assert section(text, COLUMN="profit")["columns"] == {"timestamp": "Date", "close": "profit"}
    assert section(text, COLUMN="all")["columns"] == {"timestamp": "Date", "close": "*"}
    with pytest.raises(InputError, match="COLUMN=loss: names no column"):
        means(text, COLUMN="loss")


def test_a_field_is_not_left_out_because_a_value_of_it_is_no_number():
    with pytest.raises(InputError, match=r"AAPL.csv:2: High: '594,59' is not a number"):
        means(BARS.replace("594.59", '"594,59"'))


def test_a_field_without_any_number_is_left_out_and_told():
    found = means("Date,Close,Volume\n2012-12-03,586.19,-\n2012-12-04,575.85,-\n")
    assert "volume" not in found.section["columns"]
    assert [told.found for told in found.conclusions if told.about == "not read"] == ["'Volume'"]


def test_codes_and_further_dates_are_no_numbers():
    row = "2012-12-0{0},SP00,2012-12-0{0}T23:59:59.999Z,586.1{0}\n"
    text = "Date,Type,Until,Close\n" + "".join(row.format(day) for day in (3, 4, 5))
    assert section(text)["columns"] == {"timestamp": "Date", "close": "Close"}


def test_a_unit_below_a_ticker_is_none_of_it():
    text = "Date,AAPL,MSFT\n,USD,USD\n2012-12-03,586.19,26.43\n2012-12-04,575.85,26.37\n"
    assert section(text, form=Form(header_lines=2))["columns"]["close"] == "* USD"
    pairs = text.replace(",USD,USD\n", "").replace("AAPL,MSFT", "EUR USD,GBP USD")
    assert section(pairs)["columns"]["close"] == "*"


def test_two_closes_of_different_values_are_asked_about():
    text = "Date,Last,Settle\n2012-12-03,586.19,586.2\n2012-12-04,575.85,575.9\n"
    assert asked(text) == {"COLUMN": ["Last", "Settle"]}
    assert section(text, COLUMN="Settle")["columns"]["close"] == "Settle"


@pytest.mark.parametrize("name", ["Volume", "Open", "VWAP"])
def test_what_is_no_close_is_not_taken_for_one(name):
    text = f"Date,{name}\n2012-12-03,586.19\n2012-12-04,575.85\n"
    assert asked(text) == {"COLUMN": [name, "all"]}
    assert section(text, COLUMN=name)["columns"] == {"timestamp": "Date", "close": name}


def test_two_opens_of_different_values_are_refused():
    text = "Date,Open,Opening,Close\n2012-12-03,1.5,1.6,1.7\n2012-12-04,1.6,1.8,1.7\n"
    with pytest.raises(InputError, match="several columns for open, with different values"):
        means(text)


def test_not_all_columns_are_tickers_beside_a_column_of_them():
    with pytest.raises(InputError, match="COLUMN=all: there is a column of tickers, 'Ticker'"):
        means(LONG, COLUMN="all")


def test_volume_is_the_one_that_is_not_zero_throughout():
    text = "Date,Close,TickVol,Vol\n2012-12-03,586.19,10,0\n2012-12-04,575.85,20,0\n"
    assert section(text)["columns"]["volume"] == "TickVol"
    assert section(text.replace("20,0", "20,7"))["columns"]["volume"] == "Vol"


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("order", ["ohlc", "ochl", "cohl"])
def test_bars_without_a_header_are_told_by_their_values(order, newest_first):
    bars = [
        {"o": 10.0, "h": 10.9, "l": 9.9, "c": 10.8},
        {"o": 10.8, "h": 11.6, "l": 10.7, "c": 11.5},
        {"o": 11.5, "h": 11.6, "l": 10.2, "c": 10.3},
        {"o": 10.3, "h": 10.4, "l": 9.4, "c": 9.6},
    ]
    rows = [
        ",".join([f"2012-12-0{day}", *(str(bar[field]) for field in order), "1000"])
        for day, bar in enumerate(bars, 3)
    ]
    header = ",".join(f"column {number}" for number in range(1, 7))
    text = "\n".join([header, *(rows[::-1] if newest_first else rows)])
    (table,) = files.tables("AAPL.csv", text.encode(), Form())
    columns = meaning.of([table], Form(header_line=0), "AAPL.csv", {}).section["columns"]
    names = dict(zip(order, ("column 2", "column 3", "column 4", "column 5"), strict=True))
    assert columns == {
        "timestamp": "column 1",
        "open": names["o"],
        "high": names["h"],
        "low": names["l"],
        "close": names["c"],
        "volume": "column 6",
    }


def test_bars_of_several_tickers_without_a_header_follow_their_own():
    bars = {"A": (10.8, 10.0, 10.9, 9.9), "B": (950.0, 900.0, 960.0, 890.0)}  # closes first
    text = "".join(
        f"2012-12-{day:02},{name},{','.join(str(price * 1.08 ** (day - 3)) for price in bar)}\n"
        for day in range(3, 9)
        for name, bar in bars.items()
    )
    falls = "2012-12-10,A,15.2,17.0,17.1,15.1\n2012-12-10,B,1310,1500,1510,1300\n"
    gap = "2012-12-11,A,0,17.0,17.1,15.1\n"
    form = Form(header_line=0, missing_prices=(0.0,))
    found = section(text + falls + gap, form=form)["columns"]
    assert (found["open"], found["close"]) == ("column 4", "column 3")


def of_dates(*dates):
    return "Date,Close\n" + "".join(f"{date},{9.5 + row}\n" for row, date in enumerate(dates))


def test_the_order_of_a_date_is_asked_for_where_nothing_tells():
    text = of_dates("01/02/2011", "01/03/2011", "01/04/2011")
    assert asked(text) == {"DATES": ["day-first", "month-first"]}
    assert section(text, DATES="day-first")["date_format"] == "%d/%m/%Y"
    assert section(text, DATES="month-first")["date_format"] == "%m/%d/%Y"
    for other in (text, BARS):
        with pytest.raises(InputError, match="DATES=year-month: the dates in 'Date' cannot all"):
            means(other, DATES="year-month")


def test_the_order_of_rows_can_tell_the_order_of_a_date():
    text = of_dates("12/11/2012", "01/12/2012", "02/12/2012")
    assert section(text)["date_format"] == "%d/%m/%Y"


def test_week_ends_can_tell_the_order_of_a_date():
    december = ["03", "04", "05", "06", "07", "10", "11", "12"]
    january = ["02", "03", "04", "07"]
    text = of_dates(*(f"{day}/12/2012" for day in december), *(f"{day}/01/2013" for day in january))
    (dates,) = (told for told in means(text).conclusions if told.about == "dates")
    assert "day-first" in dates.found
    assert dates.sureness is Sureness.LIKELY


@pytest.mark.parametrize(
    ("dates", "bar"),
    [
        (("2012-11-30", "2012-12-03", "2012-12-04"), "daily"),
        (("2012-11-30", "2012-12-07", "2012-12-14"), "weekly"),
        (("2012-10", "2012-11", "2012-12"), "monthly"),
        (("2012-12-03 16:00", "2012-12-04 16:00"), "daily"),
        (("2012-12-03T10:00Z", "2012-12-03T11:00Z", "2012-12-04T10:00Z"), "intraday"),
    ],
)
def test_bars_are_as_long_as_their_dates_are_apart(dates, bar):
    assert section(of_dates(*dates)).get("bar", "daily") == bar


@pytest.mark.parametrize(
    ("months", "told"),
    [
        (1, "monthly, 8 rows"),
        (3, "quarterly (bar: monthly), 8 rows"),
        (6, "half-yearly (bar: monthly), 8 rows"),
        (12, "yearly (bar: monthly), 8 rows"),
    ],
)
def test_steps_longer_than_a_month_are_told_as_what_they_are(months, told):
    days = pd.date_range("2001-01-31", periods=8, freq=f"{months}ME").strftime("%Y-%m-%d")
    found = means(of_dates(*days))
    assert found.section["bar"] == "monthly"
    (bars,) = (one.found for one in found.conclusions if one.about == "bars")
    assert bars.startswith(told)


def test_hours_without_a_zone_are_asked_about():
    text = of_dates("2012-12-03 09:30", "2012-12-03 15:00", "2012-12-04 09:30")
    assert asked(text)["ZONE"][:2] == ["America/New_York", "Asia/Hong_Kong"]
    assert section(text, ZONE="Asia/Tokyo")["time_zone"] == "Asia/Tokyo"
    with pytest.raises(InputError, match="ZONE=EST5: 'EST5' is not a time zone"):
        means(text, ZONE="EST5")


def test_hours_may_have_a_column_of_their_own():
    text = "Date,Time,Close\n2012-12-03,09:30,1.5\n2012-12-03,10:00,2.5\n"
    assert section(text, ZONE="UTC")["columns"] == {
        "timestamp": "Date",
        "time": "Time",
        "close": "Close",
    }


@pytest.mark.parametrize(
    ("dates", "zone"),
    [
        # Midnight in New York, winter and summer; the days are those of UTC too.
        (("2013-03-08T05:00Z", "2013-03-11T04:00Z", "2013-03-12T04:00Z"), "America/New_York"),
        # Midnight in Tokyo of Monday to Friday.
        (tuple(f"2013-03-{day:02}T15:00Z" for day in (3, 4, 5, 6, 7, 10)), "Asia/Tokyo"),
        (("2013-03-08T00:00Z", "2013-03-11T00:00Z"), "UTC"),
    ],
)
def test_daily_stamps_have_the_zone_whose_days_they_are(dates, zone):
    assert section(of_dates(*dates)).get("time_zone", "UTC") == zone


def test_whole_numbers_are_asked_about():
    text = "Date,Close\n" + "".join(f"2012-12-0{day},{15023 + day}\n" for day in range(3, 9))
    assert asked(text) == {"PRICES": ["units", "hundredths"]}
    assert section(text, PRICES="hundredths")["divide_by"] == {"close": 100.0}
    assert "divide_by" not in section(text, PRICES="units")
    grouped = "Date,Close\n" + "".join(f'2012-12-0{day},"15,02{day}"\n' for day in range(3, 9))
    assert "divide_by" not in section(grouped, form=Form(thousands=","))
    assert "divide_by" not in section(re.sub(r"(\d{5})\n", r"\1.00\n", text))
    in_pence = section(text.replace("Close", "Close (pence)"))
    assert in_pence["divide_by"] == {"close": 100.0}


def test_a_folder_is_one_file_a_ticker():
    found = section({"own/AAPL.csv": BARS, "own/MSFT.csv": BARS})
    assert "ticker" not in found
    assert "ticker" not in found["columns"]


def test_files_that_differ_in_dates_alone_are_of_one_ticker():
    later = BARS.replace("2012-12", "2013-01")
    files = {"BTCUSDT-1d-2012-12.csv": BARS, "BTCUSDT-1d-2013-01.csv": later}
    assert section(files)["ticker"] == "BTCUSDT"
    overlapping = dict.fromkeys(files, BARS)
    assert "ticker" not in section(overlapping)
    with pytest.raises(InputError, match="seem to be parts of one ticker, among files of others"):
        means({**files, "ETHUSDT-1d-2012-12.csv": BARS})


def test_files_of_several_forms_are_told_apart():
    with pytest.raises(InputError, match="has other columns than AAPL"):
        means({"AAPL.csv": BARS, "MSFT.csv": "Day;Last\n2012-12-03;1\n"})


def test_files_that_share_no_column_of_prices_are_told_apart():
    problem = (
        r"^usd.csv: has other columns than AAPL.csv, and none of prices is in all .*'USD' here"
    )
    with pytest.raises(InputError, match=problem):
        means({"AAPL.csv": BARS, "usd.csv": "Date,USD\n2012-12-03,1.2\n2012-12-04,1.3\n"})


def test_both_ends_of_the_dates_have_hours_if_any_has():
    hours = pd.date_range("2023-01-01", "2023-01-03 23:00", freq="h")
    text = "".join(f"{hour:%Y-%m-%d %H:%M},1.5\n" for hour in hours)
    found = means(f"Time,Close\n{text}", ZONE="UTC").conclusions
    (dates,) = [one.found for one in found if one.about == "dates"]
    assert dates.endswith(": 2023-01-01 00:00:00 to 2023-01-03 23:00:00")


def test_a_price_may_be_the_one_column_that_no_word_tells():
    text = "date,prc,vol\n2012-12-03,586.19,7\n2012-12-04,575.85,9\n"
    assert section(text)["columns"] == {"timestamp": "date", "close": "prc", "volume": "vol"}


def test_a_row_a_field_is_refused():
    text = "Date,{},Field,Value\n" + "".join(
        f"2012-12-0{day},{ticker},{field},{day}.5\n"
        for ticker in ("AAPL", "MSFT")
        for day in (3, 4)
        for field in ("Open", "Close")
    )
    for name in ("Ticker", "Of"):
        with pytest.raises(InputError, match="no column of tickers tells them apart"):
            means(text.format(name))


@pytest.mark.parametrize("first", ["1990Q1", "Mars 1990"])
def test_a_date_that_cannot_be_read_is_shown(first):
    with pytest.raises(InputError, match=f"AAPL.csv:2: Date: '{first}' is no date of a form"):
        means(of_dates(first, first.replace("1990", "1991")))


def test_dates_that_the_file_types_need_no_format():
    days = pd.to_datetime(["2013-03-08", "2013-03-11"])
    for stamps in (days, days.tz_localize("America/New_York")):
        table = pa.table({"Date": stamps.as_unit("us"), "Close": [1.5, 2.5]})
        file = io.BytesIO()
        pq.write_table(table, file)
        tables = files.tables("AAPL.parquet", file.getvalue(), Form())
        found = meaning.of(tables, Form(), "AAPL.parquet", {})
        assert found.section["date_format"] == "%Y-%m-%d"
        records = prices.read({"AAPL.parquet": file.getvalue()}, IN_FULL | found.section).records
        assert records["timestamp"].tolist() == days.tolist()


def test_a_zone_that_can_have_no_effect_is_refused():
    with pytest.raises(InputError, match="ZONE=UTC: can have no effect: the days"):
        means(BARS, ZONE="UTC")
    with pytest.raises(InputError, match="ZONE=UTC: can have no effect: the times"):
        means(of_dates("2012-12-03T10:00Z", "2012-12-03T11:00Z"), ZONE="UTC")


@pytest.mark.parametrize("names", ["BID,ASK", "OPEN,LOW", "JAN,FEB", "AAPL,IBM,VOLUME"])
def test_fields_in_capitals_are_not_taken_for_tickers(names):
    prices = ["586.19", "586.2", "586.3"][: len(names.split(","))]
    text = f"Date,{names}\n" + "".join(f"2012-12-0{day},{','.join(prices)}\n" for day in (3, 4))
    assert asked(text) == {"COLUMN": [*names.split(","), "all"]}


def test_a_column_that_some_files_lack_is_told():
    without = "\n".join(line.rpartition(",")[0] for line in BARS.splitlines())
    found = means({"AAPL.csv": BARS, "MSFT.csv": without})
    assert "volume" not in found.section["columns"]
    assert [told.found for told in found.conclusions if told.about == "not read"] == ["'Volume'"]


def test_a_ticker_can_be_given():
    assert section(BARS, TICKER="Apple")["ticker"] == "Apple"
    with pytest.raises(InputError, match="TICKER=Apple: the file itself names"):
        means(LONG, TICKER="Apple")


def test_a_name_too_long_for_a_ticker_is_asked_about():
    path = "Prices of Apple Incorporated from the first day of trade until the year 2013.csv"
    (ticker,) = asked(BARS, path)["TICKER"]
    assert section(BARS, path, TICKER=ticker)["ticker"] == ticker


def test_a_date_that_does_not_exist_is_named_with_its_line():
    with pytest.raises(InputError, match=r"AAPL.csv:3: Date: '2012-12-34' is no date"):
        means(BARS.replace("12-04", "12-34"))


def test_a_file_without_dates_is_refused():
    with pytest.raises(InputError, match="has no column of dates"):
        means("Open,Close\n1.5,2.5\n")


def test_yields_are_told_by_their_maturities():
    text = "Date,3 Mo,10 Yr\n2012-12-03,0.09,1.63\n2012-12-04,0.1,1.62\n"
    assert section(text)["layout"] == "wide"


def test_days_that_a_spreadsheet_counts_are_refused_with_a_cure():
    with pytest.raises(InputError, match="such as 41246, as a spreadsheet counts them"):
        means(of_dates("41246", "41247"))


def test_prices_of_a_ticker_are_of_one_currency():
    form = Form(signs=["$", "US$", "\u20ac", "%"])
    rows = ["2012-12-03,$1", "2012-12-04,5", "2012-12-05,\u20ac2", "2012-12-06,\u20ac3"]
    signed = "\n".join(["Date,Close", *rows])
    with pytest.raises(InputError, match=r"csv:4: Close: is in \u20ac, and prices .* in \$\."):
        means(signed, form=form)
    coded = "Date,Close,Currency\n2012-12-03,1.5,GBp\n2012-12-04,1.6,\n2012-12-05,1.7,GBP\n"
    with pytest.raises(InputError, match=r"csv:4: Currency: is in GBP, and prices .* in GBp"):
        means(coded)


def test_tickers_may_be_of_several_currencies():
    form = Form(signs=["$", "\u20ac"])
    rows = [
        f"2012-12-0{day},{ticker},{sign}{day}.5,{code}"
        for ticker, sign, code in (("AAPL", "$", "USD"), ("SAP", "\u20ac", "EUR"))
        for day in (3, 4, 5)
    ]
    text = "\n".join(["Date,Ticker,Close,Currency", *rows])
    found = section(text, form=form)
    assert found["columns"] == {"timestamp": "Date", "ticker": "Ticker", "close": "Close"}
    (said,) = (one for one in means(text, form=form).conclusions if one.about == "currencies")
    assert "EUR, USD" in said.found


@pytest.mark.parametrize(
    ("name", "divide_by"),
    [
        ("Volume", None),
        ("Volume (000s)", 0.001),
        ("Volume ('000)", 0.001),
        ("Volume (m)", 1e-6),
        ("Volume (in thousands)", 0.001),
        ("成交量(万)", 1e-4),
    ],
)
def test_volumes_are_in_what_their_column_says(name, divide_by):
    found = section(BARS.replace("Volume", name))
    assert found.get("divide_by") == (divide_by and {"volume": divide_by})


def test_volumes_that_say_their_magnitude_are_not_multiplied_again():
    bars = BARS.replace("Volume", "Volume (K)").replace("000\n", "K\n").replace("300\n", "K\n")
    assert "divide_by" not in section(bars, form=Form(magnitudes=True))


@pytest.mark.parametrize("odd", ["1-Mar", "Mar-01", "1.00E+05", "#NAME?", "2020-03-01 00:00:00"])
def test_what_a_spreadsheet_makes_of_a_ticker_is_none(odd):
    rows = [f"2012-12-0{day},{name},{day}.5" for name in ("AAPL", odd) for day in (3, 4, 5)]
    with pytest.raises(InputError, match=f"csv:5: Ticker: {re.escape(repr(odd))} is what a spread"):
        means("\n".join(["Date,Ticker,Close", *rows]))


def test_two_digits_of_a_year_to_come_are_of_the_century_before():
    with pytest.raises(InputError, match="csv:3: Date: is 2 January 2048 by two digits"):
        means(of_dates("31-Dec-17", "02-Jan-48", "03-Jan-48"))


def of_pace(ticker, every):
    days = pd.date_range("2012-12-03", periods=8, freq=every)
    return "".join(f"{ticker},{day.date()},{day.day}.5\n" for day in days)


PACES = {"AAPL": "B", "IBM": "B", "XOM": "W-FRI"}


def test_tickers_of_other_bars_than_most_are_told():
    rows = [of_pace(ticker, every) for ticker, every in PACES.items()]
    found = means("Ticker,Date,Close\n" + "".join(rows))
    told = [one for one in found.conclusions if one.about == "bars"]
    assert [one.found.partition(",")[0] for one in told] == [
        "daily",
        "those of 1 ticker are weekly",
    ]
    assert told[1].because == "such as from AAPL.csv:18: Date on"


def test_files_of_other_bars_than_most_are_refused():
    files = {f"{name}.csv": f"Ticker,Date,Close\n{of_pace(name, PACES[name])}" for name in PACES}
    with pytest.raises(InputError, match=r"XOM\.csv:2: Date: bars .* weekly, .* most files daily"):
        means(files)


def test_closes_that_are_adjusted_in_some_files_alone_are_refused():
    closes = "Date,Close,Adj Close\n2012-12-03,586.19,76.01\n2012-12-04,575.85,74.67\n"
    without = "Date,Close\n2012-12-03,26.43\n2012-12-04,26.37\n"
    with pytest.raises(InputError, match=r"MSFT\.csv: has no column 'Adj Close'.* no close"):
        means({"AAPL.csv": closes, "MSFT.csv": without})


def test_a_zone_whose_clocks_skip_a_time_of_the_file_is_not_offered():
    hours = pd.date_range("2013-03-09", "2013-03-12", freq="h")  # New York skips 10 March 02:00
    found = means(of_dates(*(f"{hour:%Y-%m-%d %H:%M}" for hour in hours)))
    (question,) = found.questions
    offered = [option.answer for option in question.options]
    assert "America/New_York" not in offered
    assert {"UTC", "Etc/GMT+5", "Europe/London"} <= {*offered}
    assert "Not America/New_York, where clocks go forward" in question.words


def test_an_answer_by_which_time_turns_is_refused_where_another_does_not():
    text = of_dates("05/01/2013", "06/01/2013", "04/02/2013", "05/02/2013")
    with pytest.raises(InputError, match=r"DATES=month-first: .*back and forth.*DATES=day-first"):
        means(text, DATES="month-first")


def test_an_answer_by_which_days_are_to_come_is_refused_where_another_has_none():
    past, to_come = (
        Reading(order, "", pd.Series(pd.to_datetime([day])))
        for order, day in ((DAY_FIRST, "2013-03-01"), (MONTH_FIRST, "2213-01-03"))
    )
    both = [past, to_come]
    with pytest.raises(InputError, match=r"up to 3 January 2213.*DATES=day-first"):
        date_order._must_make_sense(to_come, both, both, "Date")
    date_order._must_make_sense(past, both, both, "Date")
    date_order._must_make_sense(to_come, [to_come, to_come], both, "Date")


def test_dates_sorted_as_text_are_asked_about():
    days = [day for day in pd.date_range("2012-02-01", "2012-12-12", freq="B") if day.day <= 12]
    assert asked(of_dates(*sorted(f"{day:%d/%m/%Y}" for day in days)))["DATES"] == [
        "day-first",
        "month-first",
    ]
