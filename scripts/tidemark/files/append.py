"""What only grows: a folder of numbered records, each written once and never changed.

`00007.json` is a JSON object:

    format    of all this; a number that the log's owner gives
    version   of Tidemark, which wrote it
    number    as in its name
    before    {number: digest} of the record before; in the first one, of all files without a digest
    content   what was appended
    digest    SHA-256 of the rest

So the record after one that was altered or removed shows it. `last.json` is {number: digest} of the
last one and shows a missing end; it is written after the record, and a kill in between leaves it
one behind, which the next append mends. No clock is in any of this: two machines that append the
same with the same Tidemark keep the same bytes.

A file without a digest is of format 1 and holds the content alone. A record that is lost for good
is named by `00007.lost`, a file that people make; what is in it does not count.

A long log may remember what was checked, in a file elsewhere that anybody may remove: SHA-256 of
the names, sizes, times and inodes of all records, and where they ended. While these are the same,
no record but the last ones need be read again.

This is for accidents, and has a limit. An empty folder is a new log, and the first record without
last.json is how a killed first append leaves it: who deletes all, or last.json with all but the
first, leaves nothing that shows it. Only a copy elsewhere does.
"""

import contextlib
import errno
import fcntl
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tidemark.errors import InputError
from tidemark.files import store
from tidemark.project import VERSION

BARE = 1  # the format of a file that holds the content alone
RESTORE = "restore it from a backup"
NAME = re.compile(r"([0-9]{5}|[1-9][0-9]{5,})\.(json|lost)")
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


@dataclass(frozen=True)
class Record:
    """One record: its number and its content, in today's form."""

    number: int
    content: Any


@dataclass(frozen=True)
class _Link:
    """How a record hangs on those before it; `before` is None where the content stands alone."""

    digest: str
    before: Mapping[str, str] | None


@dataclass(frozen=True)
class _End:
    """Where the records end: the last number and digest (none of a lost record), and what the next
    record names."""

    number: int = 0
    digest: str = ""
    before: Mapping[str, str] = field(default_factory=dict)

    @property
    def note(self) -> dict[str, str]:
        """As it stands in last.json."""
        return {str(self.number): self.digest}


_Looks = dict[str, tuple[int, ...]]


def _look(found: os.stat_result) -> tuple[int, ...]:
    """What no change of a file leaves as it was."""
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


