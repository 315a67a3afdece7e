"""What people decided, with who, when and why: data/decisions/, a log for each kind.

A log is one of `append`, of format 3. The content of a record:

    subject  path of the file that was decided on, name of the baseline, or id of a question
    sha256   of what was accepted, as whoever asks computes it
    reason   in the words of the person
    by       the person's name, see `people`
    at       when, ISO in UTC
    details  what else was decided, by kind; format 2 has none

The last record on a subject holds.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tidemark.errors import InputError
from tidemark.files import people
from tidemark.files.append import Log
from tidemark.project import Tree

FOLDER = Path("data/decisions")
SCHEMAS, CONTRACTS, BASELINES = "schemas", "contracts", "baselines"
GAPS, REVIEWS = "gaps", "reviews"
FORMAT = 3
OLDER = {2: lambda content: {**content, "details": {}}}


@dataclass(frozen=True)
class Decision:
    """One record."""

    subject: str
    sha256: str
    reason: str
    by: str
    at: str
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """Who decided it when, and why."""
        return f"{self.by} on {self.at[:10]}: {self.reason}"


def decide(
    tree: Tree,
    kind: str,
    subject: str,
    sha256: str,
    reason: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Append a decision of whoever runs this, now.

    Raises:
        InputError: there is no reason, or earlier records were altered.
        OSError: it cannot be written.
    """
    must_have_reason(kind, reason)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    made = Decision(subject, sha256, reason.strip(), people.me(), at, details or {})
    _log(tree, kind).append(asdict(made))


def must_have_reason(kind: str, reason: str) -> None:
    """Refuse to decide without a reason.

    Raises:
        InputError: there is none.
    """
    if not reason.strip():
        raise InputError("REASON", "is empty", f'say why: REASON="..." is kept in {FOLDER}/{kind}/')


def latest(tree: Tree, kind: str) -> Mapping[str, Decision]:
    """What was decided last on each subject.

    Raises:
        InputError: a record was altered, removed, or written by a newer Tidemark.
    """
    made = (Decision(**record.content) for record in _log(tree, kind).records())
    return {decision.subject: decision for decision in made}


def _log(tree: Tree, kind: str) -> Log:
    return Log(tree / FOLDER / kind, FORMAT, OLDER)
