"""The journal of a `make`: what its processes note of it while it goes on.

It is `artifacts/.run/<run>.jsonl`, where `<run>` begins with the process id of the make, and has a
JSON object a line. The head comes first, written by whoever is first:

    goals, config   what was asked for, of which configuration
    values          of that then, without secrets; none where there are no key files yet
    who             runs it, see `people`
    commit, dirty   of git, and whether files differ from it; null where nobody can tell
    pipelines       name -> steps, as make/ has them; none of a run by hand
    host, ticks     where the make is a process, and when it started, in ticks of the system

The others come as things happen; before the plan there may be steps that were restored as file
times were brought in line:

    planned, width, closing
                    how many steps Make means to start (none by hand), the longest of their names,
                    and whether Make will say when all is done
    begun, step, why, at
                    name of a step that begins to run; seconds since 1970
    name, step, state, seconds, why, at, rows, message
                    a step that is over: ran, restored, fresh or failed (then the message says why);
                    when it was, and the rows of all that it wrote
    ended, commit, dirty
                    seconds that all took, from Make's closing line, and what git says then

A line that was torn by a power cut is passed over. When the make is gone, `runs` turns the journal
into a record of the history; it does so at the latest when somebody types the next command.
"""

import contextlib
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

from tidemark.config import view
from tidemark.config.secrets import public_values
from tidemark.files import people, store
from tidemark.harness.instance import Instance
from tidemark.project import CODE, HERE, Tree

FOLDER = Path("artifacts/.run")
RUN = re.compile(r"[0-9]+-[0-9]+")
GIT_SECONDS = 10
SILENT_SECONDS = 86_400  # a file server's clock may differ by hours


class State(NamedTuple):
    """A commit, and whether files differ from it; None where nobody can tell."""

    commit: str | None
    dirty: bool | None


class Position(NamedTuple):
    """How far a make is: steps that are over, all that are known of (none before there is a plan),
    and the longest name among those planned."""

    done: int
    known: int
    width: int


@dataclass(frozen=True)
class Journal:
    """What a journal holds; the fields as above."""

    head: Mapping[str, Any]
    planned: int
    early: int  # steps that were over before there was a plan
    closing: bool
    begun: tuple[Mapping[str, Any], ...]
    steps: tuple[Mapping[str, Any], ...]
    ended: float | None
    left: State | None = None  # of the project's git at the end, where Make says the end

    def count(self, state: str) -> int:
        """How many steps are over in that state."""
        return sum(step["state"] == state for step in self.steps)


def path() -> Path | None:
    """The journal of the make that this process belongs to, if it does."""
    run = os.environ.get("TIDEMARK_RUN")
    return path_of(run) if run else None


def path_of(run: str) -> Path:
    """The journal of a make."""
    return FOLDER / f"{run}.jsonl"


def begin() -> None:
    """Ask Make, once in its run, how many steps it means to start, and note the number."""
    own = _own()
    if own is None or _has_plan(own):
        return
    with _opened(own) as (file, before):
        if not _after(before, b"planned"):
            git = _asked_of_git() if not before else None  # it looks while Make makes its plan
            names = _planned()
            if git:
                _write(file, _head(git))
            plan = {"planned": len(names), "width": max(map(len, names), default=0)}
            _write(file, {**plan, "closing": bool(os.environ.get("TIDEMARK_CLOSING"))})


def note_begun(instance: Instance, why: str) -> bool:
    """Note that a step begins to run; if nothing more comes of it, it was killed.

    False if it must not run, because its make is gone, and so nobody waits for it.
    """
    own = path()
    if own is None:
        return True
    if _is_here() and is_gone(own.stem):
        return False
    begun = {"begun": instance.name, "step": instance.step, "why": why, "at": _now()}
    return _note(begun) is not None


def note_step(
    instance: Instance,
    state: str,
    seconds: float,
    why: str,
    message: str = "",
    rows: int | None = None,
) -> Position | None:
    """Note that a step is over; how far the make is, or None if there is no make."""
    took = {"seconds": round(seconds, 3), "why": why, "at": _now(), "rows": rows}
    took |= {"message": message} if message else {}
    return _note({"name": instance.name, "step": instance.step, "state": state, **took})


def note_refusal(message: str) -> None:
    """Note that the step of this process, if it is one, failed before it came to run."""
    launched = os.environ.get("TIDEMARK_LAUNCHED", "").split()
    if launched:
        with contextlib.suppress(OSError):  # the message is on the screen
            note_step(Instance.of(launched), "failed", 0.0, "", message)


def note_end(seconds: float) -> None:
    """Note that Make has done all that was asked for."""
    _note({"ended": round(seconds, 3), **state_of_git(HERE)._asdict()})


