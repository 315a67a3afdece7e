"""Which of the readings of dates is meant, told by the order of rows or else asked about."""

from collections.abc import Sequence
from dataclasses import dataclass

from tidemark.adopting.conclusions import Answers, Conclusion, Option, Question, Sureness
from tidemark.adopting.meaning import spacing
from tidemark.adopting.meaning.date_column import Dated
from tidemark.adopting.meaning.date_formats import DAY_FIRST, MONTH_FIRST, Reading
from tidemark.adopting.meaning.evidence import Evidence
from tidemark.errors import InputError

import numpy as np
import pandas as pd

MOST_OF_A_YEAR = 300  # days from row to row
FAR_APART, CLOSE_BY = 15, 5  # days between daily bars that are odd, and that are usual
FEWEST_ODD = 2
ENOUGH_DAYS = 10  # to tell by the days of the week


@dataclass(frozen=True)
class Order:
    """The reading of dates that is meant; the first of several while a question is open."""

    reading: Reading
    conclusions: Sequence[Conclusion] = ()
    questions: Sequence[Question] = ()


def found(dated: Dated, series: np.ndarray, evidence: Evidence, answers: Answers) -> Order:
    """The one reading of dates, or the question which it is.

    Args:
        dated: the column of dates, with its readings.
        series: row for row, the number of its ticker.
        evidence: the files.
        answers: of these, DATES.

    Raises:
        InputError: the answer is no reading, some dates are written in another order, or lie
            ahead by two digits of their years.
    """
    told = _told(dated, series, evidence, answers)
    if not told.questions:
        _must_have_years(dated, told.reading, series, evidence)
        _must_be_over(dated, told.reading, evidence)
        _must_be_of_one_order(dated, told.reading, evidence.file_and(series), evidence)
    return told


def _told(dated: Dated, series: np.ndarray, evidence: Evidence, answers: Answers) -> Order:
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
    if len(readings) == 1:
        because = "your answer" if asked else "every value of the column"
        return Order(readings[0], [_dates(dated, readings[0], because)])
    onwards = [one for one in readings if not spacing.turns(one.times, evidence.file_and(series))]
    if asked:
        _must_make_sense(fitting[0], readings, onwards, dated.column)
        return Order(fitting[0], [_dates(dated, fitting[0], "your answer")])
    if len(onwards) == 1 and not _is_odder(onwards[0], readings):
        because = "read otherwise, time would go back and forth from row to row"
        return Order(onwards[0], [_dates(dated, onwards[0], because)])
    odd = _but_one_are_odd(onwards)
    if odd:
        likely, because = odd
        return Order(likely, [_dates(dated, likely, because, Sureness.LIKELY)])
    open_ones = onwards if len(onwards) > 1 else readings
    return Order(open_ones[0], questions=[_which_order(dated, open_ones, evidence)])


def _must_make_sense(
    asked: Reading, readings: Sequence[Reading], onwards: Sequence[Reading], column: str
) -> None:
    """Refuse an answer by which time turns or days are to come, where another has neither.

    Raises:
        InputError: says which of the two it is.
    """
    others = [one for one in readings if one is not asked]
    sensible = [one for one in others if not _is_to_come(one.times).any()]
    in_order = [one for one in onwards if one is not asked and not _is_odder(one, readings)]
    if _is_to_come(asked.times).any() and sensible:
        last, better = asked.times.max(), sensible[0]
        problem = f"the dates in {column!r} would be to come: up to {last:%-d %B %Y}"
    elif asked not in onwards and in_order:
        better = in_order[0]
        problem = f"the dates in {column!r} would go back and forth from row to row"
    else:
        return
    raise InputError(f"DATES={asked.order}", problem, f"use DATES={better.order}")


def _is_to_come(times: pd.Series) -> pd.Series:
    return times > pd.Timestamp.now() + spacing.DAY


def _is_odder(reading: Reading, others: Sequence[Reading]) -> bool:
    """Whether bars are on week-ends by this reading alone, as where rows are sorted as text."""
    return spacing.falls_on_weekends(reading.times) and any(
        len(spacing.days_apart(one.times)) >= ENOUGH_DAYS
        and not spacing.falls_on_weekends(one.times)
        for one in others
    )


def _must_have_years(
    dated: Dated, reading: Reading, series: np.ndarray, evidence: Evidence
) -> None:
    """Refuse months with a number that may be the day, and not two digits of the year.

    Raises:
        InputError: from row to row the number changes, and not the month.
    """
    if "%y" not in reading.date_format or "%d" in reading.date_format:
        return
    step = _days_from_row_to_row(reading.times, evidence.file_and(series)).abs()
    if (reading.times.dt.year % 100).between(1, 31).all() and step.median() > MOST_OF_A_YEAR:
        raise InputError(
            evidence.where(0, dated.column),
            "and the dates below it are a month and a number, which may be the day, or two digits"
            " of the year",
            "write years with four digits, as in 2013-03-01",
        )


def _must_be_over(dated: Dated, reading: Reading, evidence: Evidence) -> None:
    """Refuse two-digit years of days to come: they are of the century before.

    Raises:
        InputError: names the first of them.
    """
    to_come = _is_to_come(reading.times).to_numpy()
    if "%y" in reading.date_format and to_come.any():
        row = int(to_come.argmax())
        raise InputError(
            evidence.where(row, dated.column),
            f"is {reading.times.iloc[row]:%-d %B %Y} by two digits of its year, which is to come",
            "write years with four digits",
        )


def _must_be_of_one_order(
    dated: Dated, reading: Reading, series: np.ndarray, evidence: Evidence
) -> None:
    """Refuse dates amid which some have day and month the other way round.

    Those are weeks apart though bars are daily, and days apart when they are turned round.

    Raises:
        InputError: names the first of them.
    """
    if reading.order not in (DAY_FIRST, MONTH_FIRST) or spacing.kind(reading.times, series) not in (
        "daily",
        "intraday",
    ):
        return
    step = _days_from_row_to_row(reading.times, series)
    turned = _days_from_row_to_row(_turned(reading.times), series)
    odd = (step.abs() > FAR_APART) & turned.abs().between(1, CLOSE_BY) & (step * turned > 0)
    if odd.sum() >= FEWEST_ODD:
        row = int(np.flatnonzero(odd)[0])
        raise InputError(
            evidence.where(row, dated.column),
            f"is {step.abs().iloc[row]:.0f} days from the row above it if read {reading.order},"
            f" and {turned.abs().iloc[row]:.0f} if not: dates seem to be written in two orders",
            "export them anew in one order, best as 2013-03-01, or adopt the files apart",
        )


def _days_from_row_to_row(times: pd.Series, series: np.ndarray) -> pd.Series:
    return times.dt.normalize().groupby(series, sort=False).diff() / spacing.DAY


def _turned(times: pd.Series) -> pd.Series:
    """Dates with day and month the other way round; NaT where that is no date."""
    parts = pd.DataFrame({"year": times.dt.year, "month": times.dt.day, "day": times.dt.month})
    return pd.to_datetime(parts, errors="coerce")


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
    pattern = "%Y-%m-%d" if spacing.at_midnight(reading.times) else "%Y-%m-%d %H:%M:%S"
    span = f"{reading.times.min():{pattern}} to {reading.times.max():{pattern}}"
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
