"""Files and values that are not what they seem: one line with the true cause, at once."""

import contextlib
import gzip
import os
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import fetch_data
from tidemark.errors import InputError
from tidemark.files import store
from tidemark.reading import files
from tidemark.sources import prices

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

DAILY = {
    "layout": "long",
    "bar": "daily",
    "date_format": "%Y-%m-%d",
    "time_zone": "UTC",
    "columns": {"timestamp": "Date", "ticker": "Ticker", "adj_close": "Adj Close"},
}
INTRADAY = DAILY | {
    "bar": "intraday",
    "date_format": "%Y-%m-%d %H:%M",
    "time_zone": "America/New_York",
}
HEADER = "Date,Ticker,Adj Close\n"
LINE = "2020-01-02,A,1\n"


def complaint(path: str, content: bytes | str, source: dict = DAILY) -> str:
    data = content.encode() if isinstance(content, str) else content
    with pytest.raises(InputError) as error:
        prices.read({path: data}, source)
    message = str(error.value)
    assert message.isprintable()
    assert len(message) < 400
    return message


def parquet(**columns: object) -> bytes:
    out = pa.BufferOutputStream()
    whole = {"Date": ["2020-01-02", "2020-01-03"], "Ticker": ["A", "B"], "Adj Close": [1.0, 2.0]}
    pq.write_table(pa.table(whole | columns), out)
    return bytes(out.getvalue())


KINDS = {
    "HTML": b"\xef\xbb\xbf\n<!DOCTYPE html>\n<html><body>404, not found</body></html>\n",
    "JSON": b'[\n{"Date": "2020-01-02", "Close": 1},\n{"Date": "2020-01-03", "Close": 2}]',
    "ZIP": b"PK\x03\x04\x14\x00",
    "Excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "PDF": b"%PDF-1.4\n",
    "SQLite": b"SQLite format 3\0",
    "UTF-16": HEADER.encode("utf-16-le"),
}


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_another_kind_is_called_by_its_own(kind, ending):
    message = complaint(f"p.{ending}", KINDS[kind])
    assert message.startswith(f"p.{ending}: is ")
    assert kind in message


@pytest.mark.parametrize(
    "kind", ["<!-- x -->", "<html lang=en>", "<HEAD>", "<?xml version='1.0'?>"]
)
def test_every_page_is_called_one(kind):
    assert "is an HTML or XML page" in complaint("p.csv", kind)


@pytest.mark.parametrize(
    "first",
    ["", "<DATE>", "<header>", "<!>", "PAR1", "ARROW1", "GIF8", "BZh1", "%PDF", "[Date]", "{Date}"],
)
def test_a_column_may_be_called_as_other_files_begin(first):
    """Such as `<TICKER>,<PER>,<DATE>`, the header of Stooq, Finam and MetaStock."""
    columns = DAILY["columns"] | {"timestamp": first}
    text = f"{first},Ticker,Adj Close\n{LINE}"
    for path, content in {"p.csv": text.encode(), "p.csv.gz": gzip.compress(text.encode())}.items():
        found = prices.read({path: content}, DAILY | {"columns": columns}).records
        assert list(found["adj_close"]) == [1.0]


@pytest.mark.parametrize(
    ("path", "content", "told"),
    [
        ("p.csv", b"PAR1\x15", "p.csv: is a Parquet file, not CSV"),
        ("p.csv", gzip.compress(b"a", mtime=0), "p.csv: is a gzip file, not CSV"),
        (
            "p.csv.gz",
            gzip.compress(b"<html>", mtime=0),
            "p.csv.gz: is an HTML or XML page, not CSV",
        ),
        ("p.csv", (HEADER + LINE).encode("utf-16"), "p.csv: is text in UTF-16, and is read as UTF"),
        ("p.csv", HEADER + LINE + "2020-01-03,\0,1\n", "p.csv:3: holds a NUL byte"),
        ("p.csv", HEADER + LINE + '"2020-01-03,A,1\n' + LINE, "p.csv:3: opens a quote that is not"),
        ("p.csv", HEADER + LINE + "2020-01-03,A\n", "p.csv:3: has 2 fields where the header has 3"),
        ("p.csv", "Date,Date\n1,2\n", "p.csv: has two columns named 'Date'"),
        ("p.csv", HEADER, "p.csv: has column names but no rows"),
        ("p.parquet", parquet()[:-30], "p.parquet: is not a whole Parquet file"),
    ],
)
def test_a_damaged_file_is_named_with_its_cause(path, content, told):
    assert complaint(path, content).startswith(told)


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n\n"])
def test_any_line_end_will_do_and_repeated_byte_order_marks(end):
    text = "\ufeff\ufeff" + (HEADER + LINE).replace("\n", end)
    assert list(prices.read({"p.csv": text.encode()}, DAILY).records["adj_close"]) == [1.0]