def read(journal: Path) -> Journal:
    """What a journal holds so far.

    Raises:
        OSError: it is gone, or cannot be read.
    """
    lines = list(_whole_lines(journal.read_bytes().splitlines()))
    end = next((line for line in lines if "ended" in line), None)
    plan = next((place for place, line in enumerate(lines) if "planned" in line), None)
    return Journal(
        head=next((line for line in lines if "goals" in line), {}),
        planned=0 if plan is None else lines[plan]["planned"],
        early=sum("state" in line for line in lines[:plan]),
        closing=plan is not None and lines[plan].get("closing", False),
        begun=tuple(line for line in lines if "begun" in line),
        steps=tuple(line for line in lines if "state" in line),
        ended=None if end is None else end["ended"],
        left=None if end is None else State(end.get("commit"), end.get("dirty")),
    )


def state_of_git(tree: Tree) -> State:
    """What git says of a tree now."""
    return _told_by_git(_asked_of_git(tree))


def all_of(tree: Tree) -> list[Path]:
    """The journals that lie in a tree."""
    there = (tree / FOLDER).glob("*.jsonl")
    return [path for path in there if RUN.fullmatch(path.stem)]


def is_over(journal: Path) -> bool:
    """Whether the make of a journal is gone, or its journal is.

    Of a make on another machine it is, if nothing was noted for a day.
    """
    try:
        head = read(journal).head
        if head and head.get("host") != store.HOST:  # a kill may have left no head
            return time.time() - journal.stat().st_mtime > SILENT_SECONDS
    except FileNotFoundError:
        return True
    return is_gone(journal.stem, head.get("ticks"))


@contextlib.contextmanager
def taken(journal: Path) -> Iterator[tuple[Journal, float]]:
    """A journal whose make is gone, and the time of its last line; at the end of the block it goes.

    Whoever still comes to write to it writes to nothing.
    """
    with journal.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield read(journal), journal.stat().st_mtime
        for left in journal.parent.glob(f"{journal.stem}[.-]*"):
            _remove(left)


def ticks_of(process: int) -> int | None:
    """When a process started, in ticks since the system did; None if it is gone, or unknowable.

    Raises:
        ProcessLookupError: it is gone, even if nobody has taken note of its end.
    """
    os.kill(process, 0)
    try:
        state, *fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return None
    if state in "ZX":
        raise ProcessLookupError(process)
    return int(fields[18])


def is_gone(run: str, ticks: int | None = None) -> bool:
    """Whether the make of a run has ended, so far as this machine can tell.

    Args:
        run: as Make names it.
        ticks: when its process started, so that another one of the same number is told apart.
    """
    try:
        now = ticks_of(int(run.partition("-")[0]))
    except PermissionError:
        return False
    except (ProcessLookupError, OverflowError):
        return True
    return None not in (ticks, now) and ticks != now


def _remove(left: Path) -> None:
    """Remove what a make left: a file, or a folder such as that of `remote_hits`."""
    if left.is_dir():
        shutil.rmtree(left, ignore_errors=True)  # somebody else may do so
    else:
        left.unlink(missing_ok=True)


def sweep(tree: Tree) -> None:
    """Remove what makes that are gone left behind, where no journal of theirs is left to settle."""
    for left in (tree / FOLDER).glob("[0-9]*"):
        run = RUN.match(left.name)
        if run and not (tree / path_of(run[0])).exists() and is_gone(run[0]):
            _remove(left)


def watch() -> None:
    """Start a process, once a make, that closes the run when its make has ended.

    Where steps are warm, their interpreter does that.
    """
    own = path()
    warm = os.environ.get("TIDEMARK_WARM")
    if own is None or warm is None or not _is_here():
        return
    if warm == "1" and not Path(f"artifacts/.warm/{own.stem}.off").exists():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        own.with_suffix(".watched").touch(exist_ok=False)
    except FileExistsError:
        return
    nowhere = subprocess.DEVNULL
    command = [sys.executable, str(CODE / "scripts/launch/close.py"), own.stem]
    watcher = subprocess.Popen(
        command, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True,
    )  # fmt: skip
    watcher.returncode = 0  # nobody here waits for it


def _is_here() -> bool:
    """Whether the make is a process of this machine."""
    return os.environ.get("TIDEMARK_HOST", store.HOST) == store.HOST


