"""Corporate actions: splits and dividends by ex-date."""

from collections.abc import Mapping
from typing import Any

from tidemark.errors import BadValue
from tidemark.reading.table import Table
from tidemark.sources import columns, of_files, places, tickers
from tidemark.sources.contract import Batch, Request
from tidemark.sources.places import Placed
from tidemark.sources.settings import EVENT

import pandas as pd


def source(request: Request) -> Batch:
    """The corporate actions of the user's files."""
    return of_files.batch(request, read)


def read(files: Mapping[str, bytes], source: Mapping[str, Any]) -> Placed:
    """Events sorted by ticker and ex-date, and the place of each.

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
        BadValue: `columns` lack one of EVENT, or `date_format` or `time_zone` is not one.
    """
    events, lines = [], {}
    for table in of_files.tables(files, source):
        events.append(_one_file(table, source))
        lines[table.path] = table.lines
    return places.in_order(pd.concat(events), places.of(lines), ["ticker", "timestamp", "kind"])


def _one_file(table: Table, source: Mapping[str, Any]) -> pd.DataFrame:
    names = source["columns"]
    for column in EVENT:
        if column not in names:
            raise BadValue(
                "columns",
                f"{column} is missing",
                f"map each of {', '.join(EVENT)} to a column of {table.path}",
            )
    zone = columns.zone_of(source.get("time_zone", "UTC"), "time_zone")
    return pd.DataFrame(
        {
            "timestamp": columns.dates(table, names["timestamp"], source["date_format"], zone),
            "ticker": [tickers.normalised(name) for name in columns.texts(table, names["ticker"])],
            "kind": [kind.lower() for kind in columns.texts(table, names["kind"])],
            "value": columns.numbers(table, names["value"]),
        }
    )