NUMBERS = {
    "is not a number": ("0x10", "1_000", "١٢٣", "１２", "--5", "1,234", "1e", "nan(1)", "5%"),
    "is beyond what a price": ("1e308", "-1e308", "1e400", "1e-308", "1" * 30),
}


@pytest.mark.parametrize(
    ("text", "told"), [(text, told) for told, texts in NUMBERS.items() for text in texts]
)
def test_a_number_is_plain_and_bearable(text, told):
    message = complaint("p.csv", f'{HEADER}{LINE}2020-01-03,A,"{text}"\n')
    assert message.startswith(f"p.csv:3: Adj Close: {text!r} {told}")


@pytest.mark.parametrize("source", [DAILY, INTRADAY], ids=["daily", "intraday"])
@pytest.mark.parametrize("year", ["0001", "1677", "2262", "9999"])
def test_a_date_beyond_what_pandas_holds_is_named_with_its_line(source, year):
    clock = "" if source is DAILY else " 10:00"
    text = f"{HEADER}2020-01-02{clock},A,1\n{year}-01-02{clock},B,1\n"
    told = f"p.csv:3: Date: '{year}-01-02{clock}' is not between the years 1678 and 2261"
    assert complaint("p.csv", text, source).startswith(told)


@pytest.mark.parametrize("source", [DAILY, INTRADAY], ids=["daily", "intraday"])
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (pa.timestamp("us"), -(2**62)),
        (pa.timestamp("ms", "UTC"), 2**62),
        (pa.date32(), 2**31 - 1),
    ],
    ids=str,
)
def test_typed_times_have_the_same_bounds(source, kind, value):
    data = parquet(Date=pa.array([0, value], kind))
    message = complaint("p.parquet", data, source)
    assert message.startswith("p.parquet: row 2: Date: ")
    assert "is not between the years 1678 and 2261" in message


def test_a_typed_time_that_is_missing_or_of_no_zone_is_named():
    gap = parquet(Date=pa.array([0, None], pa.timestamp("us", "UTC")))
    assert complaint("p.parquet", gap, INTRADAY).startswith("p.parquet: row 2: Date: None")
    nowhere = parquet(Date=pa.array([0, 1], pa.timestamp("us", "Mars/Base")))
    assert "unknown zone 'Mars/Base'" in complaint("p.parquet", nowhere, INTRADAY)


@pytest.mark.parametrize(
    "values",
    [
        pa.array([{"a": 1}, {"a": 2}]),
        pa.array([[1], [2]]),
        pa.array([b"1", b"2"]),
        pa.array([True, False]),
        pa.array([0, 1], pa.duration("s")),
        pa.array([0, 1], pa.time64("us")),
    ],
    ids=lambda values: str(values.type),
)
def test_a_column_of_another_type_is_named(values):
    told = complaint("p.parquet", parquet(**{"Adj Close": values}))
    assert told.startswith("p.parquet: Adj Close: holds ")
    assert told.endswith("or export the column again")
    assert complaint("p.parquet", parquet(Ticker=values)).startswith("p.parquet: Ticker: holds ")


def test_text_in_parquet_that_is_not_utf_8_is_named():
    data = parquet(Ticker=pa.array([b"A", b"\xff"]).view(pa.string()))
    assert "UTF8" in complaint("p.parquet", data)


