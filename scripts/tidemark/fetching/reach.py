"""How far what was fetched of one name reaches, and what a fetch after it must ask for."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tidemark.providers.contract import Ask

SPLIT = " "
FOUND = " = "


@dataclass(frozen=True)
class Reach:
    """What was asked for and came, of one name.

    Attributes:
        first: since when it was asked for, UTC; None for all there is.
        last: the newest instant that came and is over, UTC.
        id: what the provider calls it, and what else its rows are of, such as a currency.
        found: the provider's own id, where it was looked up by another name; empty: it was not.
    """

    first: datetime | None
    last: datetime
    id: str
    found: str = ""

    def written(self) -> str:
        """As a snapshot's cursor keeps it: an interval of ISO 8601, and the id."""
        interval = f"{self.first.isoformat() if self.first else ''}/{self.last.isoformat()}"
        return f"{interval} {self.id}" + (f"{FOUND}{self.found}" if self.found else "")

    @classmethod
    def read(cls, text: str) -> "Reach":
        """What `written` wrote.

        Raises:
            ValueError: it is something else.
        """
        interval, _, id_ = text.partition(SPLIT)
        first, _, last = interval.partition("/")
        own, _, found = id_.partition(FOUND)
        begin = datetime.fromisoformat(first) if first else None
        return cls(begin, datetime.fromisoformat(last), own, found)


def next_ask(
    whole: Ask,
    kept: str | None,
    overlap: timedelta,
    earliest: datetime | None = None,
) -> tuple[Ask, bool]:
    """What to ask for now, and whether it is the whole of what is wanted.

    Args:
        whole: what the configuration wants in all.
        kept: what the last fetch wrote of its reach; None if there was none.
        overlap: how long before its end is asked for once more, because rows there may be restated.
        earliest: what the provider still has, UTC; the overlap begins no earlier, while a gap
            between what is stored and what it still has is not passed over.
    """
    if kept is None:
        return whole, True
    reach = Reach.read(kept)
    earlier = reach.first is not None and (whole.since is None or whole.since < reach.first)
    if earlier:
        return whole, True
    since = (reach.last - overlap).astimezone(UTC)
    if earliest is not None:
        since = max(since, min(earliest, reach.last.astimezone(UTC)))
    if whole.since is not None and since <= whole.since:
        return whole, True
    return replace(whole, since=since), False
