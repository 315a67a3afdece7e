"""The currency of prices, which is one for each ticker."""

from collections.abc import Iterable, Iterator
from itertools import chain

from tidemark.adopting.conclusions import Conclusion
from tidemark.adopting.meaning import units
from tidemark.adopting.meaning.assets import CURRENCIES
from tidemark.adopting.meaning.evidence import Evidence
from tidemark.adopting.meaning.layout import Layout
from tidemark.errors import InputError

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

CODES = CURRENCIES | {"GBX", "GBp", "ZAc", "ILA"}  # hundredths among them
SHARES = ("%", "\u2030")


def must_be_one(
    evidence: Evidence, fields: Layout, series: np.ndarray, others: Iterable[str]
) -> None:
    """Refuse prices of one ticker in several currencies, by their signs or by a column of codes.

    Args:
        evidence: the files.
        fields: where the prices are.
        series: row for row, the number of its ticker, of files that are not wide.
        others: columns that are not read.

    Raises:
        InputError: names the first price in another currency than the one before.
    """
    if fields.layout == "wide":
        series = np.zeros(len(evidence), int)
    for name in chain.from_iterable(units.columns_by_field(evidence, fields).values()):
        _must_not_change(evidence, name, _signs(evidence, name), series)
    for name, texts in _of_codes(evidence, others):
        codes = pd.Series(texts.to_pylist(), dtype=object)
        _must_not_change(evidence, name, codes.where(codes != "", None), series)


def differing(evidence: Evidence, others: Iterable[str]) -> Iterator[Conclusion]:
    """That tickers are in several currencies, by a column of codes among `others`."""
    for name, texts in _of_codes(evidence, others):
        codes = sorted({*pc.unique(texts).to_pylist()} - {""})
        if len(codes) > 1:
            told = f"differ by ticker: {', '.join(codes)}; returns can be compared, prices cannot"
            yield Conclusion("currencies", told, f"the column {name!r}")


def _of_codes(evidence: Evidence, names: Iterable[str]) -> Iterator[tuple[str, pa.Array]]:
    """The columns that hold codes of currencies alone."""
    for name in names:
        texts = evidence.texts(name)
        if texts is not None and {*pc.unique(texts).to_pylist()} <= CODES | {""}:
            yield name, texts


def _signs(evidence: Evidence, name: str) -> pd.Series:
    """For each row the sign of a currency, if it has one; of those within others the longest."""
    texts = evidence.texts(name)
    signs = [sign for sign in evidence.tables[0].form.signs if sign not in SHARES]
    found = pd.Series(None, range(len(evidence)), dtype=object)
    for sign in sorted(signs, key=len) if texts is not None and len(signs) > 1 else ():
        found[_have(texts, sign)] = sign
    return found


def _have(texts: pa.Array, sign: str) -> np.ndarray:
    return np.asarray(pc.match_substring(texts, sign).to_numpy(zero_copy_only=False))


def _must_not_change(
    evidence: Evidence, name: str, currency: pd.Series, series: np.ndarray
) -> None:
    first = currency.groupby(series).transform("first")
    other = currency.notna() & (currency != first)
    if other.any():
        row = int(other.to_numpy().argmax())
        raise InputError(
            evidence.where(row, name),
            f"is in {currency[row]}, and prices of that ticker before it in {first[row]}",
            "give all prices of a ticker in one currency",
        )
