"""How live sources stand, for people and for machines."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tidemark.naming import counted

if TYPE_CHECKING:
    from tidemark.fetching.standing import Standing

HEADINGS = ("live data", "provider", "newest row", "fetched, UTC", "age", "state", "why")
NUMBERS = ("age",)


def table(standings: "Sequence[Standing]", now: datetime) -> list[str]:
    """A line a source, below one of headings."""
    rows = [list(HEADINGS), *(_cells(one, now) for one in standings)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(_aligned(row, widths)).rstrip() for row in rows]


def described(standing: "Standing", now: datetime) -> dict[str, Any]:
    """All that is known of a source; times are ISO in UTC."""
    age, newest, fetched = standing.age(now), standing.newest, standing.fetched
    return {
        "source": standing.source,
        "provider": standing.provider,
        "state": standing.state,
        "why": standing.why,
        "newest_row": newest.isoformat() if newest else None,
        "reaches": {name: last.isoformat() for name, last in standing.reaches.items()},
        "fetched": fetched.isoformat() if fetched else None,
        "age_seconds": None if age is None else round(age.total_seconds()),
        "old": standing.old,
        "last_fetch": asdict(standing.outcome) if standing.outcome else None,
    }


def trouble(one: "Standing") -> str:
    """What is wrong with a source, in a clause."""
    return f"{one.source} is {one.state}" + (f": {one.why}" if one.why else "")


def brought(standings: "Sequence[Standing]", since: datetime) -> list[str]:
    """What fetches since then brought, a clause a source."""
    outcomes = [one.outcome for one in standings if one.outcome and one.outcome.asked]
    return [
        f"{one.source}: {counted(one.added, 'row')} new, {one.restated:,} restated"
        for one in outcomes
        if datetime.fromisoformat(one.asked) >= since and one.state in ("fresh", "partial")
    ]


def age(seconds: float | None) -> str:
    """`3 d`, `5 h`, `12 m` or `8 s`."""
    if seconds is None:
        return ""
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _cells(one: "Standing", now: datetime) -> list[str]:
    old, newest = one.age(now), one.newest
    return [
        one.source,
        one.provider,
        f"{newest:%Y-%m-%d %H:%M}".removesuffix(" 00:00") if newest else "",
        f"{one.fetched:%Y-%m-%d %H:%M}" if one.fetched else "",
        age(None if old is None else old.total_seconds()),
        one.state,
        one.why,
    ]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        cell.rjust(width) if heading in NUMBERS else cell.ljust(width)
        for cell, width, heading in zip(row, widths, HEADINGS, strict=True)
    ]
