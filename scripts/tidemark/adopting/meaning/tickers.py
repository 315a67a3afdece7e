"""Which ticker a row belongs to: a column says it, or the name of the column or file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tidemark.adopting.conclusions import Answers, Conclusion, Option, Question, Sureness
from tidemark.adopting.meaning import date_formats, file_names, words
from tidemark.adopting.meaning.assets import CURRENCIES
from tidemark.adopting.meaning.evidence import Evidence
from tidemark.adopting.meaning.layout import Layout
from tidemark.errors import InputError
from tidemark.naming import several
from tidemark.reading.table import Table
from tidemark.sources import tickers as tickers_of

import numpy as np
import pandas as pd
import pyarrow.compute as pc

OF_SPREADSHEETS = re.compile(  # a fault, a day, a power of ten
    r"#(NAME\?|N/A|REF!|VALUE!|DIV/0!|NUM!|NULL!)|\d{1,2}-[A-Z][a-z]{2}|[A-Z][a-z]{2}-\d{2}"
    r"|\d{4}-\d\d-\d\d( 00:00:00)?|\d\.\d+E[+-]\d+"
)
NAME = re.compile(r"[\^$]?[A-Z][A-Z0-9.=:/&_-]{1,14}")
BAR_LENGTH = re.compile(r"(DAI|WEEK|MONTH|HOUR)LY|(DAY|WEEK|MONTH|HOUR|MIN)S?|[DHMW][0-9]{1,2}")
STRAY = 0.2  # the share of rows that may repeat a date by mistake; what reads the file names them


@dataclass(frozen=True)
class Named:
    """The tickers of files, and the one that the configuration must name."""

    tickers: Sequence[str]
    given: str | None = None
    conclusions: Sequence[Conclusion] = ()
    questions: Sequence[Question] = ()


def column_of(
    evidence: Evidence, names: Sequence[str], times: pd.Series, *, without_header: bool
) -> str | None:
    """The column of tickers: by its name, because dates repeat without it, or by a name in it."""
    repeats = _repeated(times, evidence.file_of_row)
    names = [name for name in names if not _is_part_of_date(evidence, name)]
    called = [name for group in words.columns_of(words.TICKER, names) for name in group]
    sure = [name for name in called if words.is_surely(words.TICKER, name)]
    for name in called:
        if (name in sure or repeats > 0) and _tells_apart(evidence, name, times):
            return name
    if repeats <= STRAY and without_header:
        said = [name for name in names if _says_one(evidence, name)]
        return said[0] if len(said) == 1 else None  # of two, one is such as an exchange
    if repeats <= STRAY or sure:
        return None  # rows that even tickers do not tell apart are not told apart by less
    others = (name for name in names if evidence.numbers(name) is None)
    return next((name for name in others if _could_be_tickers(evidence, name, times)), None)


def _says_one(evidence: Evidence, name: str) -> bool:
    """Whether a column says one ticker throughout each file, and not a currency or a bar length."""
    texts = evidence.texts(name)
    if texts is None:
        return False
    said = pd.Series(texts.to_pandas()).groupby(evidence.file_of_row).unique()
    return all(len(one) == 1 and _is_ticker(one[0]) for one in said)


def _is_ticker(text: str) -> bool:
    return bool(NAME.fullmatch(text)) and text not in CURRENCIES and not BAR_LENGTH.fullmatch(text)


def _is_part_of_date(evidence: Evidence, name: str) -> bool:
    """Whether a column holds months or days by their names."""
    texts = evidence.texts(name)
    return texts is not None and date_formats.are_parts(pc.unique(texts).to_pylist())


def _could_be_tickers(evidence: Evidence, name: str, times: pd.Series) -> bool:
    texts = evidence.texts(name)
    if texts is None or pc.any(pc.equal(texts, "")).as_py():
        return False
    distinct = pc.unique(texts).to_pylist()
    is_one_a_field = words.CLOSE in words.columns_by_role(distinct)
    few = len(distinct) <= len(texts) / 2
    return few and not is_one_a_field and _tells_apart(evidence, name, times)


def _tells_apart(evidence: Evidence, name: str, times: pd.Series) -> bool:
    return evidence.tickers(name) is not None and _repeated(times, series(evidence, name)) <= STRAY


def _repeated(times: pd.Series, series: np.ndarray) -> float:
    """The share of rows whose date stands before them, too."""
    return float(pd.DataFrame({"time": times, "series": series}).duplicated().mean())


def series(evidence: Evidence, ticker: str | None) -> np.ndarray:
    """For each row the number of its ticker, or of its file where no column says it."""
    texts = evidence.tickers(ticker) if ticker else None
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


def named(
    evidence: Evidence, column: str | None, fields: Layout, times: pd.Series, answers: Answers
) -> Named:
    """The tickers, and what the configuration says of one that no column names.

    Raises:
        InputError: a ticker was given for files that say theirs, one is none, or files are parts of
            several.
    """
    asked, tables = answers.get("TICKER"), evidence.tables
    if asked and (column or fields.layout == "wide"):
        raise InputError(f"TICKER={asked}", "the file itself names its tickers", "leave it out")
    if column:
        tickers = pc.unique(evidence.tickers(column)).to_pylist()
        _must_be_whole(evidence, column, tickers)
        told = _shown(tickers)
        sureness = Sureness.CERTAIN if words.is_surely(words.TICKER, column) else Sureness.LIKELY
        return Named(
            tickers, None, [Conclusion("tickers", told, f"the column {column!r}", sureness)]
        )
    if fields.layout == "wide":
        told = _shown(fields.tickers)
        return Named(fields.tickers, None, [Conclusion("tickers", told, "the names of columns")])
    stems = [table.stem for table in tables]
    if len(stems) > 1 and not asked:
        return _by_file(tables, times, evidence.file_of_row)
    if asked:
        return Named([asked], asked, [Conclusion("tickers", _shown([asked]), "your answer")])
    shorter = file_names.ticker_of(stems[0])
    if problem := tickers_of.fault(stems[0]):
        question = Question(
            "TICKER",
            f"What is the ticker? The file's name {problem}.",
            [Option(shorter[: tickers_of.LONGEST].strip(), "the beginning of the file's name")],
        )
        return Named(stems, None, questions=[question])
    because = "the file's name" + (f"; TICKER={shorter} is shorter" if shorter != stems[0] else "")
    return Named(stems, stems[0], [Conclusion("tickers", _shown(stems), because, Sureness.ASSUMED)])


def _shown(tickers: Sequence[str]) -> str:
    """Some tickers as reports will have them, in capitals."""
    return several([tickers_of.normalised(name) for name in tickers], 5)


def _must_be_whole(evidence: Evidence, column: str, tickers: Sequence[str]) -> None:
    """Refuse what a spreadsheet has made of tickers: ="0700", or of MAR1, 1E5 among others.

    Raises:
        InputError: names the first of them.
    """
    marked = next((one for one in tickers if tickers_of.MARKED_AS_TEXT.fullmatch(one)), None)
    if marked is not None:
        raise InputError(
            evidence.where(pc.index(evidence.tickers(column), marked).as_py(), column),
            f"{marked!r} begins with the sign by which a spreadsheet marks text",
            "write the ticker alone, such as 0700, without signs about it",
        )
    odd = [ticker for ticker in tickers if OF_SPREADSHEETS.fullmatch(ticker)]
    if odd and len(odd) < len(tickers):
        texts = evidence.tickers(column)
        where = evidence.where(pc.index(texts, odd[0]).as_py(), column)
        raise InputError(
            where,
            f"{odd[0]!r} is what a spreadsheet makes of some tickers, as of MAR1 or 1E5",
            "export the file again without opening it there, or put the ticker back",
        )


def _by_file(tables: Sequence[Table], times: pd.Series, file_of_row: np.ndarray) -> Named:
    """A file a ticker, unless all names are of one, which they then share out by date.

    Raises:
        InputError: files share out several tickers by date.
    """
    stems = [table.stem for table in tables]
    spans = times.groupby(file_of_row).agg(["min", "max"])
    spans["ticker"] = [file_names.ticker_of(stem) for stem in stems]
    shared = spans[spans.groupby("ticker")["min"].transform("size") > 1]
    if shared.empty or not shared.groupby("ticker")[["min", "max"]].apply(_are_apart).all():
        told = _shown(stems)
        return Named(stems, None, [Conclusion("tickers", told, "the names of the files")])
    if (spans["ticker"] != spans["ticker"].iloc[0]).any():
        first = shared.index[shared["ticker"] == shared["ticker"].iloc[0]]
        raise InputError(
            tables[first[0]].path,
            f"and {tables[first[1]].path} seem to be parts of one ticker, among files of others",
            "put the parts of each ticker into one file, or add a column of tickers",
        )
    ticker = spans["ticker"].iloc[0]
    because = "the names of the files differ in dates alone, and no date is in two"
    conclusion = Conclusion("tickers", _shown([ticker]), because, Sureness.LIKELY)
    return Named([ticker], ticker, [conclusion])


def _are_apart(spans: pd.DataFrame) -> bool:
    """Whether no span begins before the one before it has ended."""
    in_order = spans.sort_values("min")
    return bool((in_order["min"].iloc[1:].to_numpy() > in_order["max"].iloc[:-1].to_numpy()).all())
