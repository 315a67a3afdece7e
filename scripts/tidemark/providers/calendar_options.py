"""What a calendar of events leaves out, as the section of its source says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tidemark.errors import BadValue
from tidemark.providers import instants

KINDS = ("earnings", "dividend", "split", "release")


@dataclass(frozen=True)
class Said:
    """Options that calendars of every form have.

    Attributes:
        kind: of all events; None if the calendar says it of each.
        kinds: the calendar's words for kinds, in lower case, and what they mean.
        ticker: of all events; None if the calendar says it of each, or they are of none.
        zone: of times without an offset; None if there must be none.
    """

    kind: str | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    ticker: str | None = None
    zone: ZoneInfo | None = None

    def kind_of(self, words: str) -> str | None:
        """What the calendar's words for a kind mean; None if they are none of these."""
        word = words.strip().lower()
        meant = self.kinds.get(word, word)
        return meant if meant in KINDS else None

    def moment(self, stated: date) -> datetime:
        """When something happens: a day is its 00:00 UTC, a time without an offset that of `zone`.

        Raises:
            ValueError: the zone is not known, or its clocks passed over this time.
        """
        if not isinstance(stated, datetime):
            return instants.midnight(stated)
        if stated.tzinfo is not None:
            return stated
        if self.zone is None:
            raise ValueError(f"{stated} has no offset, and no `zone` is set")
        return in_zone(stated, self.zone)


def of(options: Mapping[str, Any]) -> Said:
    """The options of a source's section.

    Raises:
        BadValue: a kind or a zone is not known.
    """
    kinds = {str(word).lower(): str(kind) for word, kind in options.get("kinds", {}).items()}
    kind = options.get("kind")
    for name, meant in (("kind", kind), *(("kinds", one) for one in kinds.values())):
        if meant is not None and meant not in KINDS:
            raise BadValue(name, f"{meant} is no kind of event", f"one of {', '.join(KINDS)}")
    try:
        zone = ZoneInfo(options["zone"]) if options.get("zone") else None
    except (ValueError, OSError, LookupError) as error:
        raise BadValue(
            "zone", f"{options['zone']} is no time zone", "as America/New_York"
        ) from error
    return Said(kind, kinds, options.get("ticker"), zone)


def in_zone(naive: datetime, zone: Any) -> datetime:
    """A time of a zone's clocks as an instant; the first of two that they show twice.

    Raises:
        ValueError: the clocks passed over it.
    """
    moment = naive.replace(tzinfo=zone)
    shown = datetime.fromtimestamp(moment.timestamp(), zone).replace(tzinfo=None)
    if shown != naive:
        raise ValueError(f"{naive} was never shown by the clocks of {zone}")
    return moment
