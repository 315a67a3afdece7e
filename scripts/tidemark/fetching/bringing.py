"""One name of a source asked for: what is new of it, or all if all is new, held against checks."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tidemark.fetching import payloads, rejected
from tidemark.fetching.client import Client
from tidemark.fetching.collected import Collected
from tidemark.fetching.errors import SpentError
from tidemark.fetching.failing import Failure
from tidemark.fetching.incoming import Brought
from tidemark.fetching.kept import Kept
from tidemark.fetching.keys import Keys
from tidemark.fetching.reach import Reach, next_ask
from tidemark.fetching.trying import Patience, again
from tidemark.fetching.wanted import Source, World
from tidemark.project import Tree
from tidemark.providers.contract import Ask, LaterError, PayloadError, RefusedError
from tidemark.stored import restating

MOMENT = timedelta(minutes=1)


class BlockedError(Exception):
    """What stops a name."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


class Bringing:
    """The names of a source, one after the other.

    Args:
        tree: whose store it is.
        wanted: of the source.
        world: what is around it.
        module: of the provider.
        client: asks it.
        keys: what must not be told.
        patience: with answers that are no data.
        kept: what is stored of the source.
        batch: rows that are made a table at a time.

    Attributes:
        rows: that were received.
        found: by ticker, the provider's own id.
        currencies: by ticker, as its provider says it.
    """

    def __init__(
        self,
        tree: Tree,
        wanted: Source,
        world: World,
        module: Any,
        client: Client,
        keys: Keys,
        patience: Patience,
        kept: Kept,
        batch: int,
    ) -> None:
        self._tree, self._wanted, self._world, self._module = tree, wanted, world, module
        self._client, self._keys, self._patience = client, keys, patience
        self._kept, self._batch = kept, batch
        self._suspect = b""  # the page that is being looked at
        self.rows = 0
        self.found: dict[str, str] = {}
        self.currencies: dict[str, str] = {}

    def current(self, whole: Ask) -> Brought:
        """What is new of one thing, or all of it if all is new."""
        cursor = self._kept.cursor(whole)
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
            if restating.is_unexplained(self._kept.of("bars", whole.name), brought.rows):
                self._world.alert(
                    f"{self._wanted.name}: {whole.name}: {reason}, and no split says why. Cure:"
                    " look whether it is quoted in other units now, or a source of files must say"
                    " divide_by; an earlier snapshot can be restored"
                )
            brought = self._brought(self._in_reach(whole))
        self._must_have_rows(whole, brought, cursor)
        return brought

    def _must_be_the_same(self, whole: Ask, cursor: str | None) -> None:
        """Refuse what a provider now means by a name, if it meant another thing before."""
        was = Reach.read(cursor).found if cursor else ""
        now = self.found.get(whole.name, was)
        if was and was != now:
            provider = self._wanted.provider
            raise BlockedError(
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
        raise BlockedError(
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
            collected = Collected(self._batch)
            for page in getattr(self._module, self._wanted.kind)(asked, self._client.get):
                self._suspect = page.body
                if page.found:
                    self.found[asked.name] = page.found
                if page.currency:
                    self.currencies[asked.name] = page.currency
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
        self.rows += sum(len(rows) for rows in found.rows.values())
        return found

    def _blocked(self, ask: Ask, error: PayloadError) -> BlockedError:
        """What stops a name, after what came was kept; a refusal has nothing to keep."""
        problem = self._keys.without(error.problem)
        if isinstance(error, RefusedError):
            return BlockedError(Failure(ask.name, problem, error=error))
        kept = rejected.keep(
            self._tree,
            self._wanted.name,
            self._wanted.provider,
            ask.name,
            self._keys.out_of(self._suspect or self._client.body),
            f"{ask.name}: {problem}",
            self._world.clock.utc(),
        )
        return BlockedError(Failure(ask.name, problem, kept, error=error))

    def _restated(self, name: str, brought: Brought) -> str | None:
        """Why all of a ticker's history must be asked for again; None if it need not."""
        if self._wanted.kind != "bars":
            return None
        kept = {kind: self._kept.of(kind, name) for kind in ("bars", "actions")}
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
