"""Records that only grow: nothing half written, nothing lost or altered unnoticed."""

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from tidemark.errors import InputError
from tidemark.files import append, store
from tidemark.files.append import BARE, Log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def log_in(folder: Path) -> Log:
    return Log(folder, form=2, older={BARE: lambda content: {"old": content}})


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def contents(folder: Path) -> list[object]:
    return [record.content for record in log_in(folder).records()]


@pytest.fixture
def folder(tmp_path) -> Path:
    """Three records."""
    for number in (1, 2, 3):
        log_in(tmp_path / "log").append({"n": number})
    return tmp_path / "log"


@pytest.fixture
def older(tmp_path) -> Path:
    """Two records of the form without a number, with a gap, and two of today's."""
    folder = tmp_path / "older"
    folder.mkdir()
    for number in (2, 4):
        (folder / f"{number:05d}.json").write_text(json.dumps({"n": number}))
    for number in (5, 6):
        log_in(folder).append({"n": number})
    return folder


def test_a_record_says_its_format_who_wrote_it_and_what_was_before(folder):
    second, third = (json.loads((folder / f"0000{n}.json").read_bytes()) for n in (2, 3))
    assert third["before"] == {"2": second["digest"]}
    assert (third["format"], third["number"], third["content"]) == (2, 3, {"n": 3})
    assert third["version"] == append.VERSION
    assert json.loads((folder / "last.json").read_bytes()) == {"3": third["digest"]}


def test_the_same_appends_keep_the_same_bytes(folder, tmp_path):
    again = log_in(tmp_path / "again")
    for number in (1, 2, 3):
        again.append({"n": number})
    assert files(again.folder) == files(folder)


def test_older_forms_are_read_in_the_order_of_their_numbers(older):
    (older / "00004 (copy).json").write_text("no record")
    assert [record.number for record in log_in(older).records()] == [2, 4, 5, 6]
    assert contents(older) == [{"old": {"n": 2}}, {"old": {"n": 4}}, {"n": 5}, {"n": 6}]


def test_numbers_may_have_more_digits(tmp_path):
    for number in (99999, 100000):
        (tmp_path / f"{number}.json").write_text(str(number))
    assert log_in(tmp_path).append("next") == 100001
    assert contents(tmp_path) == [{"old": 99999}, {"old": 100000}, "next"]


def test_a_form_that_is_not_known_yet_is_refused_with_the_version_that_wrote_it(folder):
    Log(folder, form=3, older={2: dict}).append({"n": 4})
    path = folder / "00004.json"
    path.write_text(path.read_text().replace(append.VERSION, "9.1"))
    told = (
        r"00004\.json: is of format 3, which Tidemark 9\.1 wrote; this is .* reads formats up to 2"
    )
    with pytest.raises(InputError, match=told) as error:
        log_in(folder).append({"n": 5})
    assert error.value.cure == "go on with Tidemark 9.1"


DAMAGE: dict[str, Callable[[Path], object]] = {
    "removed": Path.unlink,
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:40]),
    "empty": lambda path: path.write_bytes(b""),
    "no text": lambda path: path.write_bytes(b"\xff\xfe\0"),
    "deep": lambda path: path.write_bytes(b"[" * 100_000),
    "edited": lambda path: path.write_text(path.read_text().replace('"n": ', '"n": 1')),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_what_was_removed_or_altered_is_noticed_and_its_cure_works(folder, number, damage):
    path = folder / f"{number:05d}.json"
    DAMAGE[damage](path)
    with pytest.raises(InputError) as error:
        log_in(folder).records()
    assert error.value.where == str(path)
    assert str(error.value).isprintable()
    with pytest.raises(InputError, match="Cure: restore it"):
        log_in(folder).append({"n": 4})
    subprocess.run(error.value.cure.partition("for good: ")[2].split(), check=True)
    expected = [{"n": n} for n in (1, 2, 3) if n != number]
    assert contents(folder) == expected
    assert log_in(folder).append({"n": 4}) == 4
    assert contents(folder) == [*expected, {"n": 4}]


@pytest.mark.parametrize("damage", ["removed", "edited"])
@pytest.mark.parametrize("number", [2, 4, 5, 6])
def test_so_it_is_among_older_forms(older, number, damage):
    path = older / f"{number:05d}.json"
    DAMAGE[damage](path)
    with pytest.raises(InputError) as error:
        log_in(older).records()
    assert error.value.where == str(path)
    subprocess.run(error.value.cure.partition("for good: ")[2].split(), check=True)
    assert len(contents(older)) == 3
    assert log_in(older).append({"n": 7}) == 7


