"""What raw data is held against: schemas, and what the configuration says beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tidemark.bounds import IsoDate, Name, Words

SCHEMA = "schemas/{source}.json"  # the file of a source's schema


@dataclass(frozen=True, kw_only=True)
class ValidateSchema:
    """What raw data is held against, beside the schemas themselves.

    Attributes:
        as_of: freshness is judged as of this day; null: not at all.
        calendar: exchange whose sessions must all be there; null: not checked.
        extra_sessions: days that the exchange traded, and the calendar does not know.
        closed_sessions: days that the calendar has, and the exchange did not trade.
        acknowledged_schemas: a hash of each schema that was read; one that changed stops the run.
    """

    as_of: IsoDate | None = None
    calendar: Words | None = None
    extra_sessions: Sequence[IsoDate] = ()
    closed_sessions: Sequence[IsoDate] = ()
    acknowledged_schemas: Mapping[Name, str]
