"""The unit of prices, and what was done to them before the file was written."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tidemark.adopting.conclusions import Answers, Conclusion, Option, Question, Sureness
from tidemark.adopting.meaning import words
from tidemark.adopting.meaning.evidence import Evidence
from tidemark.adopting.meaning.layout import Layout
from tidemark.errors import InputError

import numpy as np
import pyarrow.compute as pc

UNITS = {"units": 1, "hundredths": 100, "ten-thousandths": 10_000, "billionths": 10**9}
MAGNITUDES = {  # of volumes, as names of columns say them
    "millions": (1e-6, re.compile(r"(?i)\bmillions?\b|\bmln\b|\bmio\b|\(mm?\)|百万|млн")),
    "ten thousands": (1e-4, re.compile("万")),
    "thousands": (1e-3, re.compile(r"(?i)\bthousands?\b|\b000'?s?\b|\(k\)|\btsd\b|千|тыс")),
}
FEWEST = 5  # values that must all be whole before that means anything


@dataclass(frozen=True)
class Unit:
    """How many of the file's units are one, by field, and what was found or is open."""

    divide_by: dict[str, float] = field(default_factory=dict)
    conclusions: Sequence[Conclusion] = ()
    questions: Sequence[Question] = ()


def of_prices(evidence: Evidence, fields: Layout, answers: Answers) -> Unit:
    """What one of the file's units is.

    Raises:
        InputError: the answer is no unit.
    """
    priced = columns_by_field(evidence, fields)
    if not priced:
        return Unit()
    asked = answers.get("PRICES")
    if asked:
        if asked not in UNITS:
            raise InputError(f"PRICES={asked}", "is no unit", f"use one of {', '.join(UNITS)}")
        return _divided(priced, asked, "your answer", Sureness.CERTAIN)
    called = [name for names in priced.values() for name in names]
    if all(words.IN_HUNDREDTHS.search(name) for name in called):
        return _divided(priced, "hundredths", "the names of the columns", Sureness.CERTAIN)
    whole = _whole(evidence, called)
    if whole is None:
        return Unit()
    least = {"units": 0, "hundredths": 0, "ten-thousandths": 1e5, "billionths": 1e9}
    fitting = [unit for unit in UNITS if np.median(whole) >= least[unit]]
    if _written_for_people(evidence, called):
        because = "whole numbers, with groups of digits or places for hundredths"
        return _divided(priced, "units", because, Sureness.LIKELY)
    value = whole[0]
    options = [
        Option(unit, f"{value:.0f} is a price of {value / UNITS[unit]:.12g}") for unit in fitting
    ]
    return Unit(questions=[Question("PRICES", "All prices are whole numbers: of what?", options)])


def of_volumes(evidence: Evidence, fields: Layout) -> Unit:
    """What one of the file's units of volume is, by the name of the column.

    Values that say it themselves, such as 5.2M, are read so already.
    """
    name = fields.columns.get(words.VOLUME, "")
    columns = filter(None, map(evidence.texts, _named(evidence, fields, name) if name else []))
    if any(pc.any(pc.match_substring_regex(texts, "[KMBTkmbt]$")).as_py() for texts in columns):
        return Unit()
    for unit, (divide_by, said) in MAGNITUDES.items():
        if said.search(name):
            told = Conclusion("volumes", f"in {unit}", f"the column {name!r}")
            return Unit({words.VOLUME: divide_by}, [told])
    return Unit()


def _written_for_people(evidence: Evidence, names: Sequence[str]) -> bool:
    """Whether numbers are set out in groups, or have places for hundredths that are 00."""
    form = evidence.tables[0].form
    pattern = rf"{re.escape(form.decimal)}[0-9]{{2}}"
    if form.thousands:
        pattern = f"{re.escape(form.thousands)}|{pattern}"
    columns = filter(None, map(evidence.texts, names))
    return any(pc.any(pc.match_substring_regex(texts, pattern)).as_py() for texts in columns)


def _divided(priced: dict[str, list[str]], unit: str, because: str, sureness: Sureness) -> Unit:
    divide_by = {name: float(UNITS[unit]) for name in priced} if UNITS[unit] > 1 else {}
    return Unit(divide_by, [Conclusion("prices", f"in {unit}", because, sureness)])


def columns_by_field(evidence: Evidence, fields: Layout) -> dict[str, list[str]]:
    """The columns of each field that is a price."""
    prices = {
        name: column
        for name, column in fields.columns.items()
        if name not in ("ticker", words.VOLUME)
    }
    return {name: _named(evidence, fields, column) for name, column in prices.items()}


def _named(evidence: Evidence, fields: Layout, template: str) -> list[str]:
    """The columns of a field, of a wide file one a ticker."""
    if fields.layout == "long":
        return [template]
    columns = (template.replace("*", ticker) for ticker in fields.tickers)
    return [column for column in columns if column in evidence.names]


def _whole(evidence: Evidence, names: Sequence[str]) -> np.ndarray | None:
    """The values of these columns if all are whole and enough to tell; else None."""
    parts = []
    for name in names:
        values = evidence.numbers(name)
        values = values[~np.isnan(values)] if values is not None else np.array([])
        if (values != np.round(values)).any():
            return None
        parts.append(values)
    whole = np.concatenate(parts) if parts else np.array([])
    return whole if len(whole) >= FEWEST and len(np.unique(whole)) > 2 else None


def adjusted(fields: Layout) -> Iterator[Conclusion]:
    """What is known of adjustments for splits and dividends."""
    if "adj_close" in fields.columns:
        told = f"{fields.columns['adj_close']} is"
        yield Conclusion("adjusted", told, "what the column is called")
        return
    because = "no column says that it is adjusted for splits and dividends"
    yield Conclusion("adjusted", "closes as they are", because, Sureness.ASSUMED)