def _whole_lines(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        with contextlib.suppress(ValueError):
            whole = json.loads(line)
            if isinstance(whole, dict):
                yield whole


def _note(line: Mapping[str, Any]) -> Position | None:
    own = _own()
    if own is None:
        return None
    with _opened(own) as (file, whole):
        if not os.fstat(file.fileno()).st_nlink:  # the run was settled while this waited
            return None
        if not whole:
            whole += _write(file, _head(_asked_of_git()))
        whole += _write(file, line)
    return _progress(whole)


def _own() -> Path | None:
    """The journal to write to; none for a step that outlived its make, whose record is written."""
    own = path()
    if own is None or (_is_here() and not own.exists() and is_gone(own.stem)):
        return None
    watch()
    return own


@contextlib.contextmanager
def _opened(journal: Path) -> Iterator[tuple[IO[bytes], bytes]]:
    """The journal to append to, alone, and what it holds."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with journal.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        before = file.read()
        yield file, before


def _write(file: IO[bytes], line: Mapping[str, Any]) -> bytes:
    written = json.dumps(line).encode() + b"\n"
    file.write(written)
    file.flush()
    return written


def _has_plan(journal: Path) -> bool:
    try:
        return bool(_after(journal.read_bytes(), b"planned"))
    except FileNotFoundError:
        return False


def _after(whole: bytes, first: bytes) -> bytes:
    """What follows the key that a line begins with; empty if none does.

    Each line that is written looks at all before it, so nothing more is read than must be.
    """
    return whole.partition(b'\n{"%s": ' % first)[2]


def _progress(whole: bytes) -> Position:
    step = b'\n{"name": '
    early, plan, later = whole.partition(b'\n{"planned": ')
    done = whole.count(step)
    planned = json.loads(b'{"planned": ' + later.partition(b"\n")[0]) if plan else {"planned": 0}
    if not planned["planned"]:
        return Position(done, 0, 0)
    known = max(planned["planned"] + early.count(step), done)
    return Position(done, known, planned["width"])


def _head(git: "subprocess.Popen[bytes] | None") -> dict[str, Any]:
    return {
        "goals": os.environ.get("TIDEMARK_GOALS", "").split(),
        "config": os.environ.get("TIDEMARK_CONFIG", ""),
        "values": public_values(HERE) if (HERE / view.KEYS).exists() else None,
        "who": people.me(),
        **_told_by_git(git)._asdict(),
        "pipelines": _pipelines(),
        "host": os.environ.get("TIDEMARK_HOST", store.HOST),
        **_ticks(),
    }


def _pipelines() -> dict[str, list[str]]:
    """What Make says in `name=step,step` for each, separated by blanks."""
    told = (one.partition("=") for one in os.environ.get("TIDEMARK_PIPELINES", "").split())
    return {name: steps.split(",") for name, _, steps in told if steps}


def _now() -> float:
    return round(time.time(), 3)


def _ticks() -> dict[str, int]:
    with contextlib.suppress(OSError, ValueError):
        ticks = ticks_of(int(os.environ["TIDEMARK_RUN"].partition("-")[0]))
        return {"ticks": ticks} if ticks is not None and _is_here() else {}
    return {}


def _asked_of_git(tree: Tree = HERE) -> "subprocess.Popen[bytes] | None":
    command = ["git", "--no-optional-locks", "status", "--porcelain=v2", "--branch"]
    nowhere = subprocess.DEVNULL
    try:
        return subprocess.Popen(
            command, stdin=nowhere, stdout=subprocess.PIPE, stderr=nowhere, cwd=tree / "."
        )
    except OSError:
        return None


def _told_by_git(git: "subprocess.Popen[bytes] | None") -> State:
    if git is None:
        return State(None, None)
    try:
        told, _ = git.communicate(timeout=GIT_SECONDS)
    except subprocess.TimeoutExpired:
        git.kill()
        git.communicate()
        return State(None, None)
    of_branch = b"# branch.oid "
    lines = told.splitlines()
    commits = [line.removeprefix(of_branch) for line in lines if line.startswith(of_branch)]
    if git.returncode or commits in ([], [b"(initial)"]):
        return State(None, None)
    return State(commits[0].decode(), any(not line.startswith(b"#") for line in lines))


def _planned() -> list[str]:
    """The instances that `make -n` lists for the same goals and variables of the command line."""
    goals = os.environ.get("TIDEMARK_GOALS", "").split()
    if not goals:
        return []
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    inherited["TIDEMARK_PLANNING"] = "1"
    _, dashes, variables = os.environ.get("MAKEFLAGS", "").partition("-- ")
    inherited["MAKEFLAGS"] = f"{dashes}{variables}"  # only Make itself can read its quotes
    makefile = f"--file={HERE.module('Makefile')}"
    command = [os.environ["MAKE_COMMAND"], "-n", makefile, "--", *goals]
    dry_run = subprocess.run(
        command, env=inherited, capture_output=True, text=True, errors="replace", check=False
    ).stdout
    steps = [line for line in dry_run.splitlines() if "scripts/launch/launch.py" in line]
    return [" ".join(line.rpartition(".py")[2].split()[1::2]) for line in steps]  # --kind name
