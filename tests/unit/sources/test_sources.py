"""Users' files, good and bad, read into tidy frames."""

import gzip
import io

from tidemark.errors import BadValue, InputError
from tidemark.files import store
from tidemark.ohlcv import FIELDS
from tidemark.reading import table
from tidemark.sources import actions, economic, origin, prices

import numpy as np
import pandas as pd
import pytest

HEADER = "Date,Ticker,Open,High,Low,Close,Volume,Adj Close\n"
LINES = [
    "2020-01-02,AAPL,1,3,1,2,100,2.5\n",
    "2020-01-03,AAPL,2,4,2,3,200,3.5\n",
    "2020-01-02,NA,5,6,4,5,300,5.5\n",
]
LONG = {
    "layout": "long",
    "bar": "daily",
    "date_format": "%Y-%m-%d",
    "time_zone": "UTC",
    "columns": {
        "timestamp": "Date",
        "ticker": "Ticker",
        "open": "Open",
        "high": "High",
        "low": "Low",
        "close": "Close",
        "volume": "Volume",
        "adj_close": "Adj Close",
    },
}
CLOSES = LONG | {"columns": {"timestamp": "Date", "ticker": "Ticker", "adj_close": "Adj Close"}}
ONE_FILE_A_TICKER = LONG | {"columns": {"timestamp": "Date", "adj_close": "Close"}}
WIDE = LONG | {"layout": "wide", "columns": {"timestamp": "Date", "adj_close": "*"}}


def read(text, source=LONG, path="p.csv"):
    return prices.read({path: text.encode() if isinstance(text, str) else text}, source).records


def parquet(frame):
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


@pytest.fixture
def tidy():
    return read(HEADER + "".join(LINES))


# --- Good input


def test_long_csv_becomes_tidy(tidy):
    assert list(tidy) == ["timestamp", "ticker", *FIELDS]
    assert tidy["timestamp"].dtype == "datetime64[us]"
    assert list(tidy["ticker"]) == ["AAPL", "AAPL", "NA"]
    assert tidy.iloc[1].to_list() == [pd.Timestamp("2020-01-03"), "AAPL", 2, 4, 2, 3, 200, 3.5]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEADER + LINES[2] + LINES[1] + LINES[0], id="newest first"),
        pytest.param("\ufeff" + HEADER + "".join(LINES), id="byte order mark"),
        pytest.param((HEADER + "".join(LINES)).replace("\n", "\r\n"), id="Windows line ends"),
        pytest.param(HEADER + "\n".join(LINES) + "\n\n", id="blank lines"),
        pytest.param(HEADER + "".join(LINES).rstrip(), id="no line end at the end"),
        pytest.param((HEADER + "".join(LINES)).replace(",2,", ", 2 ,"), id="blanks"),
        pytest.param((HEADER + "".join(LINES)).replace("AAPL", '"AAPL"'), id="quotes"),
    ],
)
def test_the_same_content_gives_the_same_frame(text, tidy):
    pd.testing.assert_frame_equal(read(text), tidy)


def test_gzip_and_parquet_give_the_same_frame(tidy):
    text = HEADER + "".join(LINES)
    pd.testing.assert_frame_equal(read(gzip.compress(text.encode()), path="p.csv.gz"), tidy)
    frame = pd.read_csv(io.StringIO(text), keep_default_na=False)
    pd.testing.assert_frame_equal(read(parquet(frame), path="p.parquet"), tidy)
    typed = frame.assign(
        Date=pd.to_datetime(frame["Date"]), Ticker=frame["Ticker"].astype("category")
    )
    pd.testing.assert_frame_equal(read(parquet(typed), path="p.parquet"), tidy)


@pytest.mark.parametrize("missing", ["", "NA", "NaN", "nan", "null", " "])
def test_missing_numbers(missing):
    bars = read(HEADER + f"2020-01-02,AAPL,1,3,1,2,{missing},2.5\n")
    assert np.isnan(bars["volume"][0])
    assert bars["adj_close"][0] == 2.5


def test_numbers_are_read_to_the_last_bit():
    bars = read("Date,Ticker,Adj Close\n2020-01-02,A,4.186662803811\n2020-01-03,A,1e-3\n", CLOSES)
    assert list(bars["adj_close"]) == [4.186662803811, 0.001]


