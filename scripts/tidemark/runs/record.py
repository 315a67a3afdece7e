"""What a journal says of a run, as a record of the history has it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tidemark.harness.journal import Journal, State

KEPT = ("ran", "restored", "failed")  # a step that was found fresh changed nothing
CLOSED = "success"
SIGNS = "%Y%m%dT%H%M%SZ"


def identity(run: str) -> str:
    """What identifies a run in the history: `20261130T155711Z-12345` of `12345-1796054231`."""
    process, _, began = run.partition("-")
    return f"{datetime.fromtimestamp(int(began), UTC):{SIGNS}}-{process}"


def of(run: str, journal: Journal, last_sign: float, ended: State) -> dict[str, Any] | None:
    """All of a record but the results; None if nothing changed.

    Args:
        run: as Make names it: process id and time.
        journal: what its processes noted.
        last_sign: when they noted the last of it, seconds since 1970.
        ended: what git said then, or says now of a run whose end nobody noted.
    """
    steps = [*_over(journal), *_killed(journal)]
    if not steps:
        return None
    began = float(run.partition("-")[2])
    seconds = max(last_sign - began, 0.0) if journal.ended is None else journal.ended
    head = journal.head
    return {
        "run": identity(run),
        "began": _iso(began),
        "ended": _iso(max(last_sign, began)),
        "seconds": round(seconds, 3),
        "outcome": outcome(journal),
        "goals": head.get("goals", []),
        "who": head.get("who", ""),
        "commit": head.get("commit"),
        "dirty": _dirty(State(head.get("commit"), head.get("dirty")), ended),
        "steps": steps,
        "pipelines": head.get("pipelines", {}),
        "failures": {
            **{step["name"]: step["message"] for step in journal.steps if "message" in step},
            **{step["name"]: "was killed" for step in steps if step["state"] == "killed"},
        },
    }


def _dirty(began: State, ended: State) -> bool | None:
    """Whether files differed from the first commit at any time, so far as two looks tell.

    A commit made meanwhile counts: of what was there before, none knows what steps read.
    """
    if began.commit is None:
        return None
    if began.dirty or ended.dirty or ended.commit not in (None, began.commit):
        return True
    return None if None in (began.dirty, ended.dirty) else False


def outcome(journal: Journal) -> str:
    """How a run ended: success, failed or killed.

    Where Make says when all is done, its silence tells; else (of a file, or by hand) that each step
    ended which began.
    """
    if journal.count("failed"):
        return "failed"
    if journal.ended is not None:
        return CLOSED
    return "killed" if journal.closing or unended(journal) else CLOSED


def _over(journal: Journal) -> Iterator[dict[str, Any]]:
    for step in journal.steps:
        if step["state"] in KEPT:
            told = {name: step[name] for name in ("name", "step", "state")}
            yield {**told, "began": _began(step), "seconds": step["seconds"],
                   "rows": step.get("rows"), "why": step["why"]}  # fmt: skip


def _killed(journal: Journal) -> Iterator[dict[str, Any]]:
    for step in unended(journal):
        told = {"name": step["begun"], "step": step["step"], "state": "killed"}
        yield {**told, "began": _began(step), "seconds": None, "rows": None, "why": step["why"]}


def _began(step: Mapping[str, Any]) -> str | None:
    """When a step began; None if it was noted by an earlier version."""
    at = step.get("at")
    return None if at is None else _iso(at - (step.get("seconds") or 0.0))


def unended(journal: Journal) -> list[Mapping[str, Any]]:
    """The lines of steps that began, and of which nothing more was noted."""
    over = {step["name"] for step in journal.steps}
    return [step for step in journal.begun if step["begun"] not in over]


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
