"""Bodies that are no data, records that their schema does not allow, and what is kept of both."""

import contextlib
import io
import json
import zipfile
from datetime import UTC, datetime

from tidemark.errors import InputError
from tidemark.fetching import bodies, payloads, rejected
from tidemark.files import store
from tidemark.project import CODE, Tree
from tidemark.providers.contract import PayloadError

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

BAR = {
    "ticker": "AAPL", "timestamp": "2026-11-27T00:00:00Z", "open": 1.0, "high": 2.0, "low": 0.5,
    "close": 1.5, "volume": 10.0, "adj_close": None, "interval": "1d", "live": False,
    "volume_is": "traded",
}  # fmt: skip
WHEN = datetime(2026, 11, 30, 21, tzinfo=UTC)


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path, CODE)


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", "a,b\n1,2\n")
    return buffer.getvalue()


WHOLE = {
    "json": b'\xef\xbb\xbf {"chart": {"result": [1], "error": null}}\n',
    "a list": b"[1, 2]",
    "no error": b'{"error": null, "errors": [], "default": 1}',
    "xml": b'<?xml version="1.0"?><gesmes:Envelope><Cube/></gesmes:Envelope>\n',
    "csv": b"Date,USD\n2026-11-27,1.1\n",
    "csv of markup": b"id,text\n1,<html>\n",
    "a number": b"7",
    "zip": zipped(),
    "parquet": store.parquet_bytes(pd.DataFrame({"a": [1]})),
}


@pytest.mark.parametrize("name", WHOLE)
def test_data_of_any_form_pass(name):
    bodies.must_be_data(WHOLE[name])


@pytest.mark.parametrize("name", ["json", "a list", "xml", "zip", "parquet"])
def test_half_of_it_does_not(name):
    body = WHOLE[name]
    with pytest.raises(PayloadError, match="ends in the middle"):
        bodies.must_be_data(body[: 2 * len(body) // 3])


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_data_or_refused_and_what_is_shown_of_them_can_be_printed(body):
    with contextlib.suppress(PayloadError):
        bodies.must_be_data(body)
    assert bodies.excerpt(body).isprintable()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (b" \r\n", "is empty"),
        (b"<html><body>x</body></html>", "is a web page, though"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE html><html><title> Log\nin </title>', '"Log in"'),
        (b'{"error": "bad key"}', "bad key"),
        (b'{"Error Message": "limit"}', "limit"),
        (b'{"errors": [{"message": "no such series"}]}', "no such series"),
        (b'{"error": {"code": 429, "message": "slow"}}', "slow"),
        (b'{"status": "ERROR", "error": "unknown plan", "request_id": "1"}', "unknown plan"),
    ],
)  # fmt: skip
def test_what_is_no_data_is_said(body, words):
    with pytest.raises(PayloadError) as error:
        bodies.must_be_data(body)
    assert words in error.value.problem


def test_records_that_fit_pass(tree):
    payloads.must_fit(tree, "bars", [BAR, {**BAR, "close": None}])
    payloads.must_fit(tree, "bars", [])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"close": "1.5"}, r"bars\[1\]\.close: "),
        ({"close": float("nan")}, r"bars\[1\]\.close: "),
        ({"close": float("inf")}, r"bars\[1\]\.close: "),
        ({"timestamp": "2026-11-27"}, r"bars\[1\]\.timestamp: "),
        ({"timestamp": "2026-02-30T00:00:00Z"}, r"bars\[1\]\.timestamp: "),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_record_that_does_not_fit_is_named(tree, change, words):
    with pytest.raises(PayloadError, match=words) as error:
        payloads.must_fit(tree, "bars", [BAR, {**BAR, **change}])
    assert "market_data.json does not allow it" in error.value.problem


def test_of_many_faults_a_few_are_shown_and_the_rest_counted(tree):
    with pytest.raises(PayloadError, match="and 7 more faults"):
        payloads.must_fit(tree, "bars", [BAR] + [{**BAR, "high": "x"}] * 10)


def test_a_schema_of_the_project_comes_before_ours(tree):
    (tree / "schemas").mkdir()
    (tree / "schemas/news.json").write_text('{"required": ["mine"]}', "utf-8")
    with pytest.raises(PayloadError, match="mine"):
        payloads.must_fit(tree, "news", [])
    (tree / "schemas/news.json").write_text("{", "utf-8")
    with pytest.raises(InputError, match="JSON Schema"):
        payloads.must_fit(tree, "news", [])


def test_what_is_rejected_is_kept_whole_and_once(tree):
    for _ in range(2):
        name = rejected.keep(tree, "prices", "yahoo", "AAPL", b"<html>", "is a web page", WHEN)
    files = sorted(path.name for path in (tree / rejected.FOLDER / "prices").iterdir())
    assert files == [name.with_suffix(ending).name for ending in (".body", ".json")]
    assert (tree / name).read_bytes() == b"<html>"
    told = json.loads((tree / name.with_suffix(".json")).read_bytes())
    assert (told["reason"], told["asked"], told["provider"]) == ("is a web page", "AAPL", "yahoo")
    assert told["sha256"] == store.sha256(b"<html>")
