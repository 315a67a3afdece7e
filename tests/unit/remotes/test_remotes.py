"""Objects by name in a folder and in a bucket; and what is said when one of these fails."""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from s3_service import BUCKET, Connection, Service
from tidemark.remotes.address import must_be_an_address
from tidemark.remotes.contract import (
    AccessError,
    LostError,
    NoClientError,
    NoPlaceError,
    Remote,
    RemoteError,
    SlowError,
)
from tidemark.remotes.opening import opened

import pytest

CONTENT = bytes(range(256)) * 20_000  # 5 MB: neither end sends it at once
PATIENCE = 2.0


class Place(NamedTuple):
    """A remote of a test's own, opened as often as wished, and a way to alter what lies there."""

    address: str
    base: Path

    def opened(self) -> Remote:
        return opened(self.address, PATIENCE, self.base)


@pytest.fixture
def bucket(s3: Service, monkeypatch, tmp_path) -> Place:
    for name, value in s3.environment().items():
        monkeypatch.setenv(name, value)
    return Place(f"s3://{BUCKET}/{uuid4().hex}", tmp_path)


@pytest.fixture(params=["folder", "bucket"])
def place(request, tmp_path) -> Place:
    if request.param == "bucket":
        return request.getfixturevalue("bucket")
    (tmp_path / "there").mkdir()
    return Place("there", tmp_path)


@pytest.fixture
def file(tmp_path) -> Callable[[bytes], Path]:
    def written(content: bytes) -> Path:
        path = tmp_path / uuid4().hex
        path.write_bytes(content)
        return path

    return written


def test_what_was_put_is_got_and_listed_and_stays_as_it_was(place, file, tmp_path):
    remote, to = place.opened(), tmp_path / "got"
    for name, content in (("a/one", CONTENT), ("a/none", b""), ("b/two.json", b"{}")):
        assert not remote.get(name, to)
        assert not to.exists()
        assert remote.put_if_absent(name, file(content))
        assert not remote.put_if_absent(name, file(b"something else"))
        assert remote.get(name, to)
        assert to.read_bytes() == content
        to.unlink()
    listed = {each.name: each.bytes for each in place.opened().list("a")}
    assert listed == {"a/one": len(CONTENT), "a/none": 0}
    assert {each.name for each in remote.list("")} == {*listed, "b/two.json"}
    assert not [*remote.list("c")]
    assert all(abs(each.written.timestamp() - time.time()) < 60 for each in remote.list(""))


