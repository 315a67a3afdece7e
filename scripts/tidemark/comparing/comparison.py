"""What comes of two runs side by side, as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from tidemark.targets import Better


class Word(StrEnum):
    """What a row shows."""

    BETTER = "better"
    WORSE = "worse"
    CHANCE = "within chance"
    SAME = "same"
    NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A figure of both runs.

    A paired one is better or worse where the test of all paired figures together says so. Ranks,
    scores, guardrails and verdicts are what the ranking says, whatever chance did: they are better
    or worse at once.

    Attributes:
        kind: what it is a figure of.
        scenario: of a model; None of a strategy.
        name: of the model or strategy.
        metric: its name.
        better: which way is better.
        before, after: of the two runs, on the dates that both have if it is paired; None if
            undefined or not there.
        difference: after less before; None where one of the two is no number.
        low, high: ends of the interval of the difference, of this row alone; None if not paired.
        p_value: lowest error rate, of all paired rows together, at which the two differ; None if
            not paired.
        paired: whether the difference is one on the same dates.
        fewer: whether these are fewer dates than the run before has.
        word: what this shows.
        why: why it is not comparable, or what else to know; empty if nothing is.
    """

    kind: Literal["model", "strategy"]
    scenario: str | None
    name: str
    metric: str
    better: Better
    before: float | str | None
    after: float | str | None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    paired: bool = False
    fewer: bool = False
    word: Word = Word.NOT_COMPARABLE
    why: str = ""


@dataclass(frozen=True)
class Change:
    """A value of the configuration that differs.

    Attributes:
        key: dotted.
        before, after: of the two runs; None is null, or a key that is not there.
        absent: the run that does not have the key; None if both have it.
    """

    key: str
    before: Any
    after: Any
    absent: Literal["before", "after"] | None = None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All of it.

    Attributes:
        before, after: names of the two runs.
        changes: of the configuration, by key.
        data: raw data that differ, by path.
        rows: of models, then of strategies.
        confidence: of each interval, and that no paired row is wrongly called better or worse.
        tested: how many paired rows were tested together.
        draws: of the bootstrap.
        blocks: what is resampled to dates in a block of it.
    """

    before: str
    after: str
    changes: Sequence[Change]
    data: Sequence[str]
    rows: Sequence[Row]
    confidence: float
    tested: int
    draws: int
    blocks: Mapping[str, int]

    @property
    def by_chance(self) -> float:
        """How many intervals would miss 0 if nothing differed, on average."""
        return (1.0 - self.confidence) * self.tested