def test_what_another_put_there_is_noticed(older, folder):
    shutil.copy(older / "00002.json", older / "00003.json")
    with pytest.raises(InputError, match=r"00003\.json: was not appended here"):
        log_in(older).records()
    (folder / "00004.json").write_bytes((folder / "00003.json").read_bytes())
    with pytest.raises(InputError, match=r"00004\.json: is not as it was written"):
        log_in(folder).records()
    (folder / "00004.json").write_text("{}")
    with pytest.raises(InputError, match=r"00004\.json: was not appended here"):
        log_in(folder).records()


def test_of_two_ways_that_parted_one_is_noticed(folder, tmp_path):
    other = shutil.copytree(folder, tmp_path / "other")
    log_in(other).append({"n": "other"})
    log_in(folder).append({"n": 4})
    log_in(folder).append({"n": 5})
    shutil.copy(other / "00004.json", folder / "00004.json")
    with pytest.raises(InputError, match=r"is not the one that 00005\.json follows"):
        log_in(folder).records()
    shutil.copy(other / "last.json", folder / "last.json")
    (folder / "00005.json").unlink()
    assert contents(folder)[3:] == [{"n": "other"}]


@pytest.mark.parametrize("note", [None, b"", b"[]", b'{"x": 1}'])
def test_a_note_that_is_gone_or_damaged_is_noticed_and_its_cure_works(folder, note):
    path = folder / "last.json"
    path.unlink() if note is None else path.write_bytes(note)
    with pytest.raises(InputError, match=r"last\.json: is gone or damaged") as error:
        log_in(folder).append({"n": 4})
    subprocess.run(error.value.cure.partition("for good: ")[2].split(), check=True)
    assert log_in(folder).append({"n": 5}) == 5
    assert contents(folder) == [{"n": 1}, {"n": 2}, {"n": 3}, {"n": 5}]


def test_a_note_that_is_gone_is_noticed_from_the_second_record_on(tmp_path):
    """Not before, since a first append that was killed leaves one record without a note."""
    log_in(tmp_path).append(1)
    (tmp_path / "last.json").unlink()
    log_in(tmp_path).append(2)
    (tmp_path / "last.json").unlink()
    with pytest.raises(InputError, match="nobody knows if records after 00002 are missing"):
        log_in(tmp_path).records()


def test_a_writer_sees_a_record_that_another_appended_and_died_before_the_note(folder):
    ours = log_in(folder)
    ours.append({"n": 4})
    noted = (folder / "last.json").read_bytes()
    log_in(folder).append({"n": 5})
    (folder / "last.json").write_bytes(noted)
    assert ours.append({"n": 6}) == 6
    assert contents(folder)[3:] == [{"n": 4}, {"n": 5}, {"n": 6}]


def test_a_writer_sees_what_others_appended_and_removed(folder):
    ours, theirs = log_in(folder), log_in(folder)
    assert [ours.append({"n": 4}), theirs.append({"n": 5}), ours.append({"n": 6})] == [4, 5, 6]
    (folder / "00006.json").unlink()
    with pytest.raises(InputError, match=r"00006\.json: is gone"):
        theirs.append({"n": 7})
    shutil.rmtree(folder)
    assert ours.append({"n": 1}) == 1


def test_nothing_is_replaced_where_there_are_no_hard_links(folder, monkeypatch):
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", no_links)
    assert log_in(folder).append({"n": 4}) == 4
    assert contents(folder)[3:] == [{"n": 4}]
    temporary = folder / "x"
    temporary.touch()
    with pytest.raises(OSError, match="not permitted"):
        append._place(temporary, folder / "00004.json")


def test_a_disk_that_is_full_for_the_note_alone_loses_no_record(folder, monkeypatch):
    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    with monkeypatch.context() as patched:
        patched.setattr(store, "write_atomic", full)
        log = log_in(folder)
        assert log.append({"n": 4}) == 4
        with pytest.raises(OSError, match="No space left"):
            log.append({"n": 5})
    assert len(contents(folder)) == 4
    assert log.append({"n": 5}) == 5
    assert json.loads((folder / "last.json").read_bytes()).keys() == {"5"}


