"""What raw data is held against, beside its schemas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tidemark.bounds import IsoDate, Name, Words


@dataclass(frozen=True, kw_only=True)
class ValidateSchema:
    """What raw data is held against, beside the schemas themselves."""

    as_of: IsoDate | None = None
    calendar: Words | None = None
    extra_sessions: Sequence[IsoDate] = ()
    closed_sessions: Sequence[IsoDate] = ()
    acknowledged_schemas: Mapping[Name, str]
