"""Print what wakes `make daily`: entries of crontab, systemd and launchd for this project.

make schedule                                     all three, and how to install and remove each
make schedule FORMAT=systemd                      one: crontab, systemd or launchd
make schedule FORMAT=systemd WRITE=~/.config/systemd/user     its files, into a folder
make schedule AT="19:00 19:30 20:00 20:30"        a time for each pipeline; AT=19:00: one for all
make schedule ZONE=America/New_York               times of another zone than the machine's
"""

import argparse
import os
import shlex
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tidemark.errors import InputError
from tidemark.files import store
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.project import CODE, ROOT
from tidemark.scheduling import crontab, launchd, systemd
from tidemark.scheduling.timetable import ALL_AT, Timetable, timetable

FORMATS = ("crontab", "systemd", "launchd")


def main() -> int:
    """Print or write them; exit code 2 if a variable is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--make", default=os.environ.get("MAKE_COMMAND", "make"), help="GNU Make")
    parser.add_argument("--pipelines", default="", help="goals, in their order")
    parser.add_argument("--config", default="config.yaml")
    options = parser.parse_args()
    shape, folder = os.environ.get("FORMAT", ""), os.environ.get("WRITE", "")
    if shape not in ("", *FORMATS):
        raise InputError(f"FORMAT={shape}", "is no scheduler", f"one of {', '.join(FORMATS)}")
    if folder and not shape:
        raise InputError("WRITE", "needs to know what to write", f"FORMAT={'|'.join(FORMATS)}")
    chosen = {name: os.environ[name] for name in ("AT", "ZONE") if os.environ.get(name)}
    make = _make(options.make, options.config)
    zone = _zone(chosen.get("ZONE"))
    table = timetable(
        ROOT.resolve(), make, chosen.get("AT", ALL_AT), options.pipelines.split(), zone
    )
    again = [*make, "-s", "schedule", *(f"{name}={value}" for name, value in chosen.items())]
    now = datetime.now(UTC)
    (ROOT / crontab.LOG).parent.mkdir(exist_ok=True)  # else nothing would start
    if folder:
        _write(Path(folder).expanduser(), _files(shape, table, now))
    for form in () if folder else [shape] if shape else FORMATS:
        _print(form, table, f"cd {shlex.quote(str(table.folder))} && {shlex.join(again)}", now)
    return 0


def _make(command: str, config: str) -> list[str]:
    """Make as a scheduler must call it, which knows neither our folder nor where programs are."""
    words = [str(Path(shutil.which(command) or command).absolute())]
    words += [] if CODE.resolve() == ROOT.resolve() else ["-f", str(CODE.resolve() / "Makefile")]
    return words + ([] if config == "config.yaml" else [f"CONFIG={config}"])


def _zone(name: str | None) -> str | None:
    try:
        return name and ZoneInfo(name).key
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise InputError(f"ZONE={name}", "is no time zone", "such as Europe/Berlin") from error


def _files(form: str, table: Timetable, now: datetime) -> dict[str, str]:
    if form == "crontab":
        return {f"{table.name}.crontab": crontab.text(table, now)}
    return systemd.files(table) if form == "systemd" else launchd.files(table, now)


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        store.write_atomic(folder / name, text.encode())
        console.say(str(folder / name))


def _print(form: str, table: Timetable, again: str, now: datetime) -> None:
    module = {"crontab": crontab, "systemd": systemd, "launchd": launchd}[form]
    for line in [f"--- {form}", *module.about(table, again)]:
        console.say(f"# {line}")
    for name, text in _files(form, table, now).items():
        console.say(text if form == "crontab" else f"\n# {module.FOLDER}/{name}\n{text}")


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
