"""How each live source stands by the clock: how old what is stored is, and what is wrong with it.

It looks at the store, at what came of the last fetch, and at who waits for a provider now; it
changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tidemark.errors import InputError
from tidemark.fetching import budget, outcomes
from tidemark.fetching.budget import Waiting
from tidemark.fetching.outcomes import Outcome
from tidemark.fetching.reach import Reach
from tidemark.files import locks
from tidemark.project import Tree
from tidemark.stored import snapshots
from tidemark.stored.snapshot_log import Held, Snapshot

FRESH, PARTIAL, STALE, BLOCKED = outcomes.STATES
OLD = "old"
WAITING = "waiting-data"
NEVER = "never fetched"
UNKNOWN = outcomes.UNKNOWN
ASK = "make fetch_data asks"
TROUBLE = (STALE, BLOCKED, PARTIAL, OLD, NEVER)  # what the owner should hear of


@dataclass(frozen=True)
class Standing:
    """How one source stands.

    Attributes:
        source, provider: their names.
        state: fresh; partial: some names failed; stale: the last fetch failed, what is stored is
            used; blocked: what came is no data; old: older than it may be; waiting-data: it is
            being fetched, and waits for the provider; never fetched; unknown: what the last fetch
            said is not known.
        why: it is not fresh, and what to do.
        reaches: the newest time that is stored of each name, UTC.
        fetched: when the provider last gave what it has, UTC.
        old: whether that is longer ago than it may be.
        outcome: of the last fetch, if that is known.
    """

    source: str
    provider: str
    state: str
    why: str = ""
    reaches: Mapping[str, datetime] = field(default_factory=dict)
    fetched: datetime | None = None
    old: bool = False
    outcome: Outcome | None = None

    @property
    def newest(self) -> datetime | None:
        """The newest time that is stored, UTC."""
        return max(self.reaches.values(), default=None)

    def age(self, now: datetime) -> timedelta | None:
        """How long ago the provider last gave what it has; None if it never did."""
        return None if self.fetched is None else max(now - self.fetched, timedelta())


def of_all(
    tree: Tree, providers: Mapping[str, str], oldest: timedelta, limit: str, now: datetime
) -> list[Standing]:
    """How each source stands, in the order given.

    Args:
        tree: whose store it is.
        providers: by source.
        oldest: how old what is stored may be.
        limit: the same as the configuration says it.
        now: the time, UTC.

    Raises:
        InputError: a record of the store was altered, removed, or written by a newer Tidemark.
    """
    newest, waiting = snapshots.current(tree), budget.waiting(tree)
    return [
        _standing(tree, newest, source, provider, (oldest, limit), waiting, now)
        for source, provider in providers.items()
    ]


def _standing(
    tree: Tree,
    snapshot: Snapshot,
    source: str,
    provider: str,
    limit: tuple[timedelta, str],
    waiting: list[Waiting],
    now: datetime,
) -> Standing:
    held, outcome = snapshot.sources.get(source), outcomes.last(tree, source)
    fetched = _fetched(held, outcome)
    old = fetched is not None and now - fetched > limit[0]
    state, why = _state(snapshot, held, outcome, provider)
    if old:
        told = f"older than fetch.max_age ({limit[1]}): {ASK} anew"
        why = f"{why}; {told}" if why else told
        state = OLD if state in (FRESH, UNKNOWN) else state
    if fetched is not None and fetched > now + timedelta(minutes=1):
        why = "; ".join(filter(None, (why, "it was fetched later than this machine's clock says")))
    if locks.is_held(tree, f"fetch.{source}"):
        state, why = _at_work(provider, waiting, now, state, why)
    return Standing(source, provider, state, why, _reaches(held), fetched, old, outcome)


def _state(
    snapshot: Snapshot,
    held: Held | None,
    outcome: Outcome | None,
    provider: str,
) -> tuple[str, str]:
    """State and reason, whatever the age."""
    if held is None:
        if outcome is not None and outcome.state in (STALE, BLOCKED):
            return (BLOCKED if outcome.state == BLOCKED else NEVER), outcome.problem
        return NEVER, f"{ASK} for it"
    if outcome is None or outcome.state == UNKNOWN:
        lost = f"{outcome.problem}, and " if outcome else ""
        return UNKNOWN, f"{lost}what the last fetch said is not known; {ASK} anew"
    if outcome.provider != provider:
        return UNKNOWN, f"what is stored came from {outcome.provider}; {ASK} {provider}"
    if outcome.manifest != held.manifest:
        if snapshot.restored is not None:
            return FRESH, f"snapshot {snapshot.restored} was restored since the last fetch"
        return UNKNOWN, f"rows came after the last fetch that ended; {ASK} anew"
    return outcome.state, outcome.problem


def _fetched(held: Held | None, outcome: Outcome | None) -> datetime | None:
    """When what is stored was last what the provider has.

    A fetch that brought nothing new leaves no snapshot, so it is the outcome that tells of it; but
    only if what is stored is still what there was then.
    """
    if held is None:
        return None
    when = datetime.fromisoformat(held.fetched)
    if outcome is not None and outcome.answered and outcome.manifest == held.manifest:
        when = max(when, datetime.fromisoformat(outcome.answered))
    return when.astimezone(UTC)


def _at_work(
    provider: str, waiting: list[Waiting], now: datetime, state: str, why: str
) -> tuple[str, str]:
    """Of a source that a process is fetching."""
    for one in waiting:
        if one.provider == provider:
            seconds = max((one.until - now).total_seconds(), 0)
            return WAITING, f"{one.why}; process {one.process} goes on in {seconds:.0f} s"
    return state, "; ".join(filter(None, ("it is being fetched now", why)))


def _reaches(held: Held | None) -> dict[str, datetime]:
    found = {}
    for name, cursor in (held.cursor if held else {}).items():
        try:
            found[name] = Reach.read(cursor).last.astimezone(UTC)
        except ValueError as error:
            raise InputError(f"cursor of {name}", "is none", "make fetch_data") from error
    return found
