"""Corporate actions: splits and dividends by ex-date."""

from collections.abc import Mapping
from typing import Any

from tidemark.errors import InputError
from tidemark.sources import columns, tickers
from tidemark.sources.files import read_table

import pandas as pd

COLUMNS = ("timestamp", "ticker", "kind", "value")


def read(files: Mapping[str, bytes], source: Mapping[str, Any]) -> pd.DataFrame:
    """Events sorted by ticker and ex-date.

    Args:
        files: content by path; one file, or several that have the same columns.
        source: `date_format` and `columns` of the configuration, and the `time_zone` of prices, in
            which ex-dates with an offset are days.

    Returns:
        `timestamp` (the ex-date), `ticker` (see `tickers.normalised`), `kind` (in lower case) and
        `value` (float64): a split's ratio of new to old shares, or a dividend's cash per share on
        that day.

    Raises:
        InputError: a file or value that cannot be read.
    """
    events = pd.concat([_one_file(path, content, source) for path, content in files.items()])
    return events.sort_values(["ticker", "timestamp", "kind"], kind="stable", ignore_index=True)


def _one_file(path: str, content: bytes, source: Mapping[str, Any]) -> pd.DataFrame:
    table = read_table(path, content)
    names = source["columns"]
    for column in COLUMNS:
        if column not in names:
            raise InputError(
                "config.yaml: fetch_data.corporate_actions.columns",
                f"{column} is missing",
                f"map each of {', '.join(COLUMNS)} to a column of {path}",
            )
    return pd.DataFrame(
        {
            "timestamp": columns.dates(
                table, names["timestamp"], source["date_format"], source.get("time_zone", "UTC")
            ),
            "ticker": [tickers.normalised(name) for name in columns.texts(table, names["ticker"])],
            "kind": [kind.lower() for kind in columns.texts(table, names["kind"])],
            "value": columns.numbers(table, names["value"]),
        }
    )
