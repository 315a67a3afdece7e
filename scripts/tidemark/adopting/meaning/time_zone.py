"""The zone of the clocks in a file."""

from collections.abc import Sequence
from dataclasses import dataclass

from tidemark.adopting.conclusions import Answers, Conclusion, Option, Question, Sureness
from tidemark.adopting.meaning import spacing
from tidemark.adopting.meaning.date_column import Dated
from tidemark.bars import clocks
from tidemark.errors import BadValue, InputError
from tidemark.sources import time_columns

import pandas as pd

MOST_OPTIONS = 6
# Where exchanges trade: the first and last minute of a session by their own clocks.
SESSIONS = {
    "America/New_York": ("09:30", "16:00"),
    "Europe/London": ("08:00", "16:35"),
    "Europe/Berlin": ("09:00", "17:35"),
    "Asia/Tokyo": ("09:00", "15:30"),
    "Asia/Hong_Kong": ("09:30", "16:10"),
    "Asia/Shanghai": ("09:30", "15:00"),
    "Asia/Kolkata": ("09:15", "15:30"),
    "Europe/Moscow": ("10:00", "18:50"),
}
ROUND_THE_CLOCK = {
    "UTC": "as exchanges of crypto currencies have it",
    "Etc/GMT+5": "as HistData has it: New York without summer time",
    "Europe/Athens": "as most brokers with MetaTrader have it, summer time and all",
    "America/New_York": "the clocks of New York",
    "Europe/London": "the clocks of London",
}


@dataclass(frozen=True)
class Clock:
    """The zone for the configuration, and what was found or is open."""

    zone: str = "UTC"
    conclusions: Sequence[Conclusion] = ()
    questions: Sequence[Question] = ()


def zone(dated: Dated, times: pd.Series, bar: str, answers: Answers) -> Clock:
    """The zone in which stamps are read.

    Args:
        dated: how the column of dates is written.
        times: as one reading has them.
        bar: what a bar is.
        answers: of these, ZONE.

    Raises:
        InputError: the answer is no zone, or can have no effect.
    """
    asked = answers.get("ZONE")
    if asked:
        _must_be_a_zone(asked)
    if bar == "intraday":
        return _of_hours(dated, times, asked)
    return _of_days(dated, times, asked)


def _must_be_a_zone(name: str) -> None:
    try:
        time_columns.zone_of(name, "ZONE")
    except BadValue as error:
        raise InputError(f"ZONE={name}", error.problem, error.cure) from error


def _must_matter(asked: str | None, why_not: str) -> None:
    if asked:
        raise InputError(f"ZONE={asked}", f"can have no effect: {why_not}", "leave it out")


def _of_hours(dated: Dated, times: pd.Series, asked: str | None) -> Clock:
    if dated.is_utc:
        _must_matter(asked, "the times of the file say their distance from UTC themselves")
        because = "each time is written so" if dated.has_offset else "the file says so"
        return Clock(conclusions=[Conclusion("time zone", "UTC", because)])
    if asked:
        return Clock(asked, [Conclusion("time zone", asked, "your answer")])
    clock = times.dt.strftime("%H:%M")
    first, last = clock.min(), clock.max()
    words = f"In which time zone are the clocks of the file ({first} to {last})?"
    options = _likely_zones(first, last)
    skipping = [one.answer for one in options if _skips(one.answer, times)]
    if skipping:
        words += f" Not {' or '.join(skipping)}, where clocks go forward past some of the times."
    left = [one for one in options if one.answer not in skipping]
    return Clock(questions=[Question("ZONE", words, left[:MOST_OPTIONS])])


def _skips(zone: str, times: pd.Series) -> bool:
    """Whether some of these times do not exist by the clocks of a zone, where they go forward."""
    first, _ = clocks.readings(times, zone)
    return bool(first.isna().any())


def _likely_zones(first: str, last: str) -> list[Option]:
    """Zones of exchanges whose sessions hold these hours, then of markets that never close."""
    fitting = [zone for zone, (begin, end) in SESSIONS.items() if begin <= first and last <= end]
    fitting.sort(key=lambda zone: SESSIONS[zone][0] != first)
    options = [Option(zone, f"exchanges there trade from {first} to {last}") for zone in fitting]
    more = [Option(zone, told) for zone, told in ROUND_THE_CLOCK.items() if zone not in fitting]
    return [*options, *more]


def _of_days(dated: Dated, times: pd.Series, asked: str | None) -> Clock:
    """The zone of the days on which stamps with an offset fall; that of others plays no part."""
    written = dated.own if dated.own is not None else times
    if not dated.has_offset or spacing.at_midnight(written):
        _must_matter(asked, "the days of the file are taken as written")
        return Clock()
    if asked:
        return Clock(asked, [Conclusion("time zone", asked, "your answer")])
    by_zone = {name: spacing.in_zone(times, name).dt.normalize() for name in _zones_of(times)}
    days = list(by_zone.values())
    because = "each stamp is at one hour of its clocks"
    if all((days[0] == other).all() for other in days[1:]):
        zone = next(iter(by_zone))
        return Clock(
            zone, [Conclusion("time zone", zone, f"{because}, or of others, with the same days")]
        )
    on_weekdays = {name: day for name, day in by_zone.items() if (day.dt.day_of_week < 5).all()}
    days = list(on_weekdays.values())
    if days and all((days[0] == other).all() for other in days[1:]):
        zone = next(iter(on_weekdays))
        because = f"{because}; by other clocks some bars would be on week-ends"
        return Clock(zone, [Conclusion("time zone", zone, because, Sureness.LIKELY)])
    value = times.iloc[0]
    options = [
        Option(name, f"{value} UTC is {day.iloc[0].date()}") for name, day in by_zone.items()
    ]
    words = "In which time zone do the days of the file end?"
    return Clock(questions=[Question("ZONE", words, options[:MOST_OPTIONS])])


def _zones_of(times: pd.Series) -> list[str]:
    return list(spacing.zones_of_days(times)) or ["UTC", *spacing.ZONES]
