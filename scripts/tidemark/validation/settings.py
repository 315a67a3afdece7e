"""What raw data is held against: schemas, and what the configuration says beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tidemark.bounds import IsoDate, Name, ProjectFile, Words

SCHEMA = "schemas/{source}.json"  # of a source for which the configuration names no other file

# The fingerprints of the schemas that ship with Tidemark, which count as read: `make acknowledge`.
SHIPPED = (
    "96fdd91177ae",  # prices
    "a51805162738",  # corporate_actions
    "f99ae9a82512",  # treasury
    "dae115668e4b",  # unemployment
)


@dataclass(frozen=True, kw_only=True)
class ValidateSchema:
    """What raw data is held against, beside the schemas themselves.

    Attributes:
        as_of: freshness is judged as of this day; null: not at all.
        calendar: exchange whose sessions must all be there; null: not checked.
        extra_sessions: days that the exchange traded, and the calendar does not know.
        closed_sessions: days that the calendar has, and the exchange did not trade.
        schemas: by source, the file of its schema; of one that is left out, schemas/<source>.json.
        acknowledged_schemas: by source, the first 12 digits or more of the fingerprint of a schema
            that was read; one that changed stops the run. `make acknowledge` keeps it elsewhere,
            and schemas that ship with Tidemark need none.
    """

    as_of: IsoDate | None = None
    calendar: Words | None = None
    extra_sessions: Sequence[IsoDate] = ()
    closed_sessions: Sequence[IsoDate] = ()
    schemas: Mapping[Name, ProjectFile] = field(default_factory=dict)
    acknowledged_schemas: Mapping[Name, str] = field(default_factory=dict)