def test_of_many_that_put_at_a_time_one_has_written(place, file, tmp_path):
    contents = {number: CONTENT + bytes([number]) for number in range(6)}
    files = {number: file(content) for number, content in contents.items()}
    wrote = []

    def put(number: int) -> None:
        if place.opened().put_if_absent("a/one", files[number]):
            wrote.append(number)

    threads = [threading.Thread(target=put, args=[number]) for number in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wrote) == 1
    assert place.opened().get("a/one", tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == contents[wrote[0]]
    assert [each.name for each in place.opened().list("")] == ["a/one"]


def failing(error: type[RemoteError], ask: Callable[[], object]) -> str:
    """The one line of what it raises."""
    with pytest.raises(RemoteError) as raised:
        ask()
    assert type(raised.value) is error
    assert "\n" not in str(raised.value)
    return str(raised.value)


def asks(place: Place, file: Path, to: Path) -> list[Callable[[], object]]:
    """All that can be asked of a remote."""
    return [
        lambda: [*place.opened().list("")],
        lambda: place.opened().get("a/one", to),
        lambda: place.opened().put_if_absent("a/two", file),
    ]


@pytest.mark.parametrize("wrong", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_wrong_credentials_are_told_and_not_shown(bucket, file, monkeypatch, tmp_path, wrong):
    monkeypatch.setenv(wrong, "THATISWRONG")
    for ask in asks(bucket, file(b"x"), tmp_path / "got"):
        told = failing(AccessError, ask)
        assert "does not take these credentials" in told
        assert "THATISWRONG" not in told


def test_no_credentials_are_told_without_asking_anybody(bucket, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
    with Connection(1) as connection:
        monkeypatch.setenv("AWS_ENDPOINT_URL", connection.endpoint)
        assert "there are no credentials" in failing(AccessError, bucket.opened)
        assert connection.taken == 0


def test_a_bucket_or_folder_that_is_not_there_is_told(bucket, file, tmp_path):
    gone = bucket._replace(address="s3://gone/prefix")
    for ask in asks(gone, file(b"x"), tmp_path / "got"):
        assert "no such bucket" in failing(NoPlaceError, ask)
    assert "is no folder" in failing(NoPlaceError, bucket._replace(address="gone").opened)


def test_a_service_that_is_not_there_is_told(bucket, file, monkeypatch, tmp_path):
    with Connection(1) as connection:
        pass
    monkeypatch.setenv("AWS_ENDPOINT_URL", connection.endpoint)
    for ask in asks(bucket, file(b"x"), tmp_path / "got"):
        assert "cannot be reached (Connection refused)" in failing(LostError, ask)


@pytest.mark.parametrize("after", [0, 100, 1_000_000])
def test_a_connection_lost_in_the_middle_is_told(bucket, s3, file, monkeypatch, tmp_path, after):
    assert bucket.opened().put_if_absent("a/one", file(CONTENT))
    with Connection(s3.port, cut_after=after) as connection:
        monkeypatch.setenv("AWS_ENDPOINT_URL", connection.endpoint)
        told = failing(LostError, lambda: bucket.opened().get("a/one", tmp_path / "got"))
        assert "the connection was lost (" in told


def test_a_service_that_says_nothing_is_told_in_time(bucket, s3, file, monkeypatch, tmp_path):
    monkeypatch.setattr(sys.modules[__name__], "PATIENCE", 0.3)
    with Connection(s3.port, silent=True) as connection:
        monkeypatch.setenv("AWS_ENDPOINT_URL", connection.endpoint)
        began = time.monotonic()
        for ask in asks(bucket, file(b"x"), tmp_path / "got"):
            assert "silent or too slow for 0.3 s" in failing(SlowError, ask)
        assert time.monotonic() - began < 8


def test_a_service_that_drips_is_too_slow(bucket, s3, file, monkeypatch, tmp_path):
    assert bucket.opened().put_if_absent("a/one", file(b"x" * 1000))
    monkeypatch.setattr(sys.modules[__name__], "PATIENCE", 0.5)
    with Connection(s3.port, drip_seconds=0.002) as connection:
        monkeypatch.setenv("AWS_ENDPOINT_URL", connection.endpoint)
        failing(SlowError, lambda: bucket.opened().get("a/one", tmp_path / "got"))


def test_a_client_that_is_not_installed_is_told(bucket, monkeypatch):
    monkeypatch.setitem(sys.modules, "obstore", None)
    assert "is not installed" in failing(NoClientError, bucket.opened)


def test_a_full_or_forbidden_folder_is_told(place, file, monkeypatch, tmp_path):
    if place.address != "there":
        place = Place("there", tmp_path)
        (tmp_path / "there").mkdir()

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "there/a")

    monkeypatch.setattr("shutil.copyfile", denied)
    failing(AccessError, lambda: place.opened().put_if_absent("a/one", file(b"x")))
    assert not [path for path in (tmp_path / "there").rglob("*") if path.is_file()]


@pytest.mark.parametrize("right", ["s3://bucket", "s3://bucket/a/b-c_1.2", "/mnt/disk", "../a b"])
def test_addresses_are_buckets_or_folders(right):
    must_be_an_address(right)


@pytest.mark.parametrize(
    "wrong",
    ["", "s3://", "s3://Bucket/a", "s3://key:hush@bucket/a", "s3://b/../c", "gs://bucket", "a\nb",
     "https://hush@host/bucket"],
)  # fmt: skip
def test_other_addresses_are_refused_without_showing_them(wrong):
    with pytest.raises(ValueError, match=r"must be|names") as raised:
        must_be_an_address(wrong)
    assert "hush" not in str(raised.value)
