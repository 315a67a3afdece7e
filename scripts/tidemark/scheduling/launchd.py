"""A property list of launchd for each entry, as agents of the user.

Form: launchd.plist(5) of macOS (leancrew.com/all-this/man, read on 2026-11-30):
`StartCalendarInterval` is in the zone of the machine, several of them may stand in a list, and what
was missed while the machine slept starts once when it wakes. So for another zone there is one for
each time that it may be here; `make daily` finds nothing to do at the wrong one.
"""

import plistlib
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from tidemark.scheduling.crontab import LOG
from tidemark.scheduling.local_times import local_times
from tidemark.scheduling.timetable import Entry, Timetable

FOLDER = "~/Library/LaunchAgents"


def files(table: Timetable, now: datetime, local: tzinfo | None = None) -> dict[str, str]:
    """The property lists by the names of their files; `now` and `local` as in `crontab.text`."""
    return {f"{entry.name}.plist": _plist(table, entry, now, local) for entry in table.entries}


def _plist(table: Timetable, entry: Entry, now: datetime, local: tzinfo | None) -> str:
    zone = ZoneInfo(table.zone) if table.zone else None
    times = local_times(entry.at, zone, local, now) if zone else [entry.at]
    log = str(table.folder / LOG)
    return plistlib.dumps(
        {
            "Label": entry.name,
            "ProgramArguments": list(entry.command),
            "WorkingDirectory": str(table.folder),
            "StartCalendarInterval": [{"Hour": at.hour, "Minute": at.minute} for at in times],
            "StandardOutPath": log,
            "StandardErrorPath": log,
        },
        sort_keys=False,
    ).decode()


def about(table: Timetable, make: str) -> list[str]:
    """How to install the agents, and how to remove them."""
    names = [entry.name for entry in table.entries]
    loaded = " && ".join(f"launchctl bootstrap gui/$(id -u) {FOLDER}/{it}.plist" for it in names)
    gone = "; ".join(f"launchctl bootout gui/$(id -u)/{it}" for it in names)
    return [
        f"install: {make} FORMAT=launchd WRITE={FOLDER} && {loaded}",
        f"remove:  {gone}; rm {FOLDER}/{table.name}*",
        f"output:  {LOG}",
    ]