def test_a_volume_may_be_as_small_as_a_unit_of_a_coin():
    """Prices may not be so small, because their ratios would overflow."""
    bars = read(HEADER + "2020-01-02,A,1,3,1,2,1e-19,2.5\n")
    assert bars["volume"][0] == 1e-19
    volumes = WIDE | {"columns": {"timestamp": "Date", "volume": "*"}}
    assert read("Date,A\n2020-01-02,1e-19\n", volumes)["volume"][0] == 1e-19
    for source in (WIDE, WIDE | {"columns": volumes["columns"] | {"close": "*"}}):
        with pytest.raises(InputError, match=r"p\.csv:2: A: '1e-19' is beyond"):
            read("Date,A\n2020-01-02,1e-19\n", source)


def test_infinity_passes_for_validation_to_refuse():
    assert read("Date,Ticker,Adj Close\n2020-01-02,A,inf\n", CLOSES)["adj_close"][0] == np.inf


def test_fields_that_are_not_mapped_are_missing():
    bars = read("Date,Ticker,Adj Close\n2020-01-02,A,1\n", CLOSES)
    assert bars[["open", "high", "low", "close", "volume"]].isna().all(axis=None)


def test_one_file_a_ticker_is_named_by_its_stem():
    files = {f"data/{name}.csv.gz": gzip.compress(b"Date,Close\n2020-01-02,1\n") for name in "BA"}
    assert list(prices.read(files, ONE_FILE_A_TICKER).records["ticker"]) == ["A", "B"]


def test_a_file_without_the_column_of_tickers_may_be_one_ticker():
    with pytest.raises(InputError, match=r"p\.csv: has no column 'Ticker'") as refused:
        read("Date,Adj Close\n2020-01-02,1\n", CLOSES)
    assert "leave `ticker` out there, and the `ticker` of this source, or" in refused.value.cure
    with pytest.raises(InputError) as refused:
        read("Date,Ticker,Close\n2020-01-02,A,1\n", CLOSES)
    assert "leave" not in refused.value.cure


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet", ".CSV"])
def test_a_ticker_keeps_its_dots(ending):
    content = b"Date,Close\n2020-01-02,1\n"
    if ending == ".csv.gz":
        content = gzip.compress(content)
    if ending == ".parquet":
        content = parquet(pd.DataFrame({"Date": ["2020-01-02"], "Close": [1.0]}))
    assert read(content, ONE_FILE_A_TICKER, f"data/v1.2/BRK.A{ending}")["ticker"][0] == "BRK.A"


def test_wide_columns_are_tickers_while_they_trade():
    text = "Date,B,A\n2020-01-02,1,\n2020-01-03,,7\n2020-01-06,3,\n"
    bars = read(text, WIDE)
    assert list(bars["ticker"]) == ["A", "B", "B", "B"]
    assert list(bars["adj_close"].fillna(-1)) == [7, 1, -1, 3]
    assert bars["close"].isna().all()
    both = WIDE | {"columns": WIDE["columns"] | {"close": "*"}}
    bars = read(text, both)
    pd.testing.assert_series_equal(bars["close"], bars["adj_close"], check_names=False)


@pytest.mark.parametrize(
    ("written", "zone", "utc"),
    [
        ("2020-01-02 09:30:00", "America/New_York", "2020-01-02 14:30"),
        ("2020-07-02 09:30:00", "America/New_York", "2020-07-02 13:30"),
        ("2020-01-02 09:30:00", "UTC", "2020-01-02 09:30"),
    ],
)
def test_intraday_times_become_utc(written, zone, utc):
    source = CLOSES | {"bar": "intraday", "time_zone": zone, "date_format": "%Y-%m-%d %H:%M:%S"}
    bars = read(f"Date,Ticker,Adj Close\n{written},A,1\n", source)
    assert bars["timestamp"][0] == pd.Timestamp(utc)


def test_an_offset_in_the_file_beats_the_time_zone():
    source = CLOSES | {
        "bar": "intraday",
        "time_zone": "Asia/Tokyo",
        "date_format": "%Y-%m-%d %H:%M:%S%z",
    }
    text = "Date,Ticker,Adj Close\n2020-01-02 09:30:00-05:00,A,1\n2020-07-02 09:30:00-04:00,A,1\n"
    times = read(text, source)["timestamp"]
    assert list(times) == [pd.Timestamp("2020-01-02 14:30"), pd.Timestamp("2020-07-02 13:30")]


