"""What a user's tables mean: the section of the configuration that says so, and what must be asked.

The dates come first, because the order of rows tells how they are read; then tickers, the fields of
bars, the length of a bar and its clock, and the unit of prices.

Never: asks how a file is written, nor what may follow from it: imports `form`, `proposal`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from tidemark.adopting.conclusions import Answers, Conclusion, Question, Sureness
from tidemark.adopting.meaning import (
    across_files,
    assets,
    currencies,
    date_column,
    date_order,
    fields,
    file_names,
    made_of_prices,
    spacing,
    tickers,
    time_zone,
    units,
    words,
)
from tidemark.adopting.meaning.date_column import Dated
from tidemark.adopting.meaning.evidence import Evidence
from tidemark.adopting.meaning.layout import Layout
from tidemark.naming import counted, several
from tidemark.reading.settings import Form
from tidemark.reading.table import Table
from tidemark.sources.settings import ASSETS, Prices

import numpy as np
import pandas as pd


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
    dated = date_column.found(evidence, evidence.names, without_header=without_header)
    used = {dated.column, dated.time, *dated.others}
    names = [name for name in evidence.names if name not in used]
    ticker = tickers.column_of(
        evidence, names, dated.readings[0].times, without_header=without_header
    )
    series = tickers.series(evidence, ticker)
    told = date_order.found(dated, series, evidence, answers)
    times = told.reading.times
    across_files.must_be_of_one_pace(evidence, dated.column, times)
    neighbours = spacing.neighbours(times, evidence.file_and(series))
    layout = fields.found(
        evidence,
        [name for name in names if name != ticker],
        ticker,
        answers,
        without_header=without_header,
        neighbours=neighbours,
    )
    made_of_prices.must_be_none(evidence, layout, neighbours)
    told_bar = spacing.kind(times, series)
    bar = told_bar or "daily"
    clock = time_zone.zone(dated, times, bar, answers)
    if layout.layout == "wide":
        unread = [*dated.others, *_texts(evidence, names, ticker)]
        date_column.must_be_of_all_tickers(evidence, dated, times, unread)
    else:
        across_files.must_all_be_adjusted(evidence)
        tickers.must_be_one_bar_a_time(evidence, times, series, dated.column)
    others = _texts(evidence, names, ticker)
    currencies.must_be_one(evidence, layout, series, others)
    unit = units.of_prices(evidence, layout, answers)
    volumes = units.of_volumes(evidence, layout)
    named = tickers.named(evidence, ticker, layout, times, answers)
    asset = assets.asset_of(
        [file_names.ticker_of(name) for name in named.tickers],
        has_weekends=spacing.has_weekends(times) and bar in ("daily", "intraday"),
        has_volume=words.VOLUME in layout.columns,
    )
    section = {
        "path": path,
        "form": _declared(_leaving_out(form, layout)),
        "layout": layout.layout,
        "bar": bar,
        "date_format": told.reading.date_format,
        "time_zone": clock.zone,
        "columns": _columns(dated, layout),
        "ticker": named.given,
        "divide_by": unit.divide_by | volumes.divide_by,
        "asset": asset[0] if asset else None,
    }
    asking = (told, layout, clock, unit, named)  # what numbers and dates depend on first
    questions = [question for one in asking for question in one.questions]
    conclusions = [
        *told.conclusions,
        *_bars(evidence, dated.column, times, series, told_bar, len(named.tickers)),
        *clock.conclusions,
        *layout.conclusions,
        *named.conclusions,
        *unit.conclusions,
        *volumes.conclusions,
        *currencies.differing(evidence, others),
        *_unread(evidence, dated, layout),
        *([] if layout.questions else units.adjusted(layout)),
        *_of_what(asset),
    ]
    return Meaning(None if questions else _beyond_defaults(section), conclusions, questions)


def _beyond_defaults(section: Mapping[str, Any]) -> dict[str, Any]:
    """What must be said of a source, and of the rest what is other than if it were not."""
    plain = asdict(Prices(path="", date_format="", columns={})) | {"form": {}}
    said = ("path", "date_format", "columns")
    return {key: value for key, value in section.items() if key in said or value != plain[key]}


def _texts(evidence: Evidence, names: Sequence[str], ticker: str | None) -> list[str]:
    return [name for name in names if name != ticker and evidence.numbers(name) is None]


def _bars(
    evidence: Evidence,
    column: str,
    times: pd.Series,
    series: np.ndarray,
    bar: str | None,
    tickers: int,
) -> Iterator[Conclusion]:
    counts = f"{counted(len(times), 'row')}, {counted(tickers, 'ticker')}"
    if bar is None:
        told = f"daily, {counts}"
        yield Conclusion("bars", told, "no ticker has two rows to tell by", Sureness.LIKELY)
        return
    usual = spacing.steps(times, series).median()
    pace = spacing.pace_of(usual)
    told = f"{pace if pace == bar else f'{pace} (bar: {bar})'}, {counts}"
    yield Conclusion("bars", told, f"{spacing.shown(usual)} from bar to bar, usually")
    for other, odd in sorted(spacing.of_another_pace(times, series, pace).items()):
        first = evidence.where(int(np.argmax(series == odd[0])), column)
        told = f"those of {counted(len(odd), 'ticker')} are {other}, though taken for {pace}"
        yield Conclusion("bars", told, f"such as from {first} on", Sureness.LIKELY)


def _columns(dated: Dated, layout: Layout) -> dict[str, str]:
    hour = {"time": dated.time} if dated.time else {}
    return {"timestamp": dated.column} | hour | layout.columns


def _leaving_out(form: Form, layout: Layout) -> Form:
    more = [name for name in layout.leave_out if name not in form.leave_out]
    return replace(form, leave_out=(*form.leave_out, *more))


def _declared(form: Form) -> dict[str, Any]:
    """What a form says beyond the plain one, as a configuration has it."""
    plain = asdict(Form())
    declared = {
        key: list(value) if isinstance(value, tuple | list) else value
        for key, value in asdict(form).items()
    }
    return {key: value for key, value in declared.items() if value != plain[key] and value != []}


def _unread(evidence: Evidence, dated: Dated, layout: Layout) -> Iterator[Conclusion]:
    if layout.layout == "wide":
        unread = list(layout.leave_out)
    else:
        read = {dated.column, dated.time, *layout.columns.values()}
        unread = [name for name in evidence.names if name not in read]
    if unread and not layout.questions:
        told = several([repr(name) for name in unread], 8)
        yield Conclusion("not read", told, "no field of a bar")
    if layout.layout == "long" and evidence.uneven:
        told = several([repr(name) for name in evidence.uneven], 8)
        yield Conclusion("not read", told, "not in all of the files", Sureness.LIKELY)


def _of_what(asset: tuple[str, Sureness] | None) -> Iterator[Conclusion]:
    if asset:
        because = "the tickers" if asset[1] is Sureness.LIKELY else "what is in the file"
        yield Conclusion("asset", f"{asset[0]}, for the words of reports", because, asset[1])
    else:
        because = f"nothing says what is traded; `asset` can be {', '.join(ASSETS)}"
        told = "none, so that words of reports fit any"
        yield Conclusion("asset", told, because, Sureness.ASSUMED)
