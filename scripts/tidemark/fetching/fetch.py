"""A source brought up to date: asked for what is new, checked, and stored name by name.

What is asked for begins some time before the end of what is stored, because providers restate the
newest rows. Where these show that all of a ticker's history was restated, all of it is asked for
again in the same fetch. What came before an interruption is not asked for again.

Of each ticker or series all that came is stored, or nothing. One that fails keeps what is stored of
it, and its owner is told; the others are stored. What is stored under other circumstances, from
another provider say, is not mixed with what comes now: the source, or the name, begins anew, and
what was before is in the earlier snapshots.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tidemark.errors import BadValue, InputError, hint
from tidemark.fetching import payloads, rejected
from tidemark.fetching.browser import OverBrowser
from tidemark.fetching.budget import Budget
from tidemark.fetching.client import Client
from tidemark.fetching.clock import Clock
from tidemark.fetching.collected import Collected
from tidemark.fetching.errors import FetchError, SpentError
from tidemark.fetching.failing import Failure, Failures, State
from tidemark.fetching.incoming import Brought, Incoming
from tidemark.fetching.keys import Keys
from tidemark.fetching.reach import Reach, next_ask
from tidemark.fetching.settings import Fetch
from tidemark.fetching.transport import Bounds, OverHttp, Transport
from tidemark.fetching.trying import Patience, again
from tidemark.files import locks
from tidemark.naming import counted, several
from tidemark.project import Tree
from tidemark.providers.contract import Ask, Kind, LaterError, PayloadError, RefusedError, Terms
from tidemark.stored import reading, restating, snapshots, writing
from tidemark.stored.manifest import Asked, Manifest
from tidemark.stored.partitions import Whole
from tidemark.stored.snapshot_log import Held
from tidemark.stored.writing import Came, Extent

import pandas as pd

PROVIDERS = (
    *("bls", "calendars", "coingecko", "ecb", "files_over_http", "fred", "massive", "newsapi"),
    *("ons", "treasury", "yahoo"),
)
SPACE = 1 << 20  # bytes in a megabyte
MOMENT = timedelta(minutes=1)
DAY = timedelta(days=1)
NAMED: tuple[Kind, ...] = ("bars", "series")  # whose rows say what they were asked for as
AHEAD: tuple[Kind, ...] = ("events",)  # their times lie in the future


@dataclass(frozen=True)
class Source:
    """What is wanted of one source.

    Attributes:
        name: of the source.
        provider: the module that knows how it is asked.
        kind: of its records; bars have actions beside them.
        asks: one a ticker or series, each for all that is wanted, whatever is stored.
        overlap: how long before the end of what is stored is asked for once more.
        accepted: who accepted the terms of a provider that asks for it.
    """

    name: str
    provider: str
    kind: Kind
    asks: Sequence[Ask]
    overlap: timedelta = timedelta(days=10)
    accepted: str | None = None


@dataclass(frozen=True)
class World:
    """What a fetch has around it; tests and steps bring their own.

    Attributes:
        environment: in which keys are.
        clock: the time, and what waits.
        say: tells whoever watches.
        alert: tells the owner.
        progress: is told how many of how many things were asked for.
    """

    environment: Mapping[str, str]
    clock: Clock = field(default_factory=Clock)
    say: Callable[[str], object] = lambda text: None
    alert: Callable[[str], object] = lambda text: None
    progress: Callable[[int, int, str], object] = lambda done, of, what: None


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


def provider_of(name: str) -> Any:
    """The module of a provider.

    Raises:
        InputError: there is none of this name.
    """
    if name not in PROVIDERS:
        known = ", ".join(PROVIDERS)
        raise InputError(name, f"is no provider{hint(name, PROVIDERS)}", f"use one of {known}")
    return importlib.import_module(f"tidemark.providers.{name}")


def source(tree: Tree, wanted: Source, settings: Fetch, world: World) -> Fetched:
    """Bring a source up to date.

    Raises:
        InputError: the provider, its key or its terms want something of a person first, the store
            is damaged, or what is wanted does not go with what is stored.
        BadValue: the provider has no such bars or series.
        OSError: the store cannot be written.
    """
    module = provider_of(wanted.provider)
    _must_have(module, wanted)
    with locks.held(tree, f"fetch.{wanted.name}", world.say):
        return _Fetch(tree, wanted, settings, world, module).run()


def _must_have(module: Any, wanted: Source) -> None:
    """Refuse terms that nobody accepted, and kinds of records that a provider has not."""
    terms: Terms = module.TERMS
    if terms.must_be_accepted and not wanted.accepted:
        refused = [
            words
            for words, allowed in (("stored", terms.store), ("used to train", terms.train))
            if not allowed
        ]
        raise InputError(
            wanted.name,
            f"the terms of {wanted.provider} do not let its data be {' or '.join(refused)}:"
            f" {terms.licence} ({terms.page}, read on {terms.read})",
            "leave it out, or say in terms_accepted who accepts them and answers for that",
        )
    if not hasattr(module, wanted.kind):
        raise InputError(wanted.name, f"{wanted.provider} has no {wanted.kind}", "ask another one")


class _Fetch:
    """One fetch of one source."""

    def __init__(
        self, tree: Tree, wanted: Source, settings: Fetch, world: World, module: Any
    ) -> None:
        self._tree, self._wanted, self._settings = tree, wanted, settings
        self._world, self._module = world, module
        newest = snapshots.current(tree)
        self._held: Held | None = newest.sources.get(wanted.name)
        self._listed = Manifest(wanted.name)
        if self._held:
            self._listed = snapshots.manifest_of(tree, newest, wanted.name)
        self._anew = self._other()
        self._names_anew = set[str]()
        now = world.clock.utc()
        after = self._held.manifest if self._held else ""
        oldest = now - timedelta(hours=settings.resume_hours)
        self._incoming = Incoming(tree, wanted.name, wanted.provider, after, oldest)
        self._patience = Patience(
            settings.tries, settings.first_wait_seconds, settings.longest_wait_seconds
        )
        key_names: Mapping[str, str] = getattr(module, "KEYS", {})
        self._keys = Keys(world.environment, key_names.values())
        self._now, self._rows, self._stored = now, 0, dict[str, pd.DataFrame]()
        self._client: Client
        self._suspect = b""  # the page that is being looked at
        self._found: dict[str, str] = {}  # by ticker, the provider's own id
        self._currencies: dict[str, str] = {}  # by ticker, as its provider says it

    def run(self) -> Fetched:
        """All of it."""
        name = self._wanted.name
        with closing(self._transport()) as transport:
            self._client = self._asking(transport)
            brought, failures = self._all()
        if not brought:
            failures.raise_what_a_person_must_mend()
            return self._not_fresh(failures)
        came = self._commit(brought, failures)
        self._incoming.clear()
        self._tell_of(came)
        done = Fetched(name, "fresh", came, self._rows, self._client.requests, self._now)
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
        for ticker, currency in self._currencies.items():
            by_currency.setdefault(currency, []).append(ticker)
        if len(by_currency) > 1:
            told = [f"{own} ({several(names)})" for own, names in sorted(by_currency.items())]
            self._world.say(f"{name}: prices are in several currencies: {'; '.join(told)}")

    def _all(self) -> tuple[list[tuple[Ask, Brought]], Failures]:
        """What came, and of what nothing did; after trouble that is not of a name, no more."""
        asks, what = sorted(self._wanted.asks, key=self._behind), self._wanted.name
        brought, failures = list[tuple[Ask, Brought]](), Failures()
        for number, whole in enumerate(asks):
            self._world.progress(number, len(asks), what)
            kept = self._incoming.kept(whole)
            if kept is None and failures.of_all:
                failures.add(Failure(whole.name, "it was not asked for any more", passing=True))
                continue
            try:
                if kept is None:
                    kept = self._current(whole)
                    self._incoming.keep(whole, kept)
            except FetchError as error:
                failures.add(Failure(whole.name, str(error), passing=True, error=error))
            except BadValue as error:
                failures.add(Failure(whole.name, str(error), error=error))
            except _BlockedError as error:
                failures.add(error.failure)
            else:
                failures.went_well()
                brought.append((whole, kept))
        self._world.progress(len(asks), len(asks), what)
        return brought, failures

    def _behind(self, whole: Ask) -> timedelta:
        """How old what is stored of a name is; those that always fail come last, and stop none."""
        kept = self._held.cursor.get(whole.name) if self._held else None
        return self._now - Reach.read(kept).last.replace(hour=0) if kept else timedelta.max

    def _other(self) -> bool:
        """Whether what is stored is of another provider or interval, and so begins anew."""
        bars, wanted = self._listed.kinds.get("bars"), self._wanted
        intervals = {ask.interval for ask in wanted.asks}
        pairs = [(self._listed.provider, {wanted.provider})]
        pairs += [(bars.interval or "", intervals)] if bars and wanted.kind == "bars" else []
        others = [(was, now) for was, now in pairs if was and now and was not in now]
        for was, now in others:
            self._world.say(
                f"{wanted.name}: what is stored is of {was}, and {', '.join(sorted(now))} is asked"
                " now: it begins anew; what was before is in the earlier snapshots"
            )
        return bool(others)

    def _identity(self, whole: Ask) -> str:
        """What its rows are of: rows of another identity do not go with them."""
        return str(getattr(self._module, "identity", lambda ask: ask.id)(whole))

    def _cursor(self, whole: Ask) -> str | None:
        """How far what is stored of a name reaches; None if it begins anew."""
        kept = self._held.cursor.get(whole.name) if self._held and not self._anew else None
        if kept is None:
            return None
        reach, now = Reach.read(kept), self._identity(whole)
        was = reach.id
        looked_up = self._identity(replace(whole, id=whole.name))
        if was == now or (was == looked_up and reach.found == whole.id):
            return kept
        if self._wanted.kind not in NAMED:
            return None
        if whole.name not in self._names_anew:
            self._world.say(
                f"{self._wanted.name}: {whole.name} was fetched as {was}, and is {now} now: it"
                " begins anew; what was before is in the earlier snapshots"
            )
            self._names_anew.add(whole.name)
        return None

    def _current(self, whole: Ask) -> Brought:
        """What is new of one thing, or all of it if all is new."""
        cursor = self._cursor(whole)
        overlap, earliest = self._wanted.overlap, self._earliest(whole)
        ask, is_whole = next_ask(whole, cursor, overlap, earliest)
        if cursor is not None and not is_whole:
            ask = self._in_reach(ask)
            last = Reach.read(cursor).last
            if ask.since is not None and ask.since > last:
                self._world.alert(
                    f"{self._wanted.name}: {whole.name}: nothing can be had any more of what lies"
                    f" between {last:%Y-%m-%d %H:%M} and {ask.since:%Y-%m-%d %H:%M} UTC"
                )
        brought = self._brought(ask)
        self._must_be_the_same(whole, cursor)
        if cursor is not None and not is_whole and (reason := self._restated(whole.name, brought)):
            self._world.say(f"{self._wanted.name}: {whole.name}: {reason}; asking for all of it")
            if restating.is_unexplained(self._of("bars", whole.name), brought.rows):
                self._world.alert(
                    f"{self._wanted.name}: {whole.name}: {reason}, and no split says why. Cure:"
                    " look whether it is quoted in other units now, or a source of files must say"
                    " divide_by; an earlier snapshot can be restored"
                )
            brought = self._brought(self._in_reach(whole))
        self._must_have_rows(whole, brought, cursor)
        return brought

    def _gone(self, brought: Sequence[tuple[Ask, Brought]]) -> frozenset[tuple[str, str, str]]:
        """Splits and dividends that all of a history, asked for again, no longer has.

        One that an overlap alone lacks has all of the history asked for; an answer without any
        split or dividend at all may have lost them on the way, and takes none.
        """
        found: set[tuple[str, str, str]] = set()
        for whole, one in brought:
            if self._anew or whole.name in self._names_anew:
                continue
            is_whole = one.asked.since == whole.since
            if self._wanted.kind != "bars" or not is_whole or "actions" not in one.rows:
                continue
            sent = one.rows["actions"]
            missed = restating.gone(self._of("actions", whole.name), sent, one.asked.since)
            for day, kind, value in missed:
                self._world.alert(
                    f"{self._wanted.name}: {whole.name}: the {kind} of {value:g} on {day} is no"
                    f" longer sent by {self._wanted.provider}, and holds no more; all of the"
                    " history was asked for again"
                )
            found |= {(whole.name, day, kind) for day, kind, _ in missed}
        return frozenset(found)

    def _must_be_the_same(self, whole: Ask, cursor: str | None) -> None:
        """Refuse what a provider now means by a name, if it meant another thing before."""
        was = Reach.read(cursor).found if cursor else ""
        now = self._found.get(whole.name, was)
        if was and was != now:
            provider = self._wanted.provider
            raise _BlockedError(
                Failure(
                    whole.name,
                    f"it was {was} when it was fetched first, and {provider} means {now} by it now."
                    f" tickers: {{{whole.name}: {{{provider}: {was}}}}} says which is meant",
                )
            )

    def _must_have_rows(self, whole: Ask, brought: Brought, cursor: str | None) -> None:
        """Refuse an answer without anything where there must be some: it may be a word for no.

        Of a series that is stored there may be nothing new, not even of what it had.
        """
        kind = self._wanted.kind
        rows = brought.rows.get(kind)
        due = kind == "bars" or (kind == "series" and cursor is None)
        if not due or (rows is not None and len(rows)):
            return
        reached = f", of which {Reach.read(cursor).last:%Y-%m-%d} is stored" if cursor else ""
        raise _BlockedError(
            Failure(whole.name, f"{self._wanted.provider} sends nothing of {whole.id}{reached}")
        )

    def _earliest(self, whole: Ask) -> datetime | None:
        """What the provider still has when it is asked in a moment; None if that is all."""
        reach = getattr(self._module, "reach", lambda ask: None)(whole)
        return None if reach is None else self._world.clock.utc() - reach + MOMENT

    def _brought(self, ask: Ask) -> Brought:
        """What a provider yields for a request, held against its schema."""
        asked = replace(ask, now=self._world.clock.utc())

        def attempt() -> Brought:
            self._suspect = b""
            collected = Collected(self._settings.batch_rows)
            for page in getattr(self._module, self._wanted.kind)(asked, self._client.get):
                self._suspect = page.body
                if page.found:
                    self._found[asked.name] = page.found
                if page.currency:
                    self._currencies[asked.name] = page.currency
                payloads.must_fit(self._tree, page.kind, page.records)
                payloads.must_be_sound(page.kind, page.records, self._world.clock.utc())
                self._suspect = b""
                collected.add(page)
            return collected.brought(asked, self._world.clock.utc())

        def tell(error: Exception, seconds: float) -> None:
            self._world.say(f"{asked.name}: {error}; trying again in {seconds:.0f} s")

        try:
            found = again(attempt, self._patience, self._world.clock, tell)
        except LaterError as error:
            where = f"{self._wanted.provider}: {asked.name}"
            raise SpentError(where, self._keys.without(error.problem), error.cure) from None
        except PayloadError as error:
            raise self._blocked(asked, error) from None
        self._rows += sum(len(rows) for rows in found.rows.values())
        return found

    def _blocked(self, ask: Ask, error: PayloadError) -> "_BlockedError":
        """What stops a name, after what came was kept; a refusal has nothing to keep."""
        problem = self._keys.without(error.problem)
        if isinstance(error, RefusedError):
            return _BlockedError(Failure(ask.name, problem, error=error))
        kept = rejected.keep(
            self._tree,
            self._wanted.name,
            self._wanted.provider,
            ask.name,
            self._keys.out_of(self._suspect or self._client.body),
            f"{ask.name}: {problem}",
            self._world.clock.utc(),
        )
        return _BlockedError(Failure(ask.name, problem, kept, error=error))

    def _restated(self, name: str, brought: Brought) -> str | None:
        """Why all of a ticker's history must be asked for again; None if it need not."""
        if self._wanted.kind != "bars":
            return None
        kept = {kind: self._of(kind, name) for kind in ("bars", "actions")}
        if reason := restating.restated(kept, brought.rows).get(name):
            return reason
        for day, kind, value in restating.gone(
            kept["actions"], brought.rows.get("actions"), brought.asked.since
        ):
            return f"the {kind} of {value:g} on {day} is no longer sent"
        return None

    def _in_reach(self, ask: Ask) -> Ask:
        """As much of what is asked for as the provider still gives."""
        reach = self._module.reach(ask) if hasattr(self._module, "reach") else None
        if reach is None or ask.since is None:
            return ask
        first = self._world.clock.utc() - reach + timedelta(minutes=1)
        return replace(ask, since=max(ask.since, first))

    def _of(self, kind: str, name: str) -> pd.DataFrame:
        """What is stored of a ticker."""
        if kind not in self._stored:
            self._stored[kind] = (
                reading.rows_of(self._tree, self._listed, kind)
                if kind in self._listed.kinds
                else pd.DataFrame({"ticker": []})
            )
        rows = self._stored[kind]
        return rows[rows["ticker"] == name]

    def _commit(self, brought: Sequence[tuple[Ask, Brought]], failures: Failures) -> Came:
        kinds = sorted({kind for _, one in brought for kind in one.rows})
        rows = {
            kind: pd.concat([one.rows[kind] for _, one in brought if kind in one.rows])
            for kind in kinds
        }
        before = self._held.cursor if self._held and not self._anew else {}
        cursor = {name: kept for name, kept in before.items() if name not in self._names_anew}
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
                self._anew,
                frozenset(self._names_anew),
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
        first, found = whole.since, self._found.get(whole.name, "")
        found = found or (Reach.read(kept).found if kept else "")
        if kept is not None and brought.asked.since != whole.since:
            before = Reach.read(kept)
            first, last = before.first, max(last, before.last)
        return Reach(first, last, self._identity(whole), found).written()

    def _not_fresh(self, failures: Failures) -> Fetched:
        """Tell the owner; what is stored stays."""
        name, held, state = self._wanted.name, self._held, failures.state
        problem = failures.told(len(self._wanted.asks))
        stored = datetime.fromisoformat(held.fetched) if held else None
        age = f"what is stored is of {stored:%Y-%m-%d %H:%M} UTC" if stored else "nothing is stored"
        self._world.alert(f"{name} is {state}: {problem}; {age}")
        return Fetched(
            name,
            state,
            rows=self._rows,
            requests=self._client.requests,
            stored=stored,
            problem=problem,
            rejected=failures.kept,
            failed=tuple(failures.names),
        )

    def _transport(self) -> OverHttp | OverBrowser:
        own = self._settings
        bounds = Bounds(
            own.connect_seconds,
            own.read_seconds,
            own.whole_seconds,
            own.largest_body_megabytes * SPACE,
        )
        return OverBrowser(bounds) if getattr(self._module, "BROWSER", False) else OverHttp(bounds)

    def _asking(self, transport: Transport) -> Client:
        name, own, limit = self._wanted.provider, self._settings, self._module.LIMIT
        if name in own.requests_a_minute:
            limit = replace(limit, a_minute=own.requests_a_minute[name])
        bases = {
            host: own.addresses.get(f"{name}.{host}", own.addresses.get(name, base))
            for host, base in self._module.BASES.items()
        }
        return Client(
            name,
            bases,
            getattr(self._module, "KEYS", {}),
            self._keys,
            transport,
            Budget(self._tree, name, limit, self._world.clock),
            self._patience,
            self._world.clock,
            self._world.say,
        )


def _asked(id_: str, cursor: str) -> Asked:
    first = Reach.read(cursor).first
    return Asked(id_, f"{first:%Y-%m-%d}" if first else "")


class _BlockedError(Exception):
    """What stops a name."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure
