"""Entries of a crontab.

Form: crontab(5) of cronie 1.7 (Ubuntu's manual pages, read on 2026-11-30): five fields of time, in
the zone of the machine, then a command for sh, in which `%` is a new line unless a backslash stands
before it. Not every cron knows CRON_TZ. So for another zone there is an entry for each time that it
may be here, and the command asks the zone's own clock whether it is the hour.
"""

import shlex
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from tidemark.scheduling.local_times import local_times
from tidemark.scheduling.timetable import Entry, Timetable

LOG = "logs/schedule.log"


def text(table: Timetable, now: datetime, local: tzinfo | None = None) -> str:
    """The lines, between two by which they are found again.

    Args:
        now: from when on clocks are looked at.
        local: the machine's zone; None: what the system says.
    """
    lines = [line for entry in table.entries for line in _lines(table, entry, now, local)]
    return "\n".join([_mark(table, "begin"), *lines, _mark(table, "end"), ""])


def _mark(table: Timetable, word: str) -> str:
    return f"# {table.name} {word}"


def _lines(table: Timetable, entry: Entry, now: datetime, local: tzinfo | None) -> list[str]:
    guard, times = "", [entry.at]
    if table.zone:
        guard = f'[ "$(TZ={table.zone} date +%H)" = {entry.at:%H} ] && '
        times = local_times(entry.at, ZoneInfo(table.zone), local, now)
    run = f"{guard}cd {shlex.quote(str(table.folder))} && {shlex.join(entry.command)}"
    command = f"{run} >>{LOG} 2>&1".replace("%", "\\%")
    return [f"{at.minute} {at.hour} * * * {command}" for at in times]


def about(table: Timetable, make: str) -> list[str]:
    """How to install the entries, or install them anew, and how to remove them.

    Where one of the two marks is lost nothing is changed, for what follows may be somebody else's.
    """
    others = f"others=$(crontab -l | awk '{_without(table)}')"
    kept = "printf '%s\\n' \"$others\""
    return [
        f"install: {others} && {{ {kept}; {make} FORMAT=crontab; }} | crontab -",
        f"remove:  {others} && {kept} | crontab -",
        "missed:  cron makes up for nothing; the next run does what was missed",
    ]


def _without(table: Timetable) -> str:
    """A program for awk that leaves the entries out; it fails where a mark has not the other."""
    begin, end = _mark(table, "begin"), _mark(table, "end")
    cure = f"a line is lost: mend {begin} and {end} with crontab -e; nothing was changed"
    return (
        f'$0 == "{begin}" {{ lost += inside; inside = 1; next }} '
        f'$0 == "{end}" {{ lost += !inside; inside = 0; next }} '
        "!inside; "
        f'END {{ if (lost || inside) {{ print "{cure}" >"/dev/stderr"; exit 1 }} }}'
    )
