"""Retries, and what fetch_data continues with if a source cannot be read."""

import contextlib
import io
import logging
from types import SimpleNamespace

import fetch_data
from tidemark.errors import BadValue, InputError
from tidemark.files import retry, store
from tidemark.sources import economic
from tidemark.sources.contract import Batch

import pandas as pd
import pyarrow.parquet as pq
import pytest

SOURCE = {
    "path": "u.csv",
    "date_format": "%Y-%m-%d",
    "release_lag_days": 45,
    "columns": {"timestamp": "month", "unemployment": "rate"},
}
CONTENT = b"month,rate\n2020-01-01,3.5\n2020-02-01,\n"
RAW = "data/raw/unemployment.parquet"


# --- Retries


def failing(*errors):
    """A reader that raises each of these in turn, then returns b"data"."""
    left = list(errors)

    def read():
        if left:
            raise left.pop(0)
        return b"data"

    return read


def test_waits_double():
    waits = []
    read = failing(*[OSError("network") for _ in range(3)])
    assert retry.read(read, 3, 60, sleep=waits.append) == b"data"
    assert waits == [60, 120, 240]


def test_the_last_error_stands():
    waits, told = [], []
    read = failing(*[OSError(f"network {n}") for n in range(9)])
    with pytest.raises(OSError, match="network 2"):
        retry.read(
            read,
            2,
            1,
            sleep=waits.append,
            before_wait=lambda error, s: told.append((str(error), s)),
        )
    assert waits == [1, 2]
    assert told == [("network 0", 1), ("network 1", 2)]


@pytest.mark.parametrize(
    "error", [FileNotFoundError(), PermissionError(), IsADirectoryError(), ValueError()]
)
def test_what_waiting_cannot_mend_is_raised_at_once(error):
    with pytest.raises(type(error)):
        retry.read(failing(error), 3, 60, sleep=lambda seconds: pytest.fail("waited"))


def test_no_retries_if_none_are_wanted():
    with pytest.raises(OSError, match="network"):
        retry.read(failing(OSError("network")), 0, 60, sleep=lambda seconds: pytest.fail("waited"))


# --- The step


class FakeRun:
    """As much of the harness as fetch_data uses, in memory."""

    def __init__(self, files=None, previous=None, attempts=0):
        self.files, self.last, self.written = files or {}, previous or {}, {}
        self.attempts = 1
        settings = {"retry_attempts": attempts, "retry_first_wait_minutes": 0}
        settings["largest_file_megabytes"] = 1
        self.config = {"fetch_data": settings}
        self.log = logging.getLogger("test")
        self.alerts, self.notes, self.gone, self.provisional = [], [], [], ""
        self.read = SimpleNamespace(
            content=self.content, glob=self.glob, previous=self.last.get, missing=self.gone.append
        )
        self.write = SimpleNamespace(content=self.put, text=self.put_text)
        self.tell = SimpleNamespace(alert=self.alerts.append, note=self.notes.append)

    def content(self, path):
        found = self.files.get(path, FileNotFoundError(2, "No such file", path))
        if isinstance(found, list):
            found = found.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    def glob(self, pattern):
        return sorted(path for path in self.files if path.endswith(pattern.lstrip("*")))

    def put(self, path, data, rows=None):
        self.written[path] = data

    def put_text(self, path, text):
        self.written[path] = text.encode()

    def retry_next_time(self, why):
        self.provisional = why

    @contextlib.contextmanager
    def values_of(self, section):
        try:
            yield
        except BadValue as bad:
            raise InputError(f"{section}.{bad.parameter}", bad.problem, bad.cure) from bad


@pytest.mark.parametrize(
    ("zone", "economic", "calendar", "ends"),
    [
        ("Asia/Tokyo", {"treasury": {}}, None, True),
        ("Asia/Tokyo", {"treasury": {}}, "XTKS", False),
        ("Asia/Tokyo", {}, None, False),
        ("UTC", {"treasury": {}}, None, False),
    ],
)
def test_a_time_zone_ends_days_for_series_where_no_calendar_does(zone, economic, calendar, ends):
    sources = {"prices": {"time_zone": zone}, "economic": economic}
    configuration = {"fetch_data": sources, "validate_schema": {"calendar": calendar}}
    assert fetch_data._zone_ends_days(configuration) == ends


def fetch(run, source=SOURCE):
    return fetch_data.fetch(run, "unemployment", source, economic.source)


@pytest.fixture
def fetched():
    run = FakeRun({"u.csv": CONTENT})
    fetch(run)
    return run.written