OFFSETS = CLOSES | {"date_format": "%Y-%m-%d %H:%M:%S%z"}


def days_of(written, zone, source=OFFSETS):
    """The days that a file of these stamps gives, in the order of the file."""
    lines = "".join(f"{stamp},T{row:03},1\n" for row, stamp in enumerate(written))
    bars = read(f"Date,Ticker,Adj Close\n{lines}", source | {"time_zone": zone})
    return [str(day) for day in bars["timestamp"].dt.date]


@pytest.mark.parametrize(
    ("written", "zone", "day"),
    [
        ("2018-01-01 23:00:00+00:00", "Europe/Berlin", "2018-01-02"),
        ("2018-07-01 22:00:00+00:00", "Europe/Berlin", "2018-07-02"),
        ("2018-01-02 00:00:00+00:00", "America/New_York", "2018-01-02"),
        ("2018-01-02 00:00:00Z", "Pacific/Kiritimati", "2018-01-02"),
        ("2018-01-02 00:00:00-05:00", "Asia/Tokyo", "2018-01-02"),
        ("2018-01-01 10:00:00Z", "Pacific/Kiritimati", "2018-01-02"),
        ("2018-01-01 11:00:00Z", "Pacific/Auckland", "2018-01-02"),
        ("2018-01-01 18:30:00+00:00", "Asia/Kolkata", "2018-01-02"),
        ("1880-01-01 23:06:32+00:00", "Europe/Berlin", "1880-01-02"),
        ("2018-01-02 00:00:00+05:53:28", "Asia/Tokyo", "2018-01-02"),
        ("2018-01-02 16:00:00-05:00", "America/New_York", "2018-01-02"),
        ("2018-01-02 23:59:59-05:00", "America/New_York", "2018-01-02"),
        ("2018-01-02 23:59:59-05:00", "UTC", "2018-01-03"),
        ("2018-01-01 18:00:00-05:00", "Europe/Berlin", "2018-01-02"),
    ],
)
def test_a_daily_stamp_is_a_day_somewhere(written, zone, day):
    assert days_of([written], zone) == [day]


def test_offsets_of_summer_and_winter_may_stand_in_one_file():
    written = ["2018-03-23 00:00:00+01:00", "2018-03-26 00:00:00+02:00", "2018-10-28 22:00:00Z"]
    assert days_of(written, "Europe/Berlin") == ["2018-03-23", "2018-03-26", "2018-10-28"]


def test_closes_that_are_at_midnight_of_utc_in_summer_alone_are_of_their_own_day():
    evenings = ["2018-03-10 01:00:00Z", "2018-03-13 00:00:00Z", "2018-03-14 00:00:00Z"]
    days = ["2018-03-09", "2018-03-12", "2018-03-13"]  # 20:00 in New York
    assert days_of(evenings, "America/New_York") == days
    times = pd.to_datetime(evenings)
    bars = read(typed(times), CLOSES | {"time_zone": "America/New_York"}, "p.parquet")
    assert bars["timestamp"].to_list() == [pd.Timestamp(day) for day in days]


IN_SUMMER = ["2020-07-01 00:00:00+00:00", "2020-07-02 00:00:00+00:00"]  # 20:00 in New York
IN_WINTER = ["2020-12-02 01:00:00+00:00", "2020-12-03 01:00:00+00:00"]
HALF_DAY = "2020-11-27 22:00:00+00:00"  # 17:00


def day_files(**stamps):
    source = OFFSETS | {"columns": {"timestamp": "Date", "adj_close": "Close"}}
    lines = {name: "".join(f"{stamp},1\n" for stamp in rows) for name, rows in stamps.items()}
    texts = {f"d/{name}.csv": f"Date,Close\n{rows}".encode() for name, rows in lines.items()}
    return prices.read(texts, source | {"time_zone": "America/New_York"}).records


@pytest.mark.parametrize("other", [IN_WINTER, [HALF_DAY], IN_SUMMER + IN_WINTER])
@pytest.mark.parametrize("batch_rows", [1, 10**6])
def test_days_of_a_file_do_not_depend_on_the_files_beside_it(monkeypatch, other, batch_rows):
    monkeypatch.setattr(table, "BATCH_ROWS", batch_rows)
    bars = day_files(A=IN_SUMMER, B=other, C=IN_SUMMER + IN_WINTER)
    days = bars.groupby("ticker")["timestamp"].agg(lambda times: times.dt.day.tolist())
    assert days["A"] == [1, 2]
    assert days["C"] == [30, 1, 1, 2]
    assert days["B"] == day_files(B=other)["timestamp"].dt.day.tolist()


