"""What only a person can decide about data: which bars it is about, and what was answered.

A question's id is a hash of what it is about, the values beside included, so an answer holds for
just this: when the provider restates one of them, the question comes back under another id.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["gap", "anomaly"]
DIGITS = 8  # of an id


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question.

    Attributes:
        kind: gap: bars are missing; anomaly: a move is beyond all that the ticker does.
        tickers: that it is about.
        first, last: of the bars it is about, as ISO times; `last` is empty if there is none yet.
        words: what is odd, for people.
        values: numbers beside it that make the question what it is.
        before, after: closes around an anomaly, in order, the last of `before` right before it.
        close: of the bar as it was sent, of an anomaly; None: it was missing.
    """

    kind: Kind
    tickers: Sequence[str]
    first: str
    last: str
    words: str
    values: Sequence[float | None]
    before: Sequence[float | None] = ()
    after: Sequence[float | None] = ()
    close: float | None = None

    @property
    def sha256(self) -> str:
        """Of what it is about; its words do not count, nor what comes later."""
        about = [self.kind, list(self.tickers), self.first, self.last, list(self.values)]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()

    @property
    def id(self) -> str:
        """What people call it."""
        return self.sha256[:DIGITS]

    def as_json(self) -> dict[str, Any]:
        """As a file keeps it."""
        return {"id": self.id, **asdict(self)}


@dataclass(frozen=True)
class Asked:
    """All questions about a source, and those that were answered."""

    open: Sequence[Question] = ()
    answered: Mapping[str, str] = field(default_factory=dict)  # id: who, and why


def of_json(content: Iterable[Mapping[str, Any]]) -> list[Question]:
    """The questions that `as_json` gave."""
    return [Question(**{key: one[key] for key in one if key != "id"}) for one in content]


def held_against(asked: Iterable[Question], answers: Mapping[str, str]) -> Asked:
    """Which of these are open, and the answers to the others by their id.

    Args:
        asked: the questions.
        answers: by id, whatever was answered to any question at any time.
    """
    known = list(asked)
    return Asked(
        [one for one in known if one.id not in answers],
        {one.id: answers[one.id] for one in known if one.id in answers},
    )
