"""What a user's tables mean: the section of the configuration that says so, and what must be asked.

The dates come first, because the order of rows tells how they are read; then tickers, the fields of
bars, the length of a bar and its clock, and the unit of prices.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from tidemark.adopting import (
    assets,
    clocks,
    dating,
    file_names,
    layout,
    spacing,
    units,
    whose,
    words,
)
from tidemark.adopting.conclusions import Answers, Conclusion, Option, Question, Sureness
from tidemark.adopting.dates import Reading
from tidemark.adopting.dating import Dated
from tidemark.adopting.evidence import Evidence
from tidemark.adopting.layout import Layout
from tidemark.errors import InputError
from tidemark.naming import counted, several
from tidemark.reading.settings import Form
from tidemark.reading.table import Table

import numpy as np
import pandas as pd

ENOUGH_DAYS = 10  # to tell by the days of the week
DEFAULTS: Mapping[str, Any] = {
    "form": {},
    "layout": "long",
    "bar": "daily",
    "time_zone": "UTC",
    "ticker": None,
    "divide_by": {},
    "asset": None,
}


@dataclass(frozen=True)
class Meaning:
    """What the columns of files are.

    Attributes:
        section: `fetch_data.prices` as the configuration has it, without what is at its default;
            None while a question is open.
        conclusions: what was found, in the order in which it is best read.
        questions: what only the user knows, the first the most important.
    """

    section: Mapping[str, Any] | None
    conclusions: Sequence[Conclusion]
    questions: Sequence[Question] = ()


def of(tables: Sequence[Table], form: Form, path: str, answers: Answers) -> Meaning:
    """What these tables mean.

    Args:
        tables: of all files, in order.
        form: by which they were read.
        path: how the configuration will name the files.
        answers: of the user, to questions that were asked.

    Raises:
        InputError: they hold no dates or no prices, or an answer does not fit them.
    """
    evidence = Evidence(tables)
    evidence.must_agree()
    without_header = form.header_line == 0
    dated = dating.found(evidence, evidence.names, without_header=without_header)
    used = {dated.column, dated.time, *dated.others}
    names = [name for name in evidence.names if name not in used]
    ticker = whose.column_of(evidence, names, dated.readings[0].times)
    series = whose.series(evidence, ticker)
    order = _order(dated, series, evidence, answers)
    times = order.reading.times
    fields = layout.found(
        evidence,
        [name for name in names if name != ticker],
        ticker,
        answers,
        without_header=without_header,
        neighbours=spacing.neighbours(times, evidence.file_and(series)),
    )
    told_bar = spacing.kind(times, series)
    bar = told_bar or "daily"
    clock = clocks.zone(dated, times, bar, answers)
    if fields.layout == "long":
        whose.must_be_one_bar_a_time(evidence, times, series, dated.column)
    unit = units.of_prices(evidence, fields, answers)
    named = whose.named(tables, ticker, fields, answers)
    asset = assets.asset_of(
        [file_names.ticker_of(name) for name in named.tickers],
        has_weekends=spacing.has_weekends(times) and bar in ("daily", "intraday"),
        has_volume=words.VOLUME in fields.columns,
    )
    section = {
        "path": path,
        "form": _declared(_leaving_out(form, fields)),
        "layout": fields.layout,
        "bar": bar,
        "date_format": order.reading.date_format,
        "time_zone": clock.zone,
        "columns": _columns(dated, fields),
        "ticker": named.given,
        "divide_by": unit.divide_by,
        "asset": asset[0] if asset else None,
    }
    questions = [*order.questions, *fields.questions, *clock.questions, *unit.questions]
    conclusions = [
        *order.conclusions,
        *_bars(times, series, told_bar, len(named.tickers)),
        *clock.conclusions,
        *fields.conclusions,
        *named.conclusions,
        *unit.conclusions,
        *_unread(evidence, dated, fields),
        *([] if fields.questions else units.adjusted(evidence, fields, times, series)),
        *_of_what(asset),
    ]
    defaults: dict[str, Any] = {
        "form": {},
        "layout": "long",
        "bar": "daily",
        "time_zone": "UTC",
        "ticker": None,
    }
    defaults |= {"divide_by": {}, "asset": None}
    kept = {key: value for key, value in section.items() if value != defaults.get(key, ...)}
    return Meaning(None if questions else kept, conclusions, questions)


@dataclass(frozen=True)
class _Order:
    reading: Reading
    conclusions: Sequence[Conclusion] = ()
    questions: Sequence[Question] = ()


def _order(dated: Dated, series: np.ndarray, evidence: Evidence, answers: Answers) -> _Order:
    """The one reading of dates, or the question which it is."""
    asked = answers.get("DATES")
    readings = dated.readings
    if asked:
        fitting = [reading for reading in readings if reading.order == asked]
        if not fitting:
            others = " or ".join(reading.order for reading in readings if reading.order)
            raise InputError(
                f"DATES={asked}",
                f"the dates in {dated.column!r} cannot all be read so",
                f"use {others}" if others else "leave it out",
            )
        return _Order(fitting[0], [_dates(dated, fitting[0], "your answer")])
    if len(readings) == 1:
        return _Order(readings[0], [_dates(dated, readings[0], "every value of the column")])
    onwards = [one for one in readings if not spacing.turns(one.times, evidence.file_and(series))]
    if len(onwards) == 1:
        because = "read otherwise, time would go back and forth from row to row"
        return _Order(onwards[0], [_dates(dated, onwards[0], because)])
    odd = _but_one_are_odd(onwards)
    if odd:
        likely, because = odd
        return _Order(likely, [_dates(dated, likely, because, Sureness.LIKELY)])
    open_ones = onwards or readings
    return _Order(open_ones[0], questions=[_which_order(dated, open_ones, evidence)])


def _but_one_are_odd(readings: Sequence[Reading]) -> tuple[Reading, str] | None:
    """The reading beside which the others make no sense, and why they make none."""
    dense = sorted(readings, key=lambda one: spacing.days_apart(one.times).sum())
    if len(dense) < 2:
        return None
    first, others = dense[0], dense[1:]
    apart = spacing.days_apart(first.times)
    by_the_hour = spacing.kind(first.times, np.zeros(len(first.times))) == "intraday"
    others_leap = all(spacing.days_apart(one.times).max(initial=0) > 20 for one in others)
    if by_the_hour and len(apart) and apart.max() < 7 and others_leap:
        return first, "read otherwise, whole days of bars would be weeks apart"
    on_weekends = [spacing.falls_on_weekends(one.times) for one in (first, *others)]
    if len(apart) >= ENOUGH_DAYS and not on_weekends[0] and all(on_weekends[1:]):
        return first, "read otherwise, some bars would be on week-ends"
    return None


def _dates(
    dated: Dated, reading: Reading, because: str, sureness: Sureness = Sureness.CERTAIN
) -> Conclusion:
    where = f"{dated.column} and {dated.time}" if dated.time else dated.column
    span = f"{reading.times.min()} to {reading.times.max()}".replace(" 00:00:00", "")
    is_open = reading.order and len(dated.readings) > 1
    form = "typed by the file" if dated.is_typed else reading.date_format
    told = f"{where}, {form}" + (f", {reading.order}" if is_open else "")
    return Conclusion("dates", f"{told}: {span}", because, sureness)


def _which_order(dated: Dated, readings: Sequence[Reading], evidence: Evidence) -> Question:
    first = readings[0].times
    differing = np.flatnonzero(
        np.logical_or.reduce([(first != other.times).to_numpy() for other in readings[1:]])
    )
    row = int(differing[0]) if len(differing) else 0
    texts = evidence.texts(dated.column)
    value = texts[row].as_py() if texts is not None else ""
    where = evidence.where(row, dated.column)
    return Question(
        "DATES",
        f"Which is the order of the parts of a date, as in {value} ({where})?",
        [
            Option(reading.order, f"{value} is {reading.times.iloc[row]:%-d %B %Y}")
            for reading in readings
        ],
    )


def _bars(
    times: pd.Series, series: np.ndarray, bar: str | None, tickers: int
) -> Iterator[Conclusion]:
    counts = f"{counted(len(times), 'row')}, {counted(tickers, 'ticker')}"
    if bar is None:
        told = f"daily, {counts}"
        yield Conclusion("bars", told, "no ticker has two rows to tell by", Sureness.LIKELY)
        return
    usual = spacing.steps(times, series).median()
    yield Conclusion("bars", f"{bar}, {counts}", f"{spacing.shown(usual)} from bar to bar, usually")


def _columns(dated: Dated, fields: Layout) -> dict[str, str]:
    hour = {"time": dated.time} if dated.time else {}
    return {"timestamp": dated.column} | hour | fields.columns


def _leaving_out(form: Form, fields: Layout) -> Form:
    more = [name for name in fields.leave_out if name not in form.leave_out]
    return replace(form, leave_out=(*form.leave_out, *more))


def _declared(form: Form) -> dict[str, Any]:
    """What a form says beyond the plain one, as a configuration has it."""
    plain = asdict(Form())
    declared = {
        key: list(value) if isinstance(value, tuple | list) else value
        for key, value in asdict(form).items()
    }
    return {key: value for key, value in declared.items() if value != plain[key] and value != []}


def _unread(evidence: Evidence, dated: Dated, fields: Layout) -> Iterator[Conclusion]:
    if fields.layout == "wide":
        unread = list(fields.leave_out)
    else:
        read = {dated.column, dated.time, *fields.columns.values()}
        unread = [name for name in evidence.names if name not in read]
    if unread and not fields.questions:
        told = several([repr(name) for name in unread], 8)
        yield Conclusion("not read", told, "no field of a bar")
    if fields.layout == "long" and evidence.uneven:
        told = several([repr(name) for name in evidence.uneven], 8)
        yield Conclusion("not read", told, "not in all of the files", Sureness.LIKELY)


def _of_what(asset: tuple[str, Sureness] | None) -> Iterator[Conclusion]:
    if asset:
        because = "the tickers" if asset[1] is Sureness.LIKELY else "what is in the file"
        yield Conclusion("asset", f"{asset[0]}, for the words of reports", because, asset[1])
