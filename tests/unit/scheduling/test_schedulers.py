"""Entries of crontab, systemd and launchd: for odd folders, and for clocks of other zones."""

import os
import plistlib
import re
import shutil
import subprocess
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tidemark.scheduling import crontab, launchd, systemd
from tidemark.scheduling.local_times import local_times
from tidemark.scheduling.timetable import timetable

import pytest

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
GOALS = ["data-pipeline", "assessment-pipeline"]
ODD = "My 100% \"own\" $HOME 'x'; (café) & #1"
ZONES = ["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC", "Asia/Tokyo"]
VERIFIER = shutil.which("systemd-analyze")


@pytest.fixture
def project(tmp_path):
    """A folder with an odd name, and in another one a make that says where it was started."""
    folder, make = tmp_path / ODD, tmp_path / "a bin%" / "make"
    (folder / "logs").mkdir(parents=True)
    make.parent.mkdir()
    make.write_text('#!/bin/sh\npwd\nprintf "%s\\n" "$@"\n')
    make.chmod(0o755)
    return folder, [str(make), "-f", "/co de/Make$file"]


def lines(table, local=UTC):
    """What cron makes of the lines: when, and the command for the shell."""
    found = []
    for line in crontab.text(table, NOW, local).splitlines():
        if not line.startswith("#"):
            minute, hour, *rest = line.split(" ", 5)
            assert rest[:3] == ["*", "*", "*"]
            command, *after = re.split(r"(?<!\\)%", rest[3])
            assert not after, "cron would hand the rest to the command"
            found.append((time(int(hour), int(minute)), command.replace("\\%", "%")))
    return found


def test_cron_starts_make_in_a_folder_with_any_name(project):
    folder, make = project
    table = timetable(folder, make, "19:00 20:30", GOALS, None)
    (first, command), (second, _) = lines(table)
    assert [first, second] == [time(19), time(20, 30)]
    subprocess.run(["/bin/sh", "-c", command], cwd="/", check=True)
    said = (folder / "logs/schedule.log").read_text("utf-8").splitlines()
    assert said == [str(folder), *make[1:], "daily", "ONLY=data-pipeline"]


def test_cron_asks_the_clock_of_the_zone(project):
    folder, make = project
    here = datetime.now(ZoneInfo("Asia/Tokyo"))
    for hours, runs in ((0, True), (12, False)):
        at = f"{(here.hour + hours) % 24:02}:30"
        table = timetable(folder, make, at, GOALS, "Asia/Tokyo")
        ((_, command),) = lines(table)
        subprocess.run(["/bin/sh", "-c", command], cwd="/", check=False)
        log = folder / "logs/schedule.log"
        assert log.exists() == runs, "unless the hour has just changed"
        log.unlink(missing_ok=True)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("local", ["UTC", "Europe/Berlin", "America/Los_Angeles"])
def test_on_each_day_of_a_year_one_entry_starts_at_the_time_of_the_zone(zone, local):
    """An entry that comes at another hour is held back; half an hour late is a second run."""
    there, here, at = ZoneInfo(zone), ZoneInfo(local), time(19, 0)
    times = local_times(at, there, here, NOW)
    assert len(times) <= 3
    right, started = Counter(), Counter()
    for number in range(-1, 367):
        day = date(2026, 11, 30) + timedelta(days=number)
        for moment in {datetime.combine(day, when, here).astimezone(UTC) for when in times}:
            clock = moment.astimezone(there)
            if clock.hour == at.hour:
                started[clock.date()] += 1
                right[clock.date()] += clock.time() == at
    days = [date(2026, 11, 30) + timedelta(days=number) for number in range(1, 365)]
    assert {right[day] for day in days} == {1}
    if zone != "Australia/Lord_Howe":
        assert {started[day] for day in days} == {1}


@pytest.fixture
def cron(tmp_path, monkeypatch):
    """A crontab that is a file, and a make that prints an entry."""
    bins = tmp_path / "bin"
    bins.mkdir()
    there = tmp_path / "crontab"
    shown = 'if [ "$1" = - ]; then cat >"$CRON.new"; mv "$CRON.new" "$CRON"; else cat "$CRON"; fi'
    for name, body in (("crontab", shown), ("printer", "echo new")):
        (bins / name).write_text(f"#!/bin/sh\n{body}\n", "utf-8")
        (bins / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{bins}:{os.environ['PATH']}")
    monkeypatch.setenv("CRON", str(there))
    return there


def shell(about):
    command = about.split(":", 1)[1]
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True)


