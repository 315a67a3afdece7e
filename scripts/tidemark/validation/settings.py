"""What raw data is held against: schemas, and what the configuration says beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from tidemark.bounds import IsoDate, Name, ProjectFile, Words

from annotated_types import Ge, Le

SCHEMA = "schemas/{source}.json"  # of a source for which the configuration names no other file

# The fingerprints of the schemas that ship with Tidemark, which count as read: `make acknowledge`.
SHIPPED = (
    "96fdd91177ae",  # prices
    "a51805162738",  # corporate_actions
    "f99ae9a82512",  # treasury
    "dae115668e4b",  # unemployment
)


@dataclass(frozen=True, kw_only=True)
class Gaps:
    """How long prices may lack bars while the exchange is open; a longer gap stops the pipeline.

    `make override` lets one pass. They are looked for by validate_schema.calendar.

    Attributes:
        of: prices of a provider (live), whatever prices (all), or none. Without this check, `gaps`
            of the schema says what becomes of sessions without a bar.
        longest_minutes: of intraday bars, within trading hours, beyond the length of a bar.
        longest_sessions: of daily bars, from one to the next; 1: each session has one.
    """

    of: Literal["live", "all", "none"] = "live"
    longest_minutes: Annotated[float, Ge(0), Le(100_000)] = 5.0
    longest_sessions: Annotated[int, Ge(1), Le(1000)] = 1


@dataclass(frozen=True, kw_only=True)
class Anomalies:
    """Moves of prices that are put before somebody: `make review`.

    Attributes:
        sigma: a move is one beyond so many standard deviations of those before it; null: none is.
        bars: how many of those before it count.
        block: whether one that nobody reviewed stops the pipeline.
    """

    sigma: Annotated[float, Ge(3), Le(1000)] | None = 8.0
    bars: Annotated[int, Ge(60), Le(100_000)] = 250
    block: bool = False


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
        gaps: how long prices may lack bars.
        anomalies: moves that somebody should look at.
        answers: filled in: by id of a question about the data, who answered what, and why.
    """

    as_of: IsoDate | None = None
    calendar: Words | None = None
    extra_sessions: Sequence[IsoDate] = ()
    closed_sessions: Sequence[IsoDate] = ()
    schemas: Mapping[Name, ProjectFile] = field(default_factory=dict)
    acknowledged_schemas: Mapping[Name, str] = field(default_factory=dict)
    gaps: Gaps = field(default_factory=Gaps)
    anomalies: Anomalies = field(default_factory=Anomalies)
    answers: Mapping[str, str] = field(default_factory=dict)