def test_midnights_among_stamps_at_several_hours_are_a_question():
    """Not all are at 00:00 of their offset, nor at one hour: days would shift only in summer."""
    with pytest.raises(InputError) as caught:
        day_files(A=IN_SUMMER, B=[*IN_SUMMER, HALF_DAY, *IN_WINTER])
    assert caught.value.where == "d/B.csv"
    first = "d/B.csv:2: Date: '2020-07-01 00:00:00+00:00' is 2020-07-01 by its own offset"
    assert caught.value.problem.splitlines()[1].startswith(first)
    assert "d/B.csv:3: Date: " in caught.value.problem
    assert "2020-06-30 in America/New_York" in caught.value.problem
    times = pd.to_datetime([*IN_SUMMER, HALF_DAY])
    with pytest.raises(InputError, match=r"p\.parquet: row 1: Date: .* by its own offset"):
        read(typed(times), CLOSES | {"time_zone": "America/New_York"}, "p.parquet")


@pytest.mark.parametrize(
    ("written", "zone", "days"),
    [
        (
            ["06-30 23:00", "12-02 00:00", "12-31 12:30"],
            "Europe/London",
            ["07-01", "12-02", "12-31"],
        ),
        (["07-01 00:00", "12-02 01:00"], "Europe/London", ["07-01", "12-02"]),
        (
            ["07-01 00:00", "12-02 01:00", "12-31 22:00"],
            "Europe/Berlin",
            ["07-01", "12-02", "12-31"],
        ),
        (["06-30 23:00", "12-01 00:00"], "America/New_York", ["06-30", "11-30"]),
        (["07-01 00:00", "12-02 01:00", "12-31 22:00"], "UTC", ["07-01", "12-02", "12-31"]),
    ],
)
def test_midnights_among_other_hours_are_no_question_where_both_readings_agree(written, zone, days):
    stamps = [f"2020-{stamp}:00+00:00" for stamp in written]
    assert days_of(stamps, zone) == [f"2020-{day}" for day in days]


def test_a_daily_date_without_an_offset_is_the_day_written():
    plain = CLOSES | {"date_format": "%Y-%m-%d %H:%M:%S"}
    assert days_of(["2018-01-01 23:00:00"], "UTC", plain) == ["2018-01-01"]
    with pytest.raises(
        BadValue, match=r"time_zone.*Europe/Berlin can have no effect.*set time_zone"
    ):
        days_of(["2018-01-01 23:00:00"], "Europe/Berlin", plain)


def test_names_of_zones_that_are_the_same_everywhere_count_as_offsets():
    named = CLOSES | {"date_format": "%Y-%m-%d %H:%M %Z"}
    assert days_of(["2018-01-01 23:00 UTC"], "Europe/Berlin", named) == ["2018-01-02"]
    with pytest.raises(InputError, match="'2018-01-01 23:00 CET' is not a date of the format"):
        days_of(["2018-01-01 23:00 CET"], "Europe/Berlin", named)


@pytest.mark.parametrize("stamp", ["9999-12-31 23:00:00-05:00", "2018-01-01 24:00:00Z"])
def test_stamps_that_are_no_time_are_named(stamp):
    with pytest.raises(InputError, match=r"p\.csv:2: Date: .* is not a date of the format"):
        days_of([stamp], "Europe/Berlin")


def typed(times, **columns):
    return parquet(pd.DataFrame({"Date": times, "Ticker": "A", "Adj Close": 1.0} | columns))


def test_typed_times_in_parquet():
    times = pd.to_datetime(["2020-01-02 00:00", "2020-01-02 23:00"]).tz_localize("America/New_York")
    days = [
        read(typed(times), CLOSES | {"time_zone": zone}, "p.parquet")["timestamp"].to_list()
        for zone in ("UTC", "America/New_York")
    ]
    second, third = pd.Timestamp("2020-01-02"), pd.Timestamp("2020-01-03")
    assert days == [[second, third], [second, second]]
    intraday = read(typed(times), CLOSES | {"bar": "intraday"}, "p.parquet")
    assert intraday["timestamp"][1] == pd.Timestamp("2020-01-03 04:00")