def test_crontab_is_installed_again_in_place_of_what_was_there_and_removed(project, cron):
    """The commands that are shown, as a shell runs them."""
    folder, make = project
    table = timetable(folder, make, "19:00", GOALS, None)
    install, remove, _ = crontab.about(table, "printer")
    others = "MAILTO=me\n1 2 * * * others %m \\n\n"
    for about, more in ((install, "new\n"), (remove, "")):
        cron.write_text(f"{others}{crontab.text(table, NOW)}3 4 * * * more\n", "utf-8")
        assert shell(about).returncode == 0
        assert cron.read_text("utf-8") == f"{others}3 4 * * * more\n{more}"


def test_the_first_entries_are_installed_where_there_was_no_crontab(project, cron):
    folder, make = project
    install, *_ = crontab.about(timetable(folder, make, "19:00", GOALS, None), "printer")
    assert shell(install).returncode == 0
    assert cron.read_text("utf-8").split() == ["new"]


@pytest.mark.parametrize("word", ["begin", "end"])
@pytest.mark.parametrize("number", [0, 1])
def test_a_crontab_that_lost_a_mark_is_left_as_it_is_with_a_cure(project, cron, word, number):
    folder, make = project
    table = timetable(folder, make, "19:00", GOALS, None)
    mark = f"# {table.name} {word}\n"
    lost = crontab.text(table, NOW).replace(mark, "") + "3 4 * * * more\n"
    cron.write_text(lost, "utf-8")
    told = shell(crontab.about(table, "printer")[number])
    assert told.returncode != 0
    assert f"# {table.name} begin and # {table.name} end with crontab -e" in told.stderr
    assert cron.read_text("utf-8") == lost


@pytest.mark.skipif(VERIFIER is None, reason="there is no systemd-analyze here")
@pytest.mark.parametrize("zone", [None, "America/New_York"])
def test_systemd_takes_the_units(project, tmp_path, zone):
    folder, make = project
    for name, text in systemd.files(timetable(folder, make, "19:00 20:30", GOALS, zone)).items():
        (tmp_path / name).write_text(text, "utf-8")
    units = [*tmp_path.glob("*.service"), *tmp_path.glob("*.timer")]
    assert len(units) == 4
    told = subprocess.run([VERIFIER, "--man=no", "verify", *units], capture_output=True, text=True)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    when = re.search(r"OnCalendar=(.*)", next(tmp_path.glob("*data*.timer")).read_text())[1]
    shown = subprocess.run(
        [VERIFIER, "calendar", "--base-time=2026-11-30 12:00:00 UTC", when],
        capture_output=True, text=True, check=True, env={"TZ": "UTC", "LC_ALL": "C"},
    ).stdout  # fmt: skip
    assert ("2026-12-01 00:00:00 UTC" if zone else "2026-11-30 19:00:00 UTC") in shown


@pytest.mark.skipif(VERIFIER is None, reason="there is no systemd-analyze here")
def test_systemd_would_say_if_a_unit_were_wrong(project, tmp_path):
    folder, make = project
    (name, text), *_ = systemd.files(timetable(folder, make, "19:00", GOALS, None)).items()
    (tmp_path / name).write_text(text.replace('"daily"', '"daily'), "utf-8")
    told = subprocess.run([VERIFIER, "--man=no", "verify", tmp_path / name], capture_output=True)
    assert told.returncode or told.stderr


def test_launchd_is_told_the_folder_the_command_and_each_time(project):
    folder, make = project
    table = timetable(folder, make, "19:00", GOALS, "America/New_York")
    ((name, text),) = launchd.files(table, NOW, ZoneInfo("Asia/Tokyo")).items()
    told = plistlib.loads(text.encode())
    assert name == f"{told['Label']}.plist"
    assert told["ProgramArguments"] == [*make, "daily"]
    assert told["WorkingDirectory"] == str(folder)
    assert told["StartCalendarInterval"] == [{"Hour": 8, "Minute": 0}, {"Hour": 9, "Minute": 0}]
