"""Estimates with their intervals, drawn beside each other on one scale.

Positions are in percent of a drawing's width, so it stretches with its column.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

INSET = 4.0  # percent of the width left free at both sides
STEPS = 4  # between ticks, at most
ROOM = 12  # characters that stand side by side below a narrow drawing
ROUND = (1.0, 2.0, 5.0, 10.0)  # of these, times a power of ten, are steps between ticks


class Tick(NamedTuple):
    """A value that is marked on a scale, with its words."""

    at: str
    words: str


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high`, from left to right."""

    low: float
    high: float

    @classmethod
    def over(cls, values: Iterable[float | None]) -> "Scale | None":
        """The scale that reaches over all finite ones of these; None if there are none."""
        finite = [value for value in values if value is not None and math.isfinite(value)]
        if not finite:
            return None
        low, high = min(finite), max(finite)
        return cls(low, high) if high > low else cls(low - 1, high + 1)

    def at(self, value: float) -> float:
        """Where a value lies, in percent of the width."""
        share = (value - self.low) / (self.high - self.low)
        return INSET + (100 - 2 * INSET) * share

    def steps(self) -> tuple[float, ...]:
        """Round values within, evenly apart, at most STEPS + 1."""
        rough = (self.high - self.low) / STEPS
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * times for times in ROUND if power * times >= rough)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return tuple(step * number for number in range(first, last + 1))


@dataclass(frozen=True)
class Column:
    """A column of estimates with intervals, which share a scale.

    Attributes:
        value, low, high: columns of the rows.
        words: shows a value in words, without a unit.
        scale: of all rows; None if nothing can be drawn.
        ticks: of the scale.
        outer: columns of a wider interval, drawn thinner; None if there is none.
        mark: a column to mark in each row, such as the benchmark's; empty if there is none.
        line: a value at which all rows have a line, such as 0.
    """

    value: str
    low: str
    high: str
    words: Callable[[float | None], str]
    scale: Scale | None
    ticks: tuple[Tick, ...]
    outer: tuple[str, str] | None
    mark: str
    line: float

    @classmethod
    def of(
        cls,
        rows: Sequence[Mapping[str, Any]],
        value: str,
        words: Callable[[float | None], str],
        *,
        ends: tuple[str, str] | None = None,
        outer: tuple[str, str] | None = None,
        mark: str = "",
        line: float = 0.0,
        shows_line: bool = True,
    ) -> "Column":
        """The column of these rows; `ends` are by default `<value>_lower` and `<value>_upper`."""
        low, high = ends or (f"{value}_lower", f"{value}_upper")
        named = [name for name in (value, low, high, *(outer or ()), mark) if name]
        values = [row[name] for row in rows for name in named]
        scale = Scale.over([*values, line] if shows_line else values)
        ticks = _ticks(scale, words) if scale else ()
        return cls(value, low, high, words, scale, ticks, outer, mark, line)

    def text(self, row: Mapping[str, Any]) -> str:
        """The estimate in words."""
        return self.words(row[self.value])

    def ends(self, row: Mapping[str, Any]) -> str:
        """Its interval in words; empty if it has none."""
        low, high = row[self.low], row[self.high]
        known = all(end is not None and math.isfinite(end) for end in (low, high))
        return f"{self.words(low)} to {self.words(high)}" if known else ""

    def drawn(self, row: Mapping[str, Any]) -> dict[str, str]:
        """Where each part of a row's drawing lies; empty for what there is not."""
        outer_low, outer_high = (row[name] for name in self.outer) if self.outer else (None, None)
        return {
            "line": self._at(self.line),
            "outer_low": self._at(outer_low),
            "outer_high": self._at(outer_high),
            "low": self._at(row[self.low]),
            "high": self._at(row[self.high]),
            "mark": self._at(row[self.mark]) if self.mark else "",
            "point": self._at(row[self.value]),
        }

    def _at(self, value: float | None) -> str:
        if self.scale is None or value is None or not self.scale.low <= value <= self.scale.high:
            return ""
        return _percent(self.scale.at(value))


def _ticks(scale: Scale, words: Callable[[float | None], str]) -> tuple[Tick, ...]:
    """Round values in words, without the decimals that none of them needs.

    Where these are too long to stand beside each other, every other one has no words.
    """
    texts = [words(step) for step in scale.steps()]
    while all("." in text and text[-1] in "0." for text in texts):
        texts = [text.removesuffix("0") if text[-1] == "0" else text[:-1] for text in texts]
    places = [_percent(scale.at(step)) for step in scale.steps()]
    ticks = list(map(Tick, places, texts))
    if len("".join(texts)) > ROOM:
        zero = next((n for n, step in enumerate(scale.steps()) if step == 0), 0)
        ticks = [
            tick if (number - zero) % 2 == 0 else tick._replace(words="")
            for number, tick in enumerate(ticks)
        ]
    return tuple(ticks)


def _percent(place: float) -> str:
    return f"{place:.2f}%"
