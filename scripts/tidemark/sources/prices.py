"""Prices: one tidy frame from long or wide files, all tickers in one file or one file each."""

from collections.abc import Mapping
from typing import Any

from tidemark.errors import InputError
from tidemark.sources import columns, tickers
from tidemark.sources.files import Table, read_table

import numpy as np
import pandas as pd

FIELDS = ("open", "high", "low", "close", "volume", "adj_close")
EVERY_OTHER_COLUMN = "*"


def read(files: Mapping[str, bytes], source: Mapping[str, Any]) -> pd.DataFrame:
    """Prices as the tidy contract wants them.

    Args:
        files: content by path; without a ticker column, a file's name less its ending is the
            ticker.
        source: `layout`, `bar`, `date_format`, `time_zone` and `columns` of the configuration. In
            the wide layout, a field that is mapped to "*" takes its values from every column but
            the timestamp's, and these columns' names are the tickers.

    Returns:
        `timestamp` (naive UTC; daily bars at midnight), `ticker`, and FIELDS as float64; a field
        that is not mapped is NaN. Sorted by ticker and timestamp.

    Raises:
        InputError: a file or value that cannot be read, or time that goes backwards.
    """
    read_one = _wide if source["layout"] == "wide" else _long
    bars = pd.concat([read_one(read_table(*file), source) for file in files.items()])
    return bars.sort_values(["ticker", "timestamp"], kind="stable", ignore_index=True)


def _times(table: Table, source: Mapping[str, Any]) -> pd.Series:
    column, date_format = source["columns"]["timestamp"], source["date_format"]
    if source["bar"] == "daily":
        return columns.dates(table, column, date_format)
    return columns.instants(table, column, date_format, source["time_zone"])


def _long(table: Table, source: Mapping[str, Any]) -> pd.DataFrame:
    names = source["columns"]
    if "ticker" not in names:
        tickers.must_be_fit(table.path, table.stem)
    bars = pd.DataFrame(
        {
            "timestamp": _times(table, source),
            "ticker": columns.texts(table, names["ticker"]) if "ticker" in names else table.stem,
        }
        | {
            field: columns.numbers(table, names[field]) if field in names else np.nan
            for field in FIELDS
        }
    )
    columns.in_order(table, names["timestamp"], bars["timestamp"], bars["ticker"])
    return bars


def _wide(table: Table, source: Mapping[str, Any]) -> pd.DataFrame:
    names = source["columns"]
    times = _times(table, source)
    columns.in_order(table, names["timestamp"], times)
    filled = _starred(names)
    others = [name for name in table.names if name != names["timestamp"]]
    for name in others:
        tickers.must_be_fit(f"{table.path}:1", name)
    bars = [_one_ticker(times, name, columns.numbers(table, name), filled) for name in others]
    return pd.concat(bars or [_one_ticker(times, "", np.full(len(times), np.nan), filled)])


def _starred(names: Mapping[str, str]) -> list[str]:
    """The fields mapped to "*"; nothing else can be mapped in the wide layout."""
    for field, name in names.items():
        if field != "timestamp" and name != EVERY_OTHER_COLUMN:
            raise InputError(
                f"config.yaml: fetch_data.prices.columns.{field}",
                f"{name!r} cannot be found in a wide file, whose columns are tickers",
                f'map the field that the file holds to "{EVERY_OTHER_COLUMN}", and no other',
            )
    return [field for field in FIELDS if field in names]


def _one_ticker(
    times: pd.Series, ticker: str, values: np.ndarray, filled: list[str]
) -> pd.DataFrame:
    """The bars between a ticker's first and last value; before and after it was not traded."""
    known = np.flatnonzero(~np.isnan(values))
    span = slice(known[0], known[-1] + 1) if len(known) else slice(0)
    cells = {field: values[span] if field in filled else np.nan for field in FIELDS}
    return pd.DataFrame({"timestamp": times[span], "ticker": ticker, **cells})