def test_typed_days_in_parquet_are_as_written():
    times = pd.to_datetime(["2020-01-02 23:00"])
    for content in (typed(times), typed(times.date)):
        assert read(content, CLOSES, "p.parquet")["timestamp"][0] == pd.Timestamp("2020-01-02")
        with pytest.raises(BadValue, match="Asia/Tokyo can have no effect"):
            read(content, CLOSES | {"time_zone": "Asia/Tokyo"}, "p.parquet")
        source = CLOSES | {"time_zone": "Asia/Tokyo"}
        bars = prices.read({"p.parquet": content}, source, ends_days=True).records
        assert bars["timestamp"][0] == pd.Timestamp("2020-01-02")


def released(lag, clock, zone, day="2020-03-05"):
    source = {
        "date_format": "%Y-%m-%d",
        "release_lag_days": lag,
        "release_time": clock,
        "release_zone": zone,
        "columns": {"timestamp": "d", "x": "x"},
    }
    return str(
        economic.read({"t.csv": f"d,x\n{day},1\n".encode()}, source).records["available_at"][0]
    )


@pytest.mark.parametrize(
    ("lag", "clock", "zone", "utc"),
    [
        (0, "18:00", "America/New_York", "2020-03-05 23:00:00"),
        (3, "18:00", "America/New_York", "2020-03-08 22:00:00"),  # clocks went forward
        (0, None, "UTC", "2020-03-06 00:00:00"),
        (1, None, "Asia/Tokyo", "2020-03-06 15:00:00"),
        (3, "02:30", "America/New_York", "2020-03-08 07:00:00"),  # does not exist: 03:00
        (241, "01:30", "America/New_York", "2020-11-01 06:30:00"),  # twice: the second
        (22, None, "Asia/Beirut", "2020-03-27 22:00:00"),
        (23, None, "Asia/Beirut", "2020-03-28 22:00:00"),  # 24:00 does not exist: 01:00
    ],
)
def test_a_value_is_out_at_its_hour_or_at_the_end_of_its_day(lag, clock, zone, utc):
    assert released(lag, clock, zone) == utc


@pytest.mark.parametrize("offset", ["", "%z"])
def test_no_value_is_known_before_the_time_that_it_is_stamped_with(offset):
    source = {
        "date_format": f"%Y-%m-%d %H:%M:%S{offset}",
        "release_lag_days": 0,
        "release_time": "15:30",
        "release_zone": "America/New_York",
        "columns": {"timestamp": "d", "x": "x"},
    }
    zone = "-0500" if offset else ""
    text = f"d,x\n2024-12-18 15:30:00{zone},1\n2024-12-19 21:15:00{zone},2\n".encode()
    with pytest.raises(InputError, match="stamped 2024-12-20 02:15:00 UTC") as error:
        economic.read({"t.csv": text}, source)
    assert error.value.where.startswith("t.csv:3:")
    assert "release_time" in error.value.cure
    late = economic.read({"t.csv": text}, source | {"release_time": "21:15"}).records
    assert str(late["available_at"][1]) == "2024-12-20 02:15:00"
    assert (
        str(
            economic.read({"t.csv": text}, source | {"release_time": None}).records["available_at"][
                1
            ]
        )
        == "2024-12-20 05:00:00"
    )


def test_economic_series_carry_when_they_became_known():
    source = {
        "date_format": "%Y-%m-%d %H:%M:%S%z",
        "release_lag_days": 1,
        "columns": {"timestamp": "Time Period", "yield_3m": "3month"},
    }
    text = b"Time Period,3month\n1990-01-03 00:00:00+00:00,\n1990-01-02 00:00:00+00:00,0.0783\n"
    series = economic.read({"t.csv": text}, source).records
    assert list(series) == ["timestamp", "available_at", "yield_3m"]
    assert series.iloc[0].to_list() == [*pd.to_datetime(["1990-01-02", "1990-01-04"]), 0.0783]
    assert np.isnan(series["yield_3m"][1])


ACTIONS = {
    "date_format": "%Y-%m-%d",
    "columns": {"timestamp": "ex_date", "ticker": "ticker", "kind": "kind", "value": "value"},
}


