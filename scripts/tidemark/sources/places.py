"""Where each record stands in the user's files, as an editor shows it.

Kept beside a raw file as `data/raw/<source>.lines.parquet`, row for row: `file`, `line` (see
`Table.lines`), and of wide files `column`, the ticker as its column spells it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from tidemark.reading.kinds import place
from tidemark.sources import wide

import numpy as np
import pandas as pd


class Placed(NamedTuple):
    """Tidy records, the place of each, row for row, and what the user should know of them."""

    records: pd.DataFrame
    places: pd.DataFrame
    notes: Sequence[str] = ()


def of(lines: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """The places of records in the order in which they were read.

    Args:
        lines: by file, the line of each of its records.
    """
    number = np.repeat(np.arange(len(lines)), [len(numbers) for numbers in lines.values()])
    return pd.DataFrame(
        {
            "file": pd.Categorical.from_codes(number, list(lines)),
            "line": np.concatenate([*lines.values()]),
        }
    )


def in_order(records: pd.DataFrame, places: pd.DataFrame, by: Sequence[str]) -> Placed:
    """Both sorted by these columns of the records; rows that share them stay as they were read."""
    numbered = records.reset_index(drop=True).sort_values(list(by), kind="stable")
    return Placed(
        numbered.reset_index(drop=True), places.take(numbered.index).reset_index(drop=True)
    )


def finder(places: pd.DataFrame, names: Mapping[str, str]) -> Callable[[int, str | None], str]:
    """`of_value` of these places and names, by row and column."""
    return partial(of_value, places, names=names)


def of_value(places: pd.DataFrame, row: int, column: str | None, names: Mapping[str, str]) -> str:
    """The place of a value, its column called as the file calls it.

    Args:
        places: of the records.
        row: counts from 0.
        column: of the records; several may stand in it, as in `high, low`.
        names: the file's columns by those of the records, where * stands for the ticker.
    """
    at = places.iloc[row]
    own = dict(names)
    if "close" in own:
        own.setdefault("adj_close", own["close"])  # which it is, if the file has none
    if "column" in places:
        own |= {name: wide.name_of(at["column"], pattern) for name, pattern in own.items()}
        own["ticker"] = at["column"]
    called = column and re.sub(r"\w+", lambda word: own.get(word[0], word[0]), column)
    return place(str(at["file"]), int(at["line"]), called)
