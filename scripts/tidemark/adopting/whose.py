"""Which ticker a row belongs to: a column says it, or the name of the column or file."""

from collections.abc import Sequence
from dataclasses import dataclass

from tidemark.adopting import file_names, words
from tidemark.adopting.conclusions import Answers, Conclusion, Sureness
from tidemark.adopting.evidence import Evidence
from tidemark.adopting.layout import Layout
from tidemark.errors import InputError
from tidemark.naming import several
from tidemark.reading.table import Table

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

STRAY = 0.2  # the share of rows that may repeat a date by mistake; what reads the file names them


@dataclass(frozen=True)
class Named:
    """The tickers of files, and the one that the configuration must name."""

    tickers: Sequence[str]
    given: str | None = None
    conclusions: Sequence[Conclusion] = ()


def column_of(evidence: Evidence, names: Sequence[str], times: pd.Series) -> str | None:
    """The column of tickers, by its name, or because dates repeat without it."""
    repeats = _repeated(times, evidence.file_of_row)
    called = [name for group in words.columns_of(words.TICKER, names) for name in group]
    sure = [name for name in called if words.is_surely(words.TICKER, name)]
    for name in called:
        if (name in sure or repeats > 0) and _tells_apart(evidence, name, times):
            return name
    if repeats <= STRAY or sure:
        return None  # rows that even tickers do not tell apart are not told apart by less
    others = (name for name in names if evidence.numbers(name) is None)
    return next((name for name in others if _could_be_tickers(evidence, name, times)), None)


def _could_be_tickers(evidence: Evidence, name: str, times: pd.Series) -> bool:
    texts = evidence.texts(name)
    if texts is None or pc.any(pc.equal(texts, "")).as_py():
        return False
    distinct = pc.unique(texts).to_pylist()
    is_one_a_field = words.CLOSE in words.columns_by_role(distinct)
    few = len(distinct) <= len(texts) / 2
    return few and not is_one_a_field and _tells_apart(evidence, name, times)


def _tells_apart(evidence: Evidence, name: str, times: pd.Series) -> bool:
    return evidence.texts(name) is not None and _repeated(times, series(evidence, name)) <= STRAY


def _repeated(times: pd.Series, series: np.ndarray) -> float:
    """The share of rows whose date stands before them, too."""
    return float(pd.DataFrame({"time": times, "series": series}).duplicated().mean())


def series(evidence: Evidence, ticker: str | None) -> np.ndarray:
    """For each row the number of its ticker, or of its file where no column says it."""
    texts = evidence.texts(ticker) if ticker else None
    if texts is None:
        return evidence.file_of_row
    return np.asarray(texts.dictionary_encode().indices)


def must_be_one_bar_a_time(
    evidence: Evidence, times: pd.Series, series: np.ndarray, column: str
) -> None:
    """Refuse rows of one date that nothing tells apart, where they are the rule.

    Raises:
        InputError: most dates stand in several rows.
    """
    rows = pd.DataFrame({"time": times, "series": series})
    repeated = rows.duplicated()
    if repeated.mean() <= STRAY:
        return
    row = int(repeated.to_numpy().argmax())
    raise InputError(
        evidence.where(row, column),
        f"stands in several rows, as do {repeated.mean():.0%} of the dates, and no column of"
        " tickers tells them apart",
        "give each bar one row with all of its fields, and a column with its ticker",
    )


def named(tables: Sequence[Table], column: str | None, fields: Layout, answers: Answers) -> Named:
    """The tickers, and what the configuration says of one that no column names.

    Raises:
        InputError: a ticker was given for files that say theirs.
    """
    asked = answers.get("TICKER")
    if asked and (column or fields.layout == "wide"):
        raise InputError(f"TICKER={asked}", "the file itself names its tickers", "leave it out")
    if column:
        tickers = _in_column(tables, column)
        told = several(tickers, 5)
        return Named(tickers, None, [Conclusion("tickers", told, f"the column {column!r}")])
    if fields.layout == "wide":
        told = several(list(fields.tickers), 5)
        return Named(fields.tickers, None, [Conclusion("tickers", told, "the names of columns")])
    stems = [table.stem for table in tables]
    if len(stems) > 1 and not asked:
        return _by_file(stems)
    if asked:
        return Named([asked], asked, [Conclusion("tickers", asked, "your answer")])
    shorter = file_names.ticker_of(stems[0])
    because = "the file's name" + (f"; TICKER={shorter} is shorter" if shorter != stems[0] else "")
    return Named(stems, stems[0], [Conclusion("tickers", stems[0], because, Sureness.ASSUMED)])


def _by_file(stems: Sequence[str]) -> Named:
    """A file a ticker, unless all names are of one, which they then share out by date."""
    shorter = {file_names.ticker_of(stem) for stem in stems}
    if len(shorter) == 1:
        ticker = shorter.pop()
        because = "the names of the files differ in dates alone"
        return Named([ticker], ticker, [Conclusion("tickers", ticker, because, Sureness.LIKELY)])
    told = several(list(stems), 5)
    return Named(stems, None, [Conclusion("tickers", told, "the names of the files")])


def _in_column(tables: Sequence[Table], column: str) -> list[str]:
    texts = pa.concat_arrays(
        [pc.unique(table.column(column)).cast(pa.string()) for table in tables]
    )
    return [text.strip() for text in pc.unique(texts).to_pylist()]