def test_corporate_actions_are_sorted():
    text = b"ex_date,ticker,kind,value\n2020-02-03,B,Split,2\n2020-01-02,B,dividend,0.1\n"
    events = actions.read({"a.csv": text}, ACTIONS).records
    assert list(events["kind"]) == ["dividend", "split"]
    assert list(events["value"]) == [0.1, 2.0]


# --- Bad input: each ends in one line that says where, what, and the cure

INTRADAY = CLOSES | {
    "bar": "intraday",
    "date_format": "%Y-%m-%d %H:%M",
    "time_zone": "America/New_York",
}
BAD = {
    "empty file": ("", LONG, "p.csv", ["p.csv", "is empty", "fill it"]),
    "header only": (HEADER, LONG, "p.csv", ["p.csv", "no rows", "fill the file"]),
    "missing column": (
        "Date,Ticker,Price\n2020-01-02,A,1\n",
        CLOSES,
        "p.csv",
        ["p.csv", "no column 'Adj Close'", "'Price'", "`columns`"],
    ),
    "another separator": (
        "Date;Ticker;Adj Close\n2020-01-02;A;1\n",
        CLOSES,
        "p.csv",
        ["no columns 'Date', 'Ticker', 'Adj Close' (found: 'Date;Ticker;Adj Close')"],
    ),
    "repeated column": (
        "Date,Ticker,Adj Close,Date\n1,2,3,4\n",
        CLOSES,
        "p.csv",
        ["p.csv", "two columns named 'Date'", "rename"],
    ),
    "text in a number": (
        HEADER + LINES[0] + LINES[1].replace("3.5", "3.5 USD"),
        LONG,
        "p.csv",
        ["p.csv:3: Adj Close", "'3.5 USD' is not a number", "leave it empty"],
    ),
    "thousands separator": (
        HEADER + LINES[0].replace("100", '"1,000"'),
        LONG,
        "p.csv",
        [":2: Volume", "'1,000'", "1234.5"],
    ),
    "line number after blank lines": (
        HEADER + "\n\n" + LINES[0].replace("2.5", "x"),
        LONG,
        "p.csv",
        [":4: Adj Close", "'x'"],
    ),
    "bad date": (
        HEADER + LINES[0] + LINES[1].replace("01-03", "02-30"),
        LONG,
        "p.csv",
        ["p.csv:3: Date", "'2020-02-30'", "%Y-%m-%d", "date_format"],
    ),
    "another date format": (
        HEADER + LINES[0].replace("2020-01-02", "01/02/2020"),
        LONG,
        "p.csv",
        ["p.csv:2: Date", "'01/02/2020'", "date_format"],
    ),
    "missing date": (
        HEADER + LINES[0].replace("2020-01-02", ""),
        LONG,
        "p.csv",
        [":2: Date", "''"],
    ),
    "missing ticker": (
        HEADER + LINES[0].replace("AAPL", ""),
        LONG,
        "p.csv",
        [":2: Ticker", "is empty", "fill it"],
    ),
    "wrong encoding": (
        HEADER.encode() + LINES[0].replace("AAPL", "A\xc9").encode("latin-1"),
        LONG,
        "p.csv",
        ["p.csv:2", "0xc9", "UTF-8"],
    ),
    "UTF-16": (HEADER.encode("utf-16"), LONG, "p.csv", ["p.csv: is text in UTF-16", "as UTF-8"]),
    "too few fields": (
        HEADER + LINES[0] + "2020-01-03,AAPL,2\n",
        LONG,
        "p.csv",
        ["p.csv:3", "3 fields where the header has 8", "complete the line"],
    ),
    "too many fields": (
        HEADER + LINES[0].replace("100", "1,000"),
        LONG,
        "p.csv",
        ["p.csv:2", "9 fields", "quotes"],
    ),
    "quote that never closes": (
        HEADER + LINES[0].replace("AAPL", '"AAPL') + LINES[1] * 9000,
        LONG,
        "p.csv",
        ["p.csv:2", "is not CSV", "quotes"],
    ),
    "time going backwards": (
        HEADER + LINES[0] + LINES[1] + LINES[0],
        LONG,
        "p.csv",
        ["p.csv:4", "backwards for AAPL", "2020-01-02", "2020-01-03", "stand there twice"],
    ),
    "time going backwards to a day that was left out": (
        HEADER + LINES[1] + LINES[1].replace("-03", "-06") + LINES[0],
        LONG,
        "p.csv",
        ["p.csv:4", "backwards for AAPL", "sort"],
    ),
    "time going forwards, newest first": (
        "Date,Ticker,Adj Close\n2020-01-06,A,1\n2020-01-03,A,1\n2020-01-02,A,1\n2020-01-07,A,1\n",
        CLOSES,
        "p.csv",
        ["p.csv:5", "forwards for A", "sort"],
    ),
    "not gzip": (b"Date,Close\n", LONG, "p.csv.gz", ["p.csv.gz", "not a whole gzip file", "again"]),
    "truncated gzip": (
        gzip.compress((HEADER + LINES[0]).encode(), mtime=0)[:-9],
        LONG,
        "p.csv.gz",
        ["p.csv.gz", "not a whole gzip file", "cut short"],
    ),
    "truncated Parquet": (
        parquet(pd.DataFrame({"Date": ["2020-01-02"]}))[:-20],
        LONG,
        "p.parquet",
        ["p.parquet", "not a whole Parquet file", "cut short"],
    ),
    "damaged Parquet": (
        b"PAR1" + bytes(200) + parquet(pd.DataFrame({"Date": ["2020-01-02"]}))[204:],
        LONG,
        "p.parquet",
        ["p.parquet", "not a whole Parquet file"],
    ),
    "empty Parquet": (b"", LONG, "p.parquet", ["p.parquet", "0 bytes"]),
    "Parquet without rows": (
        parquet(pd.DataFrame({"Date": []})),
        LONG,
        "p.parquet",
        ["p.parquet", "no rows"],
    ),
    "type that is no number": (
        parquet(pd.DataFrame({"Date": ["2020-01-02"], "Ticker": "A", "Adj Close": [True]})),
        CLOSES,
        "p.parquet",
        ["p.parquet: Adj Close", "holds bool, not numbers", "`columns`"],
    ),
    "text in a number in Parquet": (
        parquet(pd.DataFrame({"Date": "2020-01-02", "Ticker": "A", "Adj Close": ["1", "x"]})),
        CLOSES,
        "p.parquet",
        ["p.parquet: row 2: Adj Close", "'x'"],
    ),
    "unknown file type": (b"", LONG, "p.doc", ["p.doc", "unknown file type", ".csv"]),
    "time that the clocks skipped": (
        "Date,Ticker,Adj Close\n2020-03-08 02:30,A,1\n",
        INTRADAY,
        "p.csv",
        ["p.csv:2", "'2020-03-08 02:30' does not exist", "America/New_York", "%z", "UTC"],
    ),
    "time that the clocks showed twice": (
        "Date,Ticker,Adj Close\n2020-11-01 00:30,A,1\n2020-11-01 01:30,A,1\n",
        INTRADAY,
        "p.csv",
        ["p.csv:3", "'2020-11-01 01:30' occurs twice", "America/New_York", "do not say", "%z"],
    ),
    "intraday time of another format": (
        "Date,Ticker,Adj Close\n2020-11-01 1.30,A,1\n",
        INTRADAY,
        "p.csv",
        ["p.csv:2", "'2020-11-01 1.30' is not a date of the format %Y-%m-%d %H:%M", "date_format"],
    ),
}


