"""Snapshots as records of a log that only grows: data/store/snapshots/.

A log is one of `files.append`, of format 2. The content of a record:

    at        when what came was fetched, or when it was restored; ISO in UTC
    source    of what came; null of a restoration
    asked     {from, to}: what was asked for
    came      {kind: counts of rows}, see `upsert.Counts`
    restored  the number of the snapshot that was restored; null of a fetch
    sources   {source: {manifest, fetched, cursor, terms}}: all that there is, of each source the
              name of the object that lists its rows, when it last brought any, and the fetcher's
              own words on where it stands and on what terms
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tidemark.files.append import Log
from tidemark.project import Tree
from tidemark.stored.objects import STORE

FOLDER = STORE / "snapshots"
CHECKED = Path("artifacts/.snapshots")
FORMAT = 2


@dataclass(frozen=True)
class Held:
    """One source in a snapshot."""

    manifest: str
    fetched: str
    cursor: Mapping[str, str] = field(default_factory=dict)
    terms: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Snapshot:
    """All that was kept at one time, and what then came."""

    number: int
    at: str
    source: str | None
    sources: Mapping[str, Held]
    asked: Mapping[str, Any] = field(default_factory=dict)
    came: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    restored: int | None = None

    @property
    def content(self) -> dict[str, Any]:
        """Its record: all but the number, which the log gives."""
        return {name: value for name, value in asdict(self).items() if name != "number"}


NOTHING = Snapshot(0, "", None, {})


def log(tree: Tree) -> Log:
    """The records."""
    return Log(tree / FOLDER, FORMAT, checked=tree / CHECKED)


def read(number: int, content: Mapping[str, Any]) -> Snapshot:
    """A record as a snapshot."""
    sources = {name: Held(**held) for name, held in content["sources"].items()}
    return Snapshot(number, **{**content, "sources": sources})


def last(tree: Tree) -> Snapshot:
    """The newest snapshot; one of nothing, with number 0, if there is none.

    Raises:
        InputError: a record was altered, removed, or written by a newer Tidemark.
    """
    for record in log(tree).last(1):
        return read(record.number, record.content)
    return NOTHING