# --- Size


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet"])
def test_a_file_is_measured_as_it_unpacks(ending):
    text = HEADER + "x" * 3_000_000
    content = {
        "csv": text.encode(),
        "csv.gz": gzip.compress(text.encode()),
        "parquet": parquet(
            **{name: [1.0, 1.0] * 70_000 for name in ("Date", "Ticker", "Adj Close")}
        ),
    }[ending]
    files.must_unpack_to(f"p.{ending}", content, 4_000_000)
    with pytest.raises(InputError, match=r"unpacks to more than 2 MB.*largest_file_megabytes"):
        files.must_unpack_to(f"p.{ending}", content, 2_000_000)


TEXT = "x" * 20_000
BOMBS = {
    "text": pa.array([TEXT] * 1000),
    "large text": pa.array([TEXT] * 1000, pa.large_string()),
    "dictionary": pa.array([TEXT] * 1000).dictionary_encode(),
    "bytes": pa.array([TEXT.encode()] * 1000),
    "bytes of one width": pa.array([TEXT.encode()] * 1000, pa.binary(len(TEXT))),
    "list": pa.array([[TEXT, None, TEXT], None] * 500),
    "struct": pa.array([{"a": {"b": TEXT}}] * 1000),
    "map": pa.array([[("key", TEXT)]] * 1000, pa.map_(pa.string(), pa.string())),
    "numbers in lists": pa.array([[7] * 2500] * 1000),
}


@pytest.mark.parametrize("encoding", ["dictionary", "prefixes"])
@pytest.mark.parametrize("kind", BOMBS)
def test_parquet_is_measured_as_it_decodes(kind, encoding):
    """A column of 20 MB, which the file stores as one text and a thousand references to it."""
    out = pa.BufferOutputStream()
    table = pa.table({"Date": [date(2020, 1, 2)] * 1000, "x": BOMBS[kind]})
    ways = {} if encoding == "dictionary" else {"use_dictionary": False}
    if ways and kind in ("text", "bytes"):
        ways["column_encoding"] = {"x": "DELTA_BYTE_ARRAY"}
    pq.write_table(table, out, **ways)
    content = bytes(out.getvalue())
    assert len(content) < 1_000_000
    files.must_unpack_to("p.parquet", content, 22_000_000)
    with pytest.raises(InputError, match="unpacks to more than 19 MB"):
        files.must_unpack_to("p.parquet", content, 19_000_000)


# --- Sources that are not files


class RealRun:
    """As much of the harness as fetch_data needs to read files."""

    def __init__(self):
        settings = {"retry_attempts": 9, "retry_first_wait_minutes": 9, "prices": DAILY}
        self.config = {"fetch_data": settings | {"largest_file_megabytes": 1000}}
        self.read = SimpleNamespace(
            content=lambda path: store.read_file(Path(path)),
            glob=lambda pattern: sorted(map(str, Path().iterdir())),
        )
        self.values_of = contextlib.nullcontext


@pytest.mark.parametrize("path", ["p.csv", "*.csv"])
@pytest.mark.parametrize(
    ("make", "told"),
    [
        (os.mkfifo, "p.csv: is a pipe, not a file"),
        (
            lambda path: Path(path).symlink_to("/dev/zero"),
            "p.csv: is a device or a socket, not a file",
        ),
        (os.mkdir, "p.csv: is a folder. Cure: name a file in it"),
        (
            lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_RDWR), 10**12),
            "more than 1,000",
        ),
    ],
    ids=["pipe", "device", "folder", "hole of a terabyte"],
)
def test_what_is_no_file_is_not_waited_for(tmp_path, monkeypatch, path, make, told):
    monkeypatch.chdir(tmp_path)
    make("p.csv")
    with pytest.raises(InputError) as error:
        fetch_data.fetch(RealRun(), "prices", DAILY | {"path": path}, prices.source)
    assert told in str(error.value)


def test_a_file_that_shrinks_or_grows_while_it_is_read_is_not_taken(tmp_path, monkeypatch):
    path = tmp_path / "p.csv"
    path.write_text("a,b\n1,2\n")
    find = os.fstat

    def changing(descriptor):
        found = find(descriptor)
        os.truncate(path, max(found.st_size - 1, 0))
        return found

    monkeypatch.setattr(os, "fstat", changing)
    with pytest.raises(OSError, match="changed while it was read"):
        store.read_file(path)