@pytest.mark.parametrize(("content", "source", "path", "words"), BAD.values(), ids=BAD)
def test_bad_input_is_named(content, source, path, words):
    with pytest.raises(InputError) as caught:
        read(content, source, path)
    message = str(caught.value)
    assert "\n" not in message
    assert "Cure: " in message
    for word in words:
        assert word in message


UNFIT = {
    "unknown time zone": (
        "Date,Ticker,Adj Close\n2020-01-02 10:00,A,1\n",
        INTRADAY | {"time_zone": "New York"},
        ["time_zone", "'New York'", "America/New_York"],
    ),
    "unknown time zone, of times with an offset": (
        "Date,Ticker,Adj Close\n2020-01-02 10:00+0000,A,1\n",
        INTRADAY | {"time_zone": "New York", "date_format": "%Y-%m-%d %H:%M%z"},
        ["time_zone", "'New York'"],
    ),
    **{
        f"{bar} date format {date_format}": (
            "Date,Ticker,Adj Close\n2020-01-02,A,1\n",
            CLOSES | {"bar": bar, "date_format": date_format},
            ["date_format", repr(date_format), "strptime"],
        )
        for bar in ("daily", "intraday")
        for date_format in ("%Y-%Q", "%Y-%m-%", "%Y-%Y", "%G-%V")
    },
    "date format that pandas does not know": (
        "Date,Ticker,Adj Close\n2020-01,A,1\n",
        INTRADAY | {"date_format": "%Y-%U"},
        ["date_format", "'%Y-%U'"],
    ),
    "long mapping of a wide file": (
        "Date,A\n2020-01-02,1\n",
        WIDE | {"columns": {"timestamp": "Date", "adj_close": "A"}},
        ["columns.adj_close", "'A'", '"*"'],
    ),
}


