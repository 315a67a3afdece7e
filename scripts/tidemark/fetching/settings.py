"""The section `fetch`: how long and how often providers are asked, and when data are too old."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from tidemark.bounds import Checked, Count, Matching, Name

from annotated_types import Ge, Gt, Le, MaxLen

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _must_be_an_address(text: str) -> None:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a web address, such as https://example.org/api")
    if parts.username or parts.password or parts.query:
        raise ValueError("must hold no key: keys stand in the environment or in .env alone")


Age = Annotated[
    str,
    Matching(r"^[1-9][0-9]{0,4}[mhdw]$", "must be a number of minutes, hours, days or weeks: 36h"),
]
Seconds = Annotated[float, Gt(0), Le(86_400)]
Address = Annotated[str, MaxLen(1000), Checked(_must_be_an_address)]


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """How providers are asked.

    Attributes:
        max_age: of a snapshot, before its owner is told that it is old, such as 36h or 3d.
        tries: of each request, before what is stored must do.
        first_wait_seconds: before the second try; each further wait is about twice as long.
        longest_wait_seconds: between two tries; a provider that wants more is asked another day.
        connect_seconds: for a connection to be made.
        read_seconds: of silence, before a connection counts as lost.
        whole_seconds: for one answer in all.
        largest_body_megabytes: of one answer, unpacked; a larger one is refused.
        batch_rows: that are stored at a time.
        resume_hours: for how long what an interrupted fetch brought is not asked for again.
        addresses: base addresses other than the provider's own, by its name, or by its name, a dot
            and that of a host of which it has several.
        requests_a_minute: other than what the provider's own plan allows, by its name.
    """

    max_age: Age = "36h"
    tries: Annotated[int, Ge(1), Le(100)] = 4
    first_wait_seconds: Seconds = 1.0
    longest_wait_seconds: Seconds = 300.0
    connect_seconds: Seconds = 10.0
    read_seconds: Seconds = 30.0
    whole_seconds: Seconds = 900.0
    largest_body_megabytes: Annotated[int, Ge(1), Le(100_000)] = 500
    batch_rows: Count = 5000
    resume_hours: Annotated[float, Ge(0), Le(8760)] = 6.0
    addresses: Mapping[Annotated[str, MaxLen(100)], Address] = field(default_factory=dict)
    requests_a_minute: Mapping[Name, Annotated[float, Gt(0), Le(1e6)]] = field(default_factory=dict)

    @property
    def oldest(self) -> timedelta:
        """`max_age` as a time."""
        return timedelta(**{UNITS[self.max_age[-1]]: int(self.max_age[:-1])})