class Log:
    """The records of one folder.

    Args:
        folder: theirs alone; the first append makes it.
        form: the format of what is written now, above 1.
        older: for each older format, what turns its content into today's; raises ValueError if the
            content is not of that form.
        checked: the file in which to remember what was checked; without it, all is read each time.
    """

    def __init__(
        self,
        folder: Path,
        form: int,
        older: Mapping[int, Callable[[Any], Any]] | None = None,
        checked: Path | None = None,
    ) -> None:
        self.folder = folder
        self._form = form
        self._older = older or {}
        self._checked = checked
        self._end = _End()

    def records(self) -> list[Record]:
        """All records, oldest first. Takes no lock: what is half appended is not seen.

        Raises:
            InputError: a record was altered, removed, or written by a newer Tidemark.
            OSError: the folder cannot be read.
        """
        return self._read()[0]

    def last(self, count: int) -> list[Record]:
        """The last records, oldest first. All are checked, but only these are read again.

        Raises:
            InputError: as with `records`.
            OSError: the folder cannot be read.
        """
        looks = self._looks()
        if self._remembered(looks) is None:
            records, end = self._read()
            self._remember(looks, end)
            return records[max(len(records) - count, 0) :]
        kept = [number for number, lost in self._there().items() if not lost]
        return [self._stored(number)[0] for number in kept[max(len(kept) - count, 0) :]]

    def append(self, content: object) -> int:
        """Write one more record; its number. It is on the disk when this returns.

        Waits while another process appends. After an error, there are the records of before.

        Raises:
            InputError: the records are not whole, as with `records`.
            OSError: the folder cannot be written, or the disk is full.
        """
        with self._alone():
            looks = self._looks()
            end = self._ended(looks)
            record = {
                "format": self._form,
                "version": VERSION,
                "number": end.number + 1,
                "before": end.before,
                "content": plain(content),
            }
            digest = _digest(record)
            path = self._path(end.number + 1)
            _write_once(path, store.json_bytes({**record, "digest": digest}))
            self._end = _End(end.number + 1, digest, {str(end.number + 1): digest})
            with contextlib.suppress(OSError):  # the record stands, and the next append notes it
                self._note()
                new = (path, self._last)
                self._remember(looks | {it.name: _look(it.stat()) for it in new}, self._end)
            return self._end.number

    def as_written(self) -> dict[int, bytes | None]:
        """The bytes of each record's file, by number; None of one that is lost for good.

        Raises:
            InputError: as with `records`; what is not whole is not copied.
            OSError: the folder cannot be read.
        """
        self.records()
        there = self._there()
        return {n: None if lost else store.read_file(self._path(n)) for n, lost in there.items()}

    def held(self) -> dict[int, bytes | None]:
        """The same, of whatever is there, whole or not."""
        found: dict[int, bytes | None] = {}
        for number, lost in self._there().items():
            found[number] = None if lost else store.read_file(self._path(number))
        return found

    def put_back(self, written: Mapping[int, bytes | None]) -> list[int]:
        """Write records that are gone, as `as_written` gave them elsewhere; which these were.

        None of those that are there is touched. Interrupted and done again, it ends the same.

        Raises:
            InputError: with them, the records are not whole, as with `records`.
            OSError: the folder cannot be written, or the disk is full.
        """
        with self._alone():
            there = self._there()
            gone = [number for number in written if number not in there]
            for number in gone:
                data = written[number]
                _write_once(self._lost(number) if data is None else self._path(number), data or b"")
            last = max(self._there(), default=0)
            if last and self._noted() is None and not self._there()[last]:
                _, link = self._stored(last)
                store.write_atomic(self._last, store.json_bytes({str(last): link.digest}))
            self._end = self._read()[1]
        return gone

    def _ended(self, looks: _Looks) -> _End:
        """Where the records end; reads them if another process may have changed that."""
        if self._noted() != self._end.note or self._path(self._end.number + 1).exists():
            self._end = self._remembered(looks) or self._read()[1]
            if self._end.number:
                self._note()
        return self._end

    def _looks(self) -> _Looks:
        """How each file of the log looks without being read; none if nothing is remembered."""
        if self._checked is None or not self.folder.exists():
            return {}
        with os.scandir(self.folder) as entries:
            return {
                entry.name: _look(entry.stat())
                for entry in entries
                if NAME.fullmatch(entry.name) or entry.name == self._last.name
            }

    def _remembered(self, looks: _Looks) -> _End | None:
        """Where the records end, if they look as they did when they were last checked."""
        if self._checked is None:
            return None
        try:
            kept = json.loads(store.read_file(self._checked))
            return _End(**kept["end"]) if kept["looks"] == self._hash(looks) else None
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None

    def _remember(self, looks: _Looks, end: _End) -> None:
        if self._checked is not None:
            kept = {"looks": self._hash(looks), "end": asdict(end)}
            with contextlib.suppress(OSError):  # it only saves time
                store.write_atomic(self._checked, store.json_bytes(kept))

    def _hash(self, looks: _Looks) -> str:
        """Of how they look to this version, as another one may know other forms."""
        own = [str(self.folder), VERSION, self._form, sorted(looks.items())]
        return store.sha256(json.dumps(own).encode())

    def _note(self) -> None:
        store.write_if_changed(self._last, store.json_bytes(self._end.note))

    def _noted(self) -> dict[str, str] | None:
        """What last.json holds; None if it is gone or damaged."""
        try:
            noted = json.loads(store.read_file(self._last))
            return {str(int(number)): str(digest) for number, digest in noted.items()}
        except (FileNotFoundError, ValueError, RecursionError, AttributeError):
            return None

    def _read(self) -> tuple[list[Record], _End]:
        noted = self._noted()  # before the rest: it never names a record that comes later
        there = self._there()
        records: list[Record] = []
        digests: dict[int, str] = {}  # none of a lost record
        unnamed: dict[str, str] = {}  # what the next record names
        chained = False
        for number, lost in there.items():
            if chained and number - 1 not in there:
                raise self._gone(number - 1)
            digests[number] = ""
            if lost:
                continue
            record, link = self._stored(number)
            if link.before is not None:
                self._must_follow(number, link.before, unnamed, digests)
                unnamed, chained = {}, True
            elif chained:
                raise self._altered(number, "was not appended here")
            records.append(record)
            digests[number] = unnamed[str(number)] = link.digest
        self._must_end_as_noted(noted, digests, chained)
        last = max(there, default=0)
        return records, _End(last, digests.get(last, ""), unnamed)

    def _there(self) -> dict[int, bool]:
        """The numbers of all records, in order; True where one is lost for good.

        Listed twice: a listing may have a record that was just appended, and lack the one before.
        """
        last = max(self._listed(), default=0)
        found = self._listed()
        return {number: found[number] for number in sorted(found) if number <= last}

    def _listed(self) -> dict[int, bool]:
        names = [path.name for path in self.folder.iterdir()] if self.folder.exists() else []
        found: dict[int, bool] = {}
        for match in filter(None, map(NAME.fullmatch, names)):
            number, lost = int(match[1]), match[2] == "lost"
            found[number] = found.get(number, False) or lost
        return found

    def _stored(self, number: int) -> tuple[Record, _Link]:
        path = self._path(number)
        try:
            data = store.read_file(path)
            value = json.loads(data)
        except FileNotFoundError as error:
            raise self._gone(number) from error
        except (ValueError, RecursionError, IsADirectoryError, store.UnfitFileError) as error:
            raise self._altered(number, "is not JSON") from error
        if not isinstance(value, dict) or "digest" not in value:
            content = self._in_todays_form(number, BARE, value)
            return Record(number, content), _Link(store.sha256(data), None)
        form, version = value.get("format"), value.get("version")
        if isinstance(form, int) and form > self._form:
            problem = f"is of format {form}, which Tidemark {version} wrote"
            told = f"this is {VERSION}, which reads formats up to {self._form}"
            raise InputError(str(path), f"{problem}; {told}", f"go on with Tidemark {version}")
        digest = value.pop("digest")
        if digest != _digest(value) or value["number"] != number:
            raise self._altered(number, "is not as it was written")
        content = self._in_todays_form(number, value["format"], value["content"])
        return Record(number, content), _Link(digest, value["before"])

    def _in_todays_form(self, number: int, form: int, content: Any) -> Any:
        if form == self._form:
            return content
        try:
            return self._older[form](content)
        except (KeyError, ValueError) as error:
            raise self._altered(number, "does not hold what belongs there") from error

    def _must_follow(
        self,
        number: int,
        before: Mapping[str, str],
        unnamed: Mapping[str, str],
        digests: Mapping[int, str],
    ) -> None:
        """The records that this one names are there, and as they were; and no others are."""
        for name, digest in before.items():
            if int(name) not in digests:
                raise self._gone(int(name))
            if digests[int(name)] not in ("", digest):
                raise self._altered(int(name), f"is not the one that {number:05d}.json follows")
        lost = any(not digests[int(name)] for name in before)
        for name in () if lost else unnamed.keys() - before.keys():
            raise self._altered(int(name), "was not appended here")

    def _must_end_as_noted(
        self, noted: Mapping[str, str] | None, digests: Mapping[int, str], chained: bool
    ) -> None:
        """The end is the one that last.json knows, or comes after it."""
        last = max(digests, default=0)
        if noted is None:
            if chained and last > 1 and digests[last]:
                raise InputError(
                    str(self._last),
                    f"is gone or damaged, so nobody knows if records after {last:05d} are missing",
                    f"{RESTORE}; or, if none is, say so for good: touch {self._lost(last + 1)}",
                )
            return
        for name, digest in noted.items():
            if int(name) not in digests:
                raise self._gone(int(name))
            if digests[int(name)] not in ("", digest):
                raise self._altered(int(name), f"is not the one that {self._last.name} names")

    def _gone(self, number: int) -> InputError:
        cure = f"{RESTORE}; or go on without it, for good: touch {self._lost(number)}"
        return InputError(
            str(self._path(number)), "is gone, though no record is ever removed", cure
        )

    def _altered(self, number: int, problem: str) -> InputError:
        path = self._path(number)
        cure = f"{RESTORE}; or go on without it, for good: mv {path} {self._lost(number)}"
        return InputError(str(path), f"{problem}: it was altered, damaged or put there", cure)

    @property
    def _last(self) -> Path:
        return self.folder / "last.json"

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:05d}.json"

    def _lost(self, number: int) -> Path:
        return self._path(number).with_suffix(".lost")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the log's own lock, and clear away what killed writers left."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for left in self.folder.glob(".*.json.*.tmp"):
                left.unlink(missing_ok=True)
            yield


def plain(content: object) -> Any:
    """As it will be read back."""
    return json.loads(store.json_bytes(content))


def _digest(record: Mapping[str, Any]) -> str:
    """Of what the record says, however it is spaced."""
    return store.sha256(json.dumps(record, sort_keys=True, separators=(",", ":")).encode())


def _write_once(path: Path, data: bytes) -> None:
    """A new file, whole from the first instant that it is seen; never in place of another."""
    temporary = store.temporary_name(path)
    try:
        with store.naming(path):
            store.write_flushed(temporary, data)
            _place(temporary, path)
            store.flush_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _place(temporary: Path, path: Path) -> None:
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in NO_LINKS or path.exists():
            raise
        temporary.rename(path)  # the lock alone keeps others away
