"""What starts when, for one project."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from pathlib import Path

from tidemark.errors import InputError

ALL_AT = "19:00"
AT = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class Entry:
    """A command at a time of each day; `name` is that of the scheduler's entry."""

    name: str
    at: time
    command: tuple[str, ...]


@dataclass(frozen=True)
class Timetable:
    """The entries of one project.

    Attributes:
        name: of all of them; two folders have two names.
        folder: of the project, whole.
        zone: in which the times are; None: that of the machine.
    """

    name: str
    folder: Path
    zone: str | None
    entries: tuple[Entry, ...]


def timetable(
    folder: Path, make: Sequence[str], at: str, pipelines: Sequence[str], zone: str | None
) -> Timetable:
    """The timetable of the project in a folder.

    Args:
        make: the command without its goals.
        at: one time for all, `19:00`, or one for each pipeline, `19:00 19:30 20:00 20:30`.
        pipelines: goals of Make, in the order in which they follow each other.

    Raises:
        InputError: `at` is neither, or the folder's name cannot be written down for a scheduler.
    """
    path = str(folder)
    if "\\" in path or path != path.strip() or not path.isprintable():
        cure = "move the project to a folder without backslashes and breaks in its name"
        raise InputError(path, "is no folder that a scheduler can be told", cure)
    times = [_time(word) for word in at.split()]
    name = f"tidemark-{_slug(folder.name)}-{hashlib.sha256(path.encode()).hexdigest()[:6]}"
    if len(times) == 1:
        entries = [Entry(name, times[0], (*make, "daily"))]
    elif len(times) == len(pipelines) and times == sorted(times):
        entries = [
            Entry(f"{name}-{goal}", when, (*make, "daily", f"ONLY={goal}"))
            for when, goal in zip(times, pipelines, strict=True)
        ]
    else:
        cure = f"one time, or {len(pipelines)} that follow each other, of {', '.join(pipelines)}"
        raise InputError(f"AT={at}", "is no timetable", cure)
    return Timetable(name, folder, zone, tuple(entries))


def _time(word: str) -> time:
    found = AT.fullmatch(word)
    if found is None:
        raise InputError(f"AT={word}", "is no time of day", 'such as AT="19:00"')
    return time(int(found[1]), int(found[2]))


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:30].strip("-") or "project"
