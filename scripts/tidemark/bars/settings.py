"""How long what was known stays known, and which calendars exchanges do not have."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from tidemark.bounds import Days, Name

ECB = "ECB"  # the days on which the European Central Bank sets reference rates; no exchange's


@dataclass(frozen=True, kw_only=True)
class Carrying:
    """Which columns of a series are changes, and how long its levels hold.

    Attributes:
        changes: columns that are changes, such as growth rates.
        longest_carry_days: how long a level stands; null: five times as long as usual.
    """

    changes: Sequence[Name] = ()
    longest_carry_days: Days | None = None


CARRYING = tuple(field.name for field in fields(Carrying))