def killed_at(instant: int, folder: Path, content: object) -> bool:
    """Append in a process that dies before it opens, links, renames or removes a file once more.

    `instant` counts these; True if it lived to the end.
    """
    child = os.fork()
    if child == 0:
        left = instant

        def die(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            if event.startswith(("os.", "open")) and str(folder) in str(arguments[0]):
                left -= 1
                if left < 0:
                    os._exit(1)

        sys.addaudithook(die)
        log_in(folder).append(content)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(0, 14)), max_size=8), st.booleans())
def test_after_any_kills_there_is_every_record_that_was_appended_in_order(instants, older):
    """None is an append that lives; a number, one that is killed at that instant."""
    with tempfile.TemporaryDirectory() as place, mock.patch("os.fsync"):
        folder = Path(place) / "log"
        if older:
            folder.mkdir()
            (folder / "00001.json").write_text("0")
        begun, appended = [], []
        for n, instant in enumerate(instants):
            begun.append(n)
            if instant is None:
                log_in(folder).append(n)
                appended.append(n)
            elif killed_at(instant, folder, n):
                appended.append(n)
            found = contents(folder)[older:]
            assert found == [n for n in begun if n in found], "in order, each at most once"
            assert set(appended) <= set(found), "what was appended stays"
        log_in(folder).append("last")
        assert contents(folder)[-1] == "last"
        assert not list(folder.glob(".*.tmp"))
        last = len(found) + older + 1 if instants else older + 1
        assert json.loads((folder / "last.json").read_bytes()).keys() == {str(last)}


def test_what_the_description_says_that_nothing_shows_is_all_that_nothing_shows(folder):
    (folder / "last.json").unlink()
    (folder / "00003.json").unlink()
    with pytest.raises(
        InputError, match=r"last\.json: is gone.*Cure: restore it from a backup; or"
    ):
        log_in(folder).append({"n": 4})
    (folder / "00002.json").unlink()
    assert log_in(folder).append({"n": 2}) == 2
    for path in folder.iterdir():
        path.unlink()
    assert log_in(folder).append({"n": 1}) == 1


def test_readers_need_no_lock_and_no_right_to_write(folder):
    (folder / ".lock").unlink()
    assert len(contents(folder)) == 3
    assert not (folder / ".lock").exists()
    assert contents(folder / "nowhere") == []


@pytest.fixture
def long(tmp_path) -> Log:
    """Three records of a log that remembers what it checked."""
    log = Log(tmp_path / "long", form=2, checked=tmp_path / "checked")
    for number in (1, 2, 3):
        log.append({"n": number})
    return log


def again(log: Log, count: int) -> tuple[list[object], int]:
    """The last records, by another process; and how many records it read."""
    other = Log(log.folder, form=2, checked=log._checked)
    with mock.patch.object(Log, "_stored", autospec=True, side_effect=Log._stored) as stored:
        found = [record.content for record in other.last(count)]
    return found, stored.call_count


def test_of_a_log_that_looks_as_it_was_checked_only_the_last_records_are_read(long):
    assert again(long, 2) == ([{"n": 2}, {"n": 3}], 2)
    assert again(long, 9) == ([{"n": 1}, {"n": 2}, {"n": 3}], 3)
    with mock.patch.object(Log, "_stored", side_effect=AssertionError("read again")):
        assert Log(long.folder, form=2, checked=long._checked).append({"n": 4}) == 4
    assert again(long, 1) == ([{"n": 4}], 1)


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_what_was_altered_is_noticed_though_the_log_was_checked(long, number, damage):
    DAMAGE[damage](long.folder / f"{number:05d}.json")
    for _ in range(2):
        other = Log(long.folder, form=2, checked=long._checked)
        with pytest.raises(InputError):
            other.last(1)
        with pytest.raises(InputError):
            other.append({"n": 4})


def test_what_was_altered_in_place_with_its_old_size_and_time_is_noticed(long):
    path = long.folder / "00001.json"
    before = path.stat()
    path.write_text(path.read_text().replace('"n": 1', '"n": 7'))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(InputError):
        again(long, 1)


@pytest.mark.parametrize("damaged", [b"", b"{}", b'{"looks": 1, "end": {}}', None])
def test_what_is_remembered_may_be_gone_or_damaged(long, damaged):
    assert long._checked is not None
    long._checked.unlink() if damaged is None else long._checked.write_bytes(damaged)
    assert again(long, 1) == ([{"n": 3}], 3)
    assert again(long, 1) == ([{"n": 3}], 1)


def test_a_log_that_was_appended_to_by_one_that_does_not_remember_is_read_anew(long):
    log_in(long.folder).append({"n": 4})
    assert again(long, 1) == ([{"n": 4}], 4)
