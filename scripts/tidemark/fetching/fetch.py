"""A source brought up to date: asked for what is new, checked, and stored name by name.

What is asked for begins some time before the end of what is stored, because providers restate the
newest rows. Where these show that all of a ticker's history was restated, all of it is asked for
again in the same fetch. What came before an interruption is not asked for again.

Of each ticker or series all that came is stored, or nothing. One that fails keeps what is stored of
it, and its owner is told; the others are stored. What is stored under other circumstances, from
another provider say, is not mixed with what comes now: the source, or the name, begins anew, and
what was before is in the earlier snapshots.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tidemark.errors import BadValue, InputError
from tidemark.fetching import way
from tidemark.fetching.bringing import BlockedError, Bringing
from tidemark.fetching.client import Client
from tidemark.fetching.errors import FetchError
from tidemark.fetching.failing import Failure, Failures, State
from tidemark.fetching.incoming import Brought, Incoming
from tidemark.fetching.kept import Kept
from tidemark.fetching.keys import Keys
from tidemark.fetching.reach import Reach
from tidemark.fetching.settings import Fetch
from tidemark.fetching.wanted import Source, World, must_have, provider_of
from tidemark.files import locks
from tidemark.naming import counted, several
from tidemark.project import Tree
from tidemark.providers.contract import Ask, Kind
from tidemark.stored import restating, writing
from tidemark.stored.manifest import Asked
from tidemark.stored.partitions import Whole
from tidemark.stored.writing import Came, Extent

import pandas as pd

DAY = timedelta(days=1)
AHEAD: tuple[Kind, ...] = ("events",)  # their times lie in the future


@dataclass(frozen=True)
class Fetched:
    """What came of a fetch.

    Attributes:
        source: its name.
        state: fresh: all came and is stored; partial: what came is stored, and some names failed,
            which keep what was stored of them; stale: nothing could be had now; blocked: what came
            is no data, and somebody must look.
        came: how many rows were new, restated or known, and the snapshot; None if nothing came.
        rows: that were received.
        requests: that were made.
        stored: when what is stored was fetched, UTC; None if there is nothing.
        problem: why it is not fresh, with each name that failed.
        rejected: the file with what is no data, the first of several.
        failed: the names that failed, in their order.
    """

    source: str
    state: State
    came: Came | None = None
    rows: int = 0
    requests: int = 0
    stored: datetime | None = None
    problem: str = ""
    rejected: Path | None = None
    failed: tuple[str, ...] = ()


def source(tree: Tree, wanted: Source, settings: Fetch, world: World) -> Fetched:
    """Bring a source up to date.

    Raises:
        InputError: the provider, its key or its terms want something of a person first, the store
            is damaged, or what is wanted does not go with what is stored.
        BadValue: the provider has no such bars or series.
        OSError: the store cannot be written.
    """
    module = provider_of(wanted.provider)
    must_have(module, wanted)
    with locks.held(tree, f"fetch.{wanted.name}", world.say):
        return _Fetch(tree, wanted, settings, world, module).run()


class _Fetch:
    """One fetch of one source."""

    def __init__(
        self, tree: Tree, wanted: Source, settings: Fetch, world: World, module: Any
    ) -> None:
        self._tree, self._wanted, self._settings = tree, wanted, settings
        self._world, self._module = world, module
        self._kept = Kept(tree, wanted, module, world.say)
        self._now = world.clock.utc()
        after = self._kept.held.manifest if self._kept.held else ""
        oldest = self._now - timedelta(hours=settings.resume_hours)
        self._incoming = Incoming(tree, wanted.name, wanted.provider, after, oldest)
        key_names: Mapping[str, str] = getattr(module, "KEYS", {})
        self._keys = Keys(world.environment, key_names.values())
        self._client: Client
        self._bringing: Bringing

    def run(self) -> Fetched:
        """All of it."""
        name = self._wanted.name
        with closing(way.transport(self._settings, self._module)) as transport:
            self._client = way.client(
                self._tree,
                self._wanted,
                self._settings,
                self._world,
                self._module,
                self._keys,
                transport,
            )
            self._bringing = Bringing(
                self._tree,
                self._wanted,
                self._world,
                self._module,
                self._client,
                self._keys,
                way.patience(self._settings),
                self._kept,
                self._settings.batch_rows,
            )
            brought, failures = self._all()
        if not brought:
            failures.raise_what_a_person_must_mend()
            return self._not_fresh(failures)
        came = self._commit(brought, failures)
        self._incoming.clear()
        self._tell_of(came)
        done = Fetched(name, "fresh", came, self._bringing.rows, self._client.requests, self._now)
        if not failures:
            return done
        problem = failures.told(len(self._wanted.asks))
        self._world.alert(f"{name} is partial: {problem}. The rest is stored")
        return replace(
            done,
            state="partial",
            problem=problem,
            rejected=failures.kept,
            failed=tuple(failures.names),
        )

    def _tell_of(self, came: Came) -> None:
        """Say what came and was not taken, and what does not go together."""
        name = self._wanted.name
        if came.older:
            self._world.alert(
                f"{name}: {counted(came.older, 'row')} differ from what is stored, and were not"
                " taken, because that was fetched later by this machine's clock. Cure: set the"
                " clock right; a snapshot from before it was wrong can be restored"
            )
        by_currency: dict[str, list[str]] = {}
        for ticker, currency in self._bringing.currencies.items():
            by_currency.setdefault(currency, []).append(ticker)
        if len(by_currency) > 1:
            told = [f"{own} ({several(names)})" for own, names in sorted(by_currency.items())]
            self._world.say(f"{name}: prices are in several currencies: {'; '.join(told)}")

    def _all(self) -> tuple[list[tuple[Ask, Brought]], Failures]:
        """What came, and of what nothing did; after trouble that is not of a name, no more."""
        asks, what = self._in_order(), self._wanted.name
        brought, failures = list[tuple[Ask, Brought]](), Failures()
        for number, whole in enumerate(asks):
            self._world.progress(number, len(asks), what)
            kept = self._incoming.kept(whole)
            if kept is None and failures.of_all:
                failures.add(Failure(whole.name, "it was not asked for any more", passing=True))
                continue
            try:
                if kept is None:
                    kept = self._bringing.current(whole)
                    self._incoming.keep(whole, kept)
            except FetchError as error:
                failures.add(Failure(whole.name, str(error), passing=True, error=error))
            except BadValue as error:
                failures.add(Failure(whole.name, str(error), error=error))
            except BlockedError as error:
                failures.add(error.failure)
            else:
                failures.went_well()
                brought.append((whole, kept))
        self._world.progress(len(asks), len(asks), what)
        return brought, failures

    def _gone(self, brought: Sequence[tuple[Ask, Brought]]) -> frozenset[tuple[str, str, str]]:
        """Splits and dividends that all of a history, asked for again, no longer has.

        One that an overlap alone lacks has all of the history asked for; an answer without any
        split or dividend at all may have lost them on the way, and takes none.
        """
        found: set[tuple[str, str, str]] = set()
        for whole, one in brought:
            if self._kept.anew or whole.name in self._kept.names_anew:
                continue
            is_whole = one.asked.since == whole.since
            if self._wanted.kind != "bars" or not is_whole or "actions" not in one.rows:
                continue
            sent = one.rows["actions"]
            missed = restating.gone(self._kept.of("actions", whole.name), sent, one.asked.since)
            for day, kind, value in missed:
                self._world.alert(
                    f"{self._wanted.name}: {whole.name}: the {kind} of {value:g} on {day} is no"
                    f" longer sent by {self._wanted.provider}, and holds no more; all of the"
                    " history was asked for again"
                )
            found |= {(whole.name, day, kind) for day, kind, _ in missed}
        return frozenset(found)

    def _commit(self, brought: Sequence[tuple[Ask, Brought]], failures: Failures) -> Came:
        kinds = sorted({kind for _, one in brought for kind in one.rows})
        rows = {
            kind: pd.concat([one.rows[kind] for _, one in brought if kind in one.rows])
            for kind in kinds
        }
        before = self._kept.held.cursor if self._kept.held and not self._kept.anew else {}
        cursor = {name: kept for name, kept in before.items() if name not in self._kept.names_anew}
        for whole, one in brought:
            if reach := self._reach(whole, one, cursor.get(whole.name)):
                cursor[whole.name] = reach
        since = [one.asked.since for _, one in brought]
        earliest = None if None in since else min(filter(None, since), default=None)
        told = {"accepted": self._wanted.accepted, "provider": self._wanted.provider}
        terms = {**asdict(self._module.TERMS), **told}
        fetched = max((one.received for _, one in brought), default=self._now)
        return writing.commit_all(
            self._tree,
            self._wanted.name,
            {kind: own.reset_index(drop=True) for kind, own in rows.items()},
            fetched=fetched,
            cursor=cursor,
            asked={
                "from": earliest.isoformat() if earliest else None,
                "to": self._now.isoformat(),
            },
            terms={**terms, "read": str(terms["read"])},
            convention=self._convention(brought),
            extent=Extent(
                self._wanted.provider,
                self._kept.anew,
                frozenset(self._kept.names_anew),
                frozenset(name for name in failures.for_good if name not in cursor),
                {
                    whole.name: _asked(whole.id, cursor[whole.name])
                    for whole, _ in brought
                    if whole.name in cursor
                },
                self._gone(brought),
                self._whole(brought, fetched),
            ),
        )

    def _convention(self, brought: Sequence[tuple[Ask, Brought]]) -> str | None:
        """What closes are adjusted for as sent, of all tickers alike."""
        found = sorted({one.convention for _, one in brought if "bars" in one.rows})
        if len(found) > 1:
            problem = f"closes of some tickers are adjusted for {', of others for '.join(found)}"
            raise InputError(f"{self._wanted.name}: bars", problem, "give them a source each")
        return next(iter(found), None)

    def _whole(self, brought: Sequence[tuple[Ask, Brought]], fetched: datetime) -> Whole | None:
        """The time of which all came, so that what did not come is no more; None if there is none.

        A calendar comes whole, but for what is over, and for what is far away.
        """
        horizon: timedelta | None = getattr(self._module, "HORIZON", None)
        if self._wanted.kind not in AHEAD or horizon is None:
            return None
        if len(brought) < len(self._wanted.asks):
            return None
        if any(one.rows.get(self._wanted.kind) is None for _, one in brought):
            self._world.alert(f"{self._wanted.name}: a calendar is empty; what is stored stays")
            return None
        asked = min(one.asked.now or one.received for _, one in brought)
        return Whole(fetched, asked + horizon - DAY)

    def _reach(self, whole: Ask, brought: Brought, kept: str | None) -> str | None:
        """How far what is stored of a name reaches after this; None if there is nothing of it."""
        rows = brought.rows.get(self._wanted.kind)
        if rows is None or rows.empty:
            return kept
        if self._wanted.kind in AHEAD:
            last = brought.received
        else:
            closed = rows[~rows["live"].astype(bool)] if "live" in rows else rows
            times = pd.to_datetime(closed["timestamp"], utc=True, format="ISO8601")
            if times.empty:
                return kept
            last = min(times.max().to_pydatetime(), brought.received)
        first, found = whole.since, self._bringing.found.get(whole.name, "")
        found = found or (Reach.read(kept).found if kept else "")
        if kept is not None and brought.asked.since != whole.since:
            before = Reach.read(kept)
            first, last = before.first, max(last, before.last)
        return Reach(first, last, self._kept.identity(whole), found).written()

    def _not_fresh(self, failures: Failures) -> Fetched:
        """Tell the owner; what is stored stays."""
        name, held, state = self._wanted.name, self._kept.held, failures.state
        problem = failures.told(len(self._wanted.asks))
        stored = datetime.fromisoformat(held.fetched) if held else None
        age = f"what is stored is of {stored:%Y-%m-%d %H:%M} UTC" if stored else "nothing is stored"
        self._world.alert(f"{name} is {state}: {problem}; {age}")
        return Fetched(
            name,
            state,
            rows=self._bringing.rows,
            requests=self._client.requests,
            stored=stored,
            problem=problem,
            rejected=failures.kept,
            failed=tuple(failures.names),
        )

    def _in_order(self) -> list[Ask]:
        return sorted(self._wanted.asks, key=lambda whole: self._kept.behind(whole, self._now))


def _asked(id_: str, cursor: str) -> Asked:
    first = Reach.read(cursor).first
    return Asked(id_, f"{first:%Y-%m-%d}" if first else "")
