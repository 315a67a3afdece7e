"""Files behind an address, of the form that their source's section says."""

import json
from datetime import UTC, datetime
from typing import Any

from fakes.server import Fake, Reply
from tidemark.errors import BadValue
from tidemark.fetching import fetch, payloads
from tidemark.fetching.settings import Fetch
from tidemark.fetching.wanted import Source, World
from tidemark.files import store
from tidemark.project import CODE, Tree
from tidemark.providers import files_over_http
from tidemark.providers.contract import Answer, Ask, PayloadError
from tidemark.stored import reading

import pandas as pd
import pytest

NOW = datetime(2026, 11, 30, 19, tzinfo=UTC)
COLUMNS = {"timestamp": "Date", "close": "Last", "volume": "Vol"}
CSV = "Date,Last,Vol\n2026-11-26,10.5,100\n2026-11-27,,\n2026-11-30,-37.63,7\n"
ROWS = [
    {"Date": "2026-11-26", "Last": 10.5, "Vol": 100},
    {"Date": "2026-11-27", "Last": None, "Vol": None},
    {"Date": "2026-11-30", "Last": -37.63, "Vol": 7},
]


def read(body: bytes, address: str, kind: str = "bars", **options: Any) -> list[dict]:
    since = options.pop("since", None)
    interval = options.pop("interval", "1d")
    ask = Ask(address, "CL", interval, since, now=NOW, options={"columns": COLUMNS, **options})
    pages = list(getattr(files_over_http, kind)(ask, lambda call: Answer(body, "", NOW)))
    for page in pages:
        payloads.must_fit(Tree(CODE, CODE), page.kind, page.records)
    return [dict(record) for page in pages for record in page.records]


@pytest.mark.parametrize(
    ("body", "address"),
    [
        (CSV.encode(), "https://a.example/d/crude%20oil.csv?x=1"),
        (json.dumps(ROWS).encode(), "https://a.example/oil.json"),
        (store.parquet_bytes(pd.DataFrame(ROWS)), "https://a.example/oil.parquet"),
        (
            store.parquet_bytes(
                pd.DataFrame(ROWS).assign(Date=lambda f: pd.to_datetime(f["Date"]))
            ),
            "https://a.example/oil.parquet",
        ),
    ],
    ids=["csv", "json", "parquet", "typed"],
)
def test_all_forms_give_the_same_bars(body, address):
    found = read(body, address)
    assert [(one["timestamp"], one["close"], one["volume"]) for one in found] == [
        ("2026-11-26T00:00:00Z", 10.5, 100), ("2026-11-27T00:00:00Z", None, None),
        ("2026-11-30T00:00:00Z", -37.63, 7),
    ]  # fmt: skip
    assert {one["ticker"] for one in found} == {"CL"}


def test_what_the_section_says_of_the_form_holds():
    body = "Day;Last;Vol\n30.11.2026;1.234,5;-\n".encode("utf-16")
    form = {
        "encoding": "utf-16",
        "separator": ";",
        "decimal": ",",
        "thousands": ".",
        "missing": ["-"],
    }
    columns = {**COLUMNS, "timestamp": "Day"}
    (bar,) = read(
        body, "https://a/x", file="x.csv", form=form, date_format="%d.%m.%Y", columns=columns
    )
    assert (bar["timestamp"], bar["close"], bar["volume"]) == ("2026-11-30T00:00:00Z", 1234.5, None)


def test_intraday_times_are_of_the_zone_that_is_said():
    body = b"Date,Last,Vol\n2026-11-30 09:30,1,1\n2026-11-30T09:31:00-05:00,1,1\n"
    found = read(body, "https://a/x.csv", interval="1m", time_zone="America/New_York")
    assert [one["timestamp"] for one in found] == ["2026-11-30T14:30:00Z", "2026-11-30T14:31:00Z"]


