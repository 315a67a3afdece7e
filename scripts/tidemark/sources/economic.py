"""Economic series, and when each of their values became public."""

from collections.abc import Mapping
from typing import Any

from tidemark.sources import columns
from tidemark.sources.files import read_table

import pandas as pd


def read(files: Mapping[str, bytes], source: Mapping[str, Any]) -> pd.DataFrame:
    """Series of one source, oldest value first.

    Args:
        files: content by path; one file, or several that have the same columns.
        source: `date_format`, `release_lag_days` and `columns` of the configuration.

    Returns:
        `timestamp` (the day or period that a value is about), `available_at` (`timestamp` plus
        the release lag) and one float64 column a series, NaN where missing.

    Raises:
        InputError: a file or value that cannot be read, or time that goes backwards.
    """
    frames = [_one_file(path, content, source) for path, content in files.items()]
    return pd.concat(frames).sort_values("timestamp", kind="stable", ignore_index=True)


def _one_file(path: str, content: bytes, source: Mapping[str, Any]) -> pd.DataFrame:
    table = read_table(path, content)
    names = dict(source["columns"])
    column = names.pop("timestamp")
    times = columns.dates(table, column, source["date_format"])
    columns.in_order(table, column, times)
    lag = pd.Timedelta(days=source["release_lag_days"])
    values = {series: columns.numbers(table, name) for series, name in names.items()}
    return pd.DataFrame({"timestamp": times, "available_at": times + lag, **values})