@pytest.mark.parametrize(("content", "source", "words"), UNFIT.values(), ids=UNFIT)
def test_a_setting_that_does_not_fit_is_named(content, source, words):
    with pytest.raises(BadValue) as caught:
        read(content, source, "p.csv")
    parameter, *problem = words
    assert caught.value.parameter == parameter
    assert caught.value.cure
    for word in problem:
        assert word in f"{caught.value.problem} {caught.value.cure}"


def test_a_series_that_turns_back_in_time():
    source = {
        "date_format": "%Y-%m",
        "release_lag_days": 0,
        "columns": {"timestamp": "m", "x": "x"},
    }
    with pytest.raises(InputError, match=r"u\.csv:4: m: time goes backwards"):
        economic.read({"u.csv": b"m,x\n2020-01,1\n2020-02,1\n2020-01,1\n"}, source)


def test_corporate_actions_need_all_their_columns():
    source = ACTIONS | {"columns": {"timestamp": "ex_date", "ticker": "ticker", "kind": "kind"}}
    with pytest.raises(BadValue, match=r"columns.*value is missing"):
        actions.read({"a.csv": b"ex_date,ticker,kind\n2020-01-02,A,split\n"}, source)


# --- Many files


BARS = "Date,Close\n2020-01-02,1\n2020-01-03,2\n"
NEWEST_FIRST = "Date,Close\n2020-01-03,2\n2020-01-02,1\n"


def test_many_files_in_one_pass_say_what_each_says_alone(monkeypatch):
    texts = {f"d/T{n}.csv": NEWEST_FIRST if n % 3 else BARS for n in range(12)}
    texts["d/T5.csv"] = "Close,Date\n7,2020-01-03\n"
    contents = {path: text.encode() for path, text in texts.items()}
    alone = [
        prices.read({path: data}, ONE_FILE_A_TICKER).records for path, data in contents.items()
    ]
    expected = pd.concat(alone).sort_values(["ticker", "timestamp"], ignore_index=True)
    for rows in (1, 7, 10**6):
        monkeypatch.setattr(table, "BATCH_ROWS", rows)
        pd.testing.assert_frame_equal(prices.read(contents, ONE_FILE_A_TICKER).records, expected)


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (BARS.replace(",2\n", ",two\n"), "d/C.csv:3: Close: 'two' is not a number"),
        (BARS.replace("-03", "-33"), "d/C.csv:3: Date: '2020-01-33' is not a date"),
        (BARS + "2020-01-01,3\n", "d/C.csv:4: Date: time goes backwards for C"),
        (BARS.replace("Close", "Last"), "d/C.csv: has no column 'Close'"),
        (BARS + "2020-01-01\n", "d/C.csv:4: has 1 fields"),
    ],
)
def test_a_fault_in_one_of_many_files_names_it_and_the_line(bad, told):
    texts = {"d/A.csv": BARS, "d/B.csv": NEWEST_FIRST, "d/C.csv": bad, "d/D.csv": NEWEST_FIRST}
    with pytest.raises(InputError) as error:
        prices.read({path: text.encode() for path, text in texts.items()}, ONE_FILE_A_TICKER)
    assert str(error.value).startswith(told)


def test_checksums_of_odd_names_are_as_sha256sum_writes_them():
    hashes = {"a b;$(c).csv": store.sha256(b"x"), "a\\b\nc": "0a", "\\n\\\\\r": "0b"}
    text = origin.checksums(hashes)
    first, second, third = text.splitlines()
    assert first.endswith("  a b;$(c).csv")
    assert second.startswith("\\")
    assert second.endswith("  a\\\\b\\nc")
    assert third == r"\0b  \\n\\\\\r"
