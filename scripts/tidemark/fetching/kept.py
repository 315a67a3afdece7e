"""What is stored of a source, and whether what comes now goes with it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tidemark.fetching.reach import Reach
from tidemark.fetching.wanted import Source
from tidemark.project import Tree
from tidemark.providers.contract import Ask, Kind
from tidemark.stored import reading, snapshots
from tidemark.stored.manifest import Manifest
from tidemark.stored.snapshot_log import Held

import pandas as pd

NAMED: tuple[Kind, ...] = ("bars", "series")  # whose rows say what they were asked for as
MIDNIGHT: Any = {"hour": 0, "minute": 0, "second": 0, "microsecond": 0}


class Kept:
    """What the newest snapshot has of a source.

    Args:
        tree: whose store it is.
        wanted: of the source, now.
        module: of its provider.
        say: tells whoever watches what begins anew.

    Attributes:
        held: how the snapshot has it; None if nothing is stored.
        listed: its rows.
        anew: whether all of it begins anew, because it is of another provider or interval.
        names_anew: the names that do so.
    """

    def __init__(
        self, tree: Tree, wanted: Source, module: Any, say: Callable[[str], object]
    ) -> None:
        self._tree, self._wanted, self._module, self._say = tree, wanted, module, say
        newest = snapshots.current(tree)
        self.held: Held | None = newest.sources.get(wanted.name)
        self.listed = Manifest(wanted.name)
        if self.held:
            self.listed = snapshots.manifest_of(tree, newest, wanted.name)
        self._stored = dict[str, pd.DataFrame]()
        self.anew = self._other()
        self.names_anew = set[str]()
        for whole in wanted.asks:  # those that came before an interruption, too
            self.cursor(whole)

    def behind(self, whole: Ask, now: datetime) -> timedelta:
        """How old what is stored of a name is; those that always fail come last, and stop none."""
        kept = self.held.cursor.get(whole.name) if self.held else None
        return now - Reach.read(kept).last.replace(**MIDNIGHT) if kept else timedelta.max

    def _other(self) -> bool:
        """Whether what is stored is of another provider or interval, and so begins anew."""
        bars, wanted = self.listed.kinds.get("bars"), self._wanted
        intervals = {ask.interval for ask in wanted.asks}
        pairs = [(self.listed.provider, {wanted.provider})]
        pairs += [(bars.interval or "", intervals)] if bars and wanted.kind == "bars" else []
        others = [(was, now) for was, now in pairs if was and now and was not in now]
        for was, now in others:
            self._say(
                f"{wanted.name}: what is stored is of {was}, and {', '.join(sorted(now))} is asked"
                " now: it begins anew; what was before is in the earlier snapshots"
            )
        return bool(others)

    def identity(self, whole: Ask) -> str:
        """What its rows are of: rows of another identity do not go with them."""
        return str(getattr(self._module, "identity", lambda ask: ask.id)(whole))

    def cursor(self, whole: Ask) -> str | None:
        """How far what is stored of a name reaches; None if it begins anew."""
        kept = self.held.cursor.get(whole.name) if self.held and not self.anew else None
        if kept is None:
            return None
        reach, now = Reach.read(kept), self.identity(whole)
        was = reach.id
        looked_up = self.identity(replace(whole, id=whole.name))
        if was == now or (was == looked_up and reach.found == whole.id):
            return kept
        if self._wanted.kind not in NAMED:
            return None
        if whole.name not in self.names_anew:
            self._say(
                f"{self._wanted.name}: {whole.name} was fetched as {was}, and is {now} now: it"
                " begins anew; what was before is in the earlier snapshots"
            )
            self.names_anew.add(whole.name)
        return None

    def of(self, kind: str, name: str) -> pd.DataFrame:
        """What is stored of a ticker."""
        if kind not in self._stored:
            self._stored[kind] = (
                reading.rows_of(self._tree, self.listed, kind)
                if kind in self.listed.kinds
                else pd.DataFrame({"ticker": []})
            )
        rows = self._stored[kind]
        return rows[rows["ticker"] == name]
