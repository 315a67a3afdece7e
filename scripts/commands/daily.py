"""Run the pipelines if a session of the exchange is over that they were not run for.

make daily                        all four, the gate, one alert with what came of it, the mirror
make daily ONLY=data-pipeline     one of them

The exchange's own calendar and zone decide, not when this was started: a run that was missed is
made up for by the next one, and a second one on the same day finds nothing to do, unless a live
source could not be fetched.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback at Ctrl-C

import argparse
import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from tidemark.config import load
from tidemark.config.settings import Config
from tidemark.errors import BadValue, InputError, hint
from tidemark.fetching import standing, told
from tidemark.fetching.clock import Clock
from tidemark.fetching.standing import Standing
from tidemark.files import locks
from tidemark.gating import baseline
from tidemark.harness import console, owners
from tidemark.harness.failures import exit_code_of
from tidemark.naming import counted
from tidemark.project import CODE, HERE, ROOT
from tidemark.runs import in_brief, settling
from tidemark.scheduling import done, sessions
from tidemark.scheduling.sessions import Due
from tidemark.tables import history

# What this make was told, which is not meant for those that it starts.
DROPPED = ("MAKE", "MFLAGS", "TIDEMARK")
KEPT = ("TIDEMARK_PG_PASSWORD",)  # of the mirror
LOCK = "daily"
ASIDE = ("make: ", "gmake: ", "Log:", "log:", "Report:")  # lines beside the one that counts
OWNER_OF = "fetch_data"  # whose owner hears of the run
FETCHING = "fetch_data"  # a goal of its own, by which the network is asked


class _Made(NamedTuple):
    """A make that has ended: its exit code, the last line that counts, its process."""

    code: int
    last: str
    process: int
    began: datetime


def main() -> int:
    """Exit code 0 if all is done, 1 if a step or the gate failed, 2 if a variable is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="config.yaml")
    parser.add_argument("--make", default=os.environ.get("MAKE_COMMAND", "make"), help="GNU Make")
    parser.add_argument("--pipelines", default="", help="goals, in their order")
    options = parser.parse_args()
    pipelines, only = options.pipelines.split(), os.environ.get("ONLY", "")
    if only and only not in pipelines:
        cure = f"one of {', '.join(pipelines)}"
        raise InputError(f"ONLY={only}", f"is no pipeline{hint(only, pipelines)}", cure)
    os.chdir(ROOT)
    with locks.held_if_free(HERE, LOCK) as free:
        if not free:
            console.say("daily: another one is at work here; nothing done")
            return 0
        try:
            whole = load.load(HERE, options.config)
            return _run(options.make, options.config, whole, [only] if only else pipelines)
        except (InputError, OSError) as error:
            with contextlib.suppress(OSError):  # on a disk that is full nobody can be told
                _tell(f"could not be done: {error}", "error")
            raise


def _run(make: str, config: str, whole: Config, asked: Sequence[str]) -> int:
    """Run those of the pipelines that lack a session; one after the other in a single make."""
    began, before = Clock().utc(), done.done(HERE)
    dues = {pipeline: _due(whole, began, before.get(pipeline)) for pipeline in asked}
    waiting = [pipeline for pipeline, due in dues.items() if due.missed]
    if not waiting:
        console.say(f"daily: {_idle(dues[asked[0]])}")
        return 0
    missed = max((due.missed for due in dues.values()), key=len)
    console.say(f"daily: {_sessions(missed)}: {', '.join(waiting)}")
    fetching = [FETCHING] if waiting[0] == "data-pipeline" else []
    made = _made(make, config, [*fetching, *waiting])
    live, record = _live(whole), _record(made)
    wrong = [one for one in live if one.state in standing.TROUBLE]
    if made.code:
        failed = in_brief.failures(record) or made.last
        parts = [f"{', '.join(waiting)} failed: {failed}", *map(told.trouble, wrong)]
        _tell(f"{_sessions(missed)}: {'; '.join(parts)}", "error")
        return 1
    if not any(one.state == standing.STALE for one in live):  # else the next start asks again
        done.note(HERE, waiting, missed[-1])
    code, judged = _judged(make, config, whole) if "assessment-pipeline" in waiting else (0, "")
    parts = [
        made.last.removesuffix("."),
        *map(told.trouble, wrong),
        *told.brought(live, began),
        *in_brief.changes(record),
        *([f"gate: {judged}"] if judged else []),
    ]
    severe = code or any(one.state == standing.BLOCKED for one in wrong)
    _tell(f"{_sessions(missed)}: {'; '.join(parts)}", _severity(bool(severe), bool(wrong)))
    _mirrored(make, config, whole)
    return 1 if code else 0


