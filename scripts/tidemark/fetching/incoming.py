"""What an interrupted fetch had already: a file for each thing that was asked for.

`data/store/incoming/<source>/<hash>/` holds a Parquet file for each kind of records that came of
one request of a fetch, and, written last, `asked.json`: what was asked for, and when it came.
It is used by the next fetch if that asks for the same soon after, and removed when all is stored.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tidemark.files import store
from tidemark.project import Tree
from tidemark.providers.contract import Ask

import pandas as pd

FOLDER = Path("data/store/incoming")
FORMAT = 1
ASKED = "asked.json"
DIGITS = 20  # of a hash


@dataclass(frozen=True)
class Brought:
    """What came of one thing that was asked for.

    Attributes:
        asked: what it was.
        rows: by kind, a normalised record each.
        convention: what the closes of bars are adjusted for as sent.
        received: when the last of it came, UTC.
    """

    asked: Ask
    rows: Mapping[str, pd.DataFrame]
    convention: str
    received: datetime


class Incoming:
    """What came for one source and is not stored yet.

    Args:
        tree: whose store it is.
        source: its name.
        provider: who sends it.
        after: what the store held of the source when it came; beside other things, it is not used.
        oldest: what came before is not used either.
    """

    def __init__(
        self, tree: Tree, source: str, provider: str, after: str, oldest: datetime
    ) -> None:
        self._folder, self._provider = tree / FOLDER / source, provider
        self._after, self._oldest = after, oldest

    def keep(self, wanted: Ask, brought: Brought) -> None:
        """Keep what came, for a fetch that wants the same."""
        folder = self._of(wanted)
        shutil.rmtree(folder, ignore_errors=True)
        for kind, rows in brought.rows.items():
            store.write_atomic(folder / f"{kind}.parquet", store.parquet_bytes(rows))
        told = {
            "format": FORMAT,
            "after": self._after,
            "kinds": sorted(brought.rows),
            "convention": brought.convention,
            "received": brought.received.isoformat(),
            "since": brought.asked.since.isoformat() if brought.asked.since else None,
        }
        store.write_atomic(folder / ASKED, store.json_bytes(told))

    def kept(self, wanted: Ask) -> Brought | None:
        """What came for the same; None if nothing did, not all of it, or too long ago."""
        folder = self._of(wanted)
        try:
            told: Mapping[str, Any] = json.loads(store.read_file(folder / ASKED))
            received = datetime.fromisoformat(told["received"])
            if (told["format"], told["after"]) != (FORMAT, self._after) or received < self._oldest:
                return None
            rows = {
                kind: store.parquet_frame(store.read_file(folder / f"{kind}.parquet"))
                for kind in told["kinds"]
            }
        except (OSError, ValueError, KeyError, TypeError):
            return None
        since = datetime.fromisoformat(told["since"]) if told["since"] else None
        asked = Ask(
            wanted.id, wanted.name, wanted.interval, since, wanted.until, received, wanted.options
        )
        return Brought(asked, rows, told["convention"], received)

    def clear(self) -> None:
        """Remove all of it."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _of(self, wanted: Ask) -> Path:
        told = [self._provider, wanted.id, wanted.name, wanted.interval]
        told += [str(wanted.since), str(wanted.until)]
        text = json.dumps([*told, dict(wanted.options)], sort_keys=True, default=str)
        return self._folder / store.sha256(text.encode())[:DIGITS]
