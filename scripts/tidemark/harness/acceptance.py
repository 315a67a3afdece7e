"""Changes that a person accepted: results stand unrun, and the checkpoint says who said so."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tidemark.errors import InputError
from tidemark.files import store
from tidemark.harness import checkpoint, code, environment
from tidemark.harness.checkpoint import Look
from tidemark.harness.reason import Cause, Reason


def accept(name: str, who: str, reason: str, when: str) -> list[str]:
    """Let the results stand as if made from what is there now; the changes that this passes over.

    The caller holds the step's lock. The checkpoint keeps who accepted what, when and why, until
    the step runs again.

    Raises:
        InputError: the results are not what the step wrote, or an input is gone.
    """
    look = Look()
    record = look.record(name)
    if record is None:
        raise InputError(name, "has no checkpoint", "run the step")
    for damage in beyond_acceptance(record, look):
        raise InputError(name, str(damage), "run the step")
    changes = [str(change) for change in checkpoint.reasons(name, look=look)]
    keys = {key: look.stored(key) for key in record["config"]}
    record["config"] = {key: json.loads(text) for key, text in keys.items() if text is not None}
    for path, item in record["inputs"].items():
        item["sha256"] = look.sha(path)
    record["code"] = {path: _fingerprint(path) for path in record["code"] if Path(path).exists()}
    changes += map(str, checkpoint.passed_upgrades(record, look))
    record["libraries"] |= environment.now(record["libraries"])
    entry = {"who": who, "when": when, "reason": reason, "changes": changes}
    record["accepted"] = [*record.get("accepted", []), entry]
    checkpoint.save(record, store.now_ns())
    return changes


def beyond_acceptance(record: Mapping[str, Any], look: Look) -> Iterator[Reason]:
    """What nobody can accept: results that are not the step's own, or inputs that are not there."""
    if record["provisional"]:
        yield Reason(Cause.PROVISIONAL, record["provisional"])
    yield from checkpoint.changed_outputs(record, look)
    for path in record["inputs"]:
        if look.sha(path) in (None, checkpoint.UNREADABLE):
            gone = not Path(path).exists()
            yield Reason(Cause.INPUT_GONE if gone else Cause.INPUT_UNREADABLE, path)


def mark_provisional(name: str, why: str) -> None:
    """Let the next make run the step. The caller holds the step's lock."""
    record = checkpoint.load(name)
    if record is not None:
        record["provisional"] = why
        checkpoint.save(record, checkpoint.path_of(name).stat().st_mtime_ns)


def _fingerprint(path: str) -> dict[str, str]:
    source = Path(path).read_bytes()
    return {"sha256": store.sha256(source), "meaning": code.meaning(source)}
