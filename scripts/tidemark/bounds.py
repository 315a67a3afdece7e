"""Kinds of values that settings have, with the bounds within which a run can end.

Settings are frozen dataclasses in the `settings.py` of each room, beside the code they steer; a key
that needs words has them under `Attributes:`. Bounds of numbers and lengths are `annotated_types`;
what these cannot say is `Matching`, `Among` or `Checked`. `config/schema.py` makes of all of them
what checks config.yaml.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from annotated_types import Ge, Gt, Le, Lt, MaxLen


@dataclass(frozen=True)
class Matching:
    """Text of the form of a regular expression; `told` says so in words."""

    pattern: str
    told: str


@dataclass(frozen=True)
class Among:
    """One of these words."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class Checked:
    """What `check` has nothing to say against: it raises a ValueError with what is wrong."""

    check: Callable[[Any], None]


@dataclass(frozen=True)
class ListsFor:
    """Lists of values for the parameters of kinds, which `kinds` gives by name."""

    kinds: Callable[[], Mapping[str, type]]


EARLIEST, LATEST = "1678-01-01", "2261-12-31"  # whole years within pandas' nanoseconds
MOST_BARS = 10_000_000  # minutes of nineteen years, night and day


def _must_be_a_date(text: str) -> None:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("must be a date such as 2013-03-01")
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise ValueError("is no day of the calendar") from error
    if not EARLIEST <= text <= LATEST:
        raise ValueError(f"must lie between {EARLIEST} and {LATEST}")


def _must_be_a_time_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise ValueError("is not a time zone, such as UTC or America/New_York") from error


def _must_not_repeat(values: Sequence[int] | Sequence[str]) -> None:
    if len(set(values)) < len(values):
        raise ValueError("names a value twice")


DISTINCT = Checked(_must_not_repeat)

Name = Annotated[
    str,
    MaxLen(64),
    Matching(
        r"^[a-z][a-z0-9_]*$",
        "names are lower-case letters, digits and _, and begin with a letter",
    ),
]
Words = Annotated[str, MaxLen(2000)]
ProjectFile = Annotated[  # in rules of Make
    str,
    MaxLen(1000),
    Matching(
        r"^[\w./@+][\w./@+-]*$",
        "Make cannot handle this path: use letters, digits and . _ - / only",
    ),
]
IsoDate = Annotated[str, Checked(_must_be_a_date)]
TimeZone = Annotated[str, Checked(_must_be_a_time_zone)]
ClockTime = Annotated[
    str, Matching(r"^([01]\d|2[0-3]):[0-5]\d$", 'must be a time of day such as "08:30"')
]
Positive = Annotated[float, Gt(0), Le(1e12)]
Multiplier = Annotated[float, Ge(0), Le(1e6)]
Fraction = Annotated[float, Gt(0), Lt(1)]
Share = Annotated[float, Gt(0), Le(1)]
AnnualRate = Annotated[float, Gt(-1), Le(100)]
Bars = Annotated[int, Ge(0), Le(MOST_BARS)]
Count = Annotated[int, Ge(1), Le(MOST_BARS)]
Window = Annotated[int, Ge(2), Le(MOST_BARS)]
BlockLength = Count | Literal["auto"]
Days = Annotated[int, Ge(1), Le(36_500)]
Replicates = Annotated[int, Ge(100), Le(100_000)]