def _severity(severe: bool, wrong: bool) -> str:
    return "error" if severe else "warning" if wrong else "info"


def _live(whole: Config) -> list[Standing]:
    """How each live source stands."""
    providers = {name: one.provider or "" for name, one in whole.fetch_data.live().items()}
    oldest, limit = whole.fetch.oldest, whole.fetch.max_age
    return standing.of_all(HERE, providers, oldest, limit, Clock().utc()) if providers else []


def _record(made: _Made) -> Mapping[str, Any] | None:
    """The record of a make that has ended; None if it changed nothing, or left none."""
    try:
        settling.settle(HERE)
        last = [there.content for there in history.log(HERE).last(settling.LOOKED_AT)]
    except (InputError, OSError) as error:
        console.complain(str(error))
        return None
    mine = [it for it in last if it["run"].endswith(f"-{made.process}") and it["began"]]
    recent = [it for it in mine if datetime.fromisoformat(it["began"]) >= made.began]
    return recent[-1] if recent else None


def _due(whole: Config, now: datetime, last: date | None) -> Due:
    rules = whole.validate_schema
    try:
        return sessions.due(rules.calendar, now, last, rules.extra_sessions, rules.closed_sessions)
    except BadValue as error:
        where = f"validate_schema.{error.parameter}"
        raise InputError(where, error.problem, error.cure) from error


def _idle(due: Due) -> str:
    day = f"{due.today} is {'a' if due.is_session else 'no'} session"
    until = f" that is over at {due.closes:%H:%M} UTC" if due.closes else ""
    last = f"the last one, {due.last}, is done" if due.last else "there was none in two weeks"
    return f"nothing to do: {day}{until}; {last}"


def _sessions(missed: Sequence[date]) -> str:
    if len(missed) == 1:
        return f"session {missed[0]}"
    return f"{counted(len(missed), 'session')}, {missed[0]} to {missed[-1]}"


def _made(make: str, config: str, goals: Sequence[str]) -> _Made:
    """Run a make to its end; what it says is shown as it comes."""
    began = datetime.now(UTC).replace(microsecond=0)
    clean = {
        name: text
        for name, text in os.environ.items()
        if name in KEPT or not name.startswith(DROPPED)
    }
    makefile = [] if CODE.resolve() == ROOT.resolve() else [f"--file={CODE.resolve()}/Makefile"]
    last = ""
    with subprocess.Popen(
        [make, *makefile, *goals, f"CONFIG={config}"],
        env={name: text for name, text in clean.items() if name not in ("ONLY", "FORMAT")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="backslashreplace",
    ) as running:
        assert running.stdout
        for line in running.stdout:
            console.say(line)
            told = line.strip()
            if told and not told.startswith(ASIDE):
                last = told
    return _Made(running.returncode, last, running.pid, began)


def _judged(make: str, config: str, whole: Config) -> tuple[int, str]:
    """What the gate says, if there is a baseline to hold results against."""
    if baseline.latest_of(HERE, whole.gate.baseline, config) is None:
        return 0, ""
    made = _made(make, config, ["gate"])
    return made.code, made.last


def _mirrored(make: str, config: str, whole: Config) -> None:
    """Bring the mirror up to date, if there is one; that it failed is told, and fails no run."""
    if whole.mirror.postgres is not None:
        made = _made(make, config, ["mirror"])
        if made.code:
            _tell(f"the mirror is not up to date: {made.last}", "warning")


def _tell(message: str, severity: str) -> None:
    for trouble in owners.tell(
        HERE, "daily", {}, message, severity, "logs/pipeline.log", owner_of=OWNER_OF
    ):
        console.complain(trouble)


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