def test_series_have_what_is_known_of_them():
    body = b"Date,v,k\n2026-10-01,4.1,2026-11-06T13:30:00Z\n2026-09-01,.5,\n"
    columns = {"timestamp": "Date", "value": "v", "known_at": "k"}
    found = read(body, "https://a/x.csv", "series", columns=columns)
    assert [(one["value"], one["known_at"]) for one in found] == [
        (4.1, "2026-11-06T13:30:00Z"), (0.5, None)]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"Date,Last\n2026-11-30,1\n", "has no column 'Vol'"),
        (b"Date,Last,Vol\n2026-11-30,1\n", r"x\.csv:2"),
        (b"Date,Last,Vol\n,1,1\n", "has no time"),
        (b"Date,Last,Vol\n30/11/26,1,1\n", r"x\.csv:2"),
        (b"Date,Last,Vol\n2026-11-30,1;5,1\n", "is no number"),
        (b"Date,Last,Vol\n2026-11-30,nan,1\n", "is no number"),
        (b"PAR1", "Parquet"),
    ],
)
def test_a_file_of_another_form_is_refused(body, words):
    with pytest.raises(PayloadError, match=words):
        read(body, "https://a/x.parquet" if body == b"PAR1" else "https://a/x.csv")


@pytest.mark.parametrize(
    "options",
    [{"columns": {}}, {"columns": {"close": "Last", "timestamp": "Date", "colour": "x"}},
     {"form": {"sep": ";"}}, {"interval": "1m", "time_zone": "Mars"}],
)  # fmt: skip
def test_an_option_that_is_none_is_named(options):
    with pytest.raises(BadValue):
        read(CSV.encode(), "https://a/x.csv", **options)


def test_it_is_fetched_like_any_other_source(tmp_path):
    tree = Tree(tmp_path, CODE)
    with Fake({"/oil.csv": Reply.text(CSV)}) as fake:
        ask = Ask(f"{fake.base}/oil.csv", "CL", options={"columns": COLUMNS})
        wanted = Source("oil", "files_over_http", "bars", [ask])
        assert fetch.source(tree, wanted, Fetch(), World({})).came.added == 3
        fake.pages["/oil.csv"] = Reply.text(f"{CSV}2026-12-01,11,5\n")
        assert fetch.source(tree, wanted, Fetch(), World({})).came.added == 1
    assert reading.rows(tree, None, "oil")["close"].iloc[-1] == 11


def test_several_tickers_are_had_of_one_file_or_of_one_each(tmp_path):
    """Each has its own rows, under the name that the configuration gives it."""
    both = "Date,T,Last,Vol\n2026-11-27,ibm,300,1\n2026-11-27,f,12,2\n2026-11-30,ibm,301,1\n"
    columns = {"timestamp": "Date", "ticker": "T", "close": "Last", "volume": "Vol"}
    pages = {"/all.csv": Reply.text(both), "/a b.csv": Reply.text(both)}
    with Fake(pages) as fake:
        one = {"columns": columns, "address": f"{fake.base}/all.csv"}
        asks = [
            Ask(id_, name, options=one) for id_, name in (("ibm", "IBM"), ("f", "FORD"), ("x", "X"))
        ]
        wanted = Source("prices", "files_over_http", "bars", asks)
        done = fetch.source(Tree(tmp_path, CODE), wanted, Fetch(), World({}))
        assert (done.state, done.failed) == ("partial", ("X",))
        assert "the file has no row of x" in done.problem
        rows = reading.rows(Tree(tmp_path, CODE), None, "prices")
        assert rows.groupby("ticker")["close"].apply(list).to_dict() == {
            "FORD": [12.0],
            "IBM": [300.0, 301.0],
        }
        each = {"columns": columns, "address": f"{fake.base}/{{id}}.csv"}
        fetch.source(
            Tree(tmp_path, CODE),
            Source("others", "files_over_http", "bars", [Ask("a b", "A", options=each)]),
            Fetch(),
            World({}),
        )
    assert fake.asked[-1].path == "/a b.csv"