def test_writes_the_frame_its_origin_and_its_hashes(fetched):
    frame = pd.read_parquet(io.BytesIO(fetched[RAW]))
    assert list(frame) == ["timestamp", "available_at", "unemployment"]
    assert frame["available_at"][0] == pd.Timestamp("2020-02-16")
    assert b'"path": "u.csv"' in pq.read_metadata(io.BytesIO(fetched[RAW])).metadata[b"source"]
    assert fetched[f"{RAW}.sha256"].decode().splitlines() == [
        f"{store.sha256(fetched[RAW])}  {RAW}",
        f"{store.sha256(CONTENT)}  u.csv",
    ]


def test_same_content_same_bytes_even_in_another_layout(fetched):
    run = FakeRun({"u.csv": b"month,rate\r\n2020-01-01,3.50\r\n\r\n2020-02-01,NA"})
    fetch(run)
    assert run.written[RAW] == fetched[RAW]


def test_a_passing_failure_is_retried(fetched):
    run = FakeRun({"u.csv": [OSError(5, "I/O error"), CONTENT]}, attempts=1)
    fetch(run)
    assert run.written == fetched
    assert len(run.notes) == 1
    assert run.attempts == 2
    assert not run.alerts


@pytest.mark.parametrize(
    "error",
    [OSError(5, "I/O error"), FileNotFoundError(2, "No such file"), PermissionError(13, "No")],
)
def test_falls_back_to_what_was_fetched_before(fetched, error):
    run = FakeRun({"u.csv": error}, previous=fetched)
    frame = fetch(run)
    assert len(frame) == 2
    assert run.written == fetched
    assert "u.csv" in run.alerts[0]
    assert "u.csv" in run.provisional
    assert run.gone == (["u.csv"] if isinstance(error, FileNotFoundError) else [])


@pytest.mark.parametrize(
    "source", [SOURCE | {"path": "v.csv"}, SOURCE | {"release_lag_days": 30}], ids=["path", "lag"]
)
def test_never_falls_back_to_another_source(fetched, source):
    run = FakeRun({source["path"]: OSError(5, "I/O error")}, previous=fetched)
    with pytest.raises(OSError, match="I/O error"):
        fetch(run, source)
    assert not run.written


def test_never_falls_back_from_bad_content(fetched):
    run = FakeRun({"u.csv": b"month,rate\n2020-01-01,high\n"}, previous=fetched)
    with pytest.raises(InputError, match="'high' is not a number"):
        fetch(run)


def test_a_setting_that_does_not_fit_is_told_as_a_key_of_the_source():
    run = FakeRun({"u.csv": CONTENT})
    with pytest.raises(InputError, match=r"^fetch_data\.economic\.unemployment\.date_format: "):
        fetch(run, SOURCE | {"date_format": "%Y-%Q"})


def test_a_file_that_never_was_is_bad_input():
    with pytest.raises(InputError, match=r"u\.csv: does not exist\. Cure: put the file there"):
        fetch(FakeRun())


def test_a_folder_is_bad_input():
    run = FakeRun({"u.csv": IsADirectoryError(21, "Is a directory")})
    with pytest.raises(InputError, match=r"u\.csv: is a folder\. Cure: name a file in it"):
        fetch(run)


def test_a_wildcard_reads_all_and_needs_one(fetched):
    source = SOURCE | {"path": "*.csv"}
    run = FakeRun({"a.csv": CONTENT, "b.csv": b"month,rate\n2019-12-01,3.6\n"})
    assert list(fetch(run, source)["unemployment"].fillna(0)) == [3.6, 3.5, 0]
    assert len(run.written[f"{RAW}.sha256"].splitlines()) == 3
    with pytest.raises(InputError, match=r"\*\.csv: does not exist"):
        fetch(FakeRun(), source)


# --- What a source is given and returns


def counting(request):
    """A source that goes on from its cursor: one more record each time."""
    reached = int(request.cursor().get("records", "0")) + 1
    frame = pd.DataFrame({"value": range(reached)})
    return Batch(frame, frame, [f"reached {reached}"], {"records": str(reached)})


def test_a_source_goes_on_from_the_cursor_that_it_returned_last():
    run = FakeRun()
    for times in (1, 2):
        run = FakeRun(previous=run.written)
        assert len(fetch_data.fetch(run, "unemployment", SOURCE, counting)) == times
        assert run.notes == [f"reached {times}"]
    (checksum,) = run.written[f"{RAW}.sha256"].decode().splitlines()
    assert checksum == f"{store.sha256(run.written[RAW])}  {RAW}", "a cursor is no file to check"
    other = FakeRun(previous=run.written)
    assert len(fetch_data.fetch(other, "unemployment", SOURCE | {"path": "v"}, counting)) == 1
