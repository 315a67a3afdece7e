"""Corporate actions: splits and dividends by ex-date."""

from collections.abc import Mapping
from typing import Any

from tidemark.errors import BadValue
from tidemark.reading.table import Table
from tidemark.sources import columns, of_files, places, tickers, time_columns
from tidemark.sources.contract import Batch, Request
from tidemark.sources.places import Placed
from tidemark.sources.report import Report
from tidemark.sources.settings import EVENT

import pandas as pd


def source(request: Request) -> Batch:
    """The corporate actions of the user's files."""
    return of_files.batch(request, read)


def read(files: Mapping[str, bytes], source: Mapping[str, Any]) -> Placed:
    """Events sorted by ticker and ex-date, and the place of each.

    Args:
        files: content by path; one file, or several that have the same columns.
        source: `form`, `date_format` and `columns` of the configuration, and the `time_zone` of
            prices, in which ex-dates with an offset are days.

    Returns:
        `timestamp` (the ex-date), `ticker` (see `tickers.normalised`), `kind` (in lower case) and
        `value` (float64): a split's ratio of new to old shares, or a dividend's cash per share on
        that day.

    Raises:
        InputError: files or values that cannot be read, all together.
        BadValue: `columns` lack one of EVENT, or `date_format` or `time_zone` is not one.
    """
    report, events, lines = Report(), [], {}
    for table in of_files.tables(files, source, report):
        _must_name_all(table, source["columns"])
        if columns.are_there(table, [*source["columns"].values()], report):
            events.append(_one_file(table, source, report))
            lines[table.path] = table.lines
    report.stop()
    order = ["ticker", "timestamp", "kind"]
    placed = places.in_order(pd.concat(events), places.of(lines), order)
    return placed._replace(notes=report.notes())


def _must_name_all(table: Table, names: Mapping[str, str]) -> None:
    for column in EVENT:
        if column not in names:
            raise BadValue(
                "columns",
                f"{column} is missing",
                f"map each of {', '.join(EVENT)} to a column of {table.path}",
            )


def _one_file(table: Table, source: Mapping[str, Any], report: Report) -> pd.DataFrame:
    names = source["columns"]
    zone = time_columns.zone_of(source.get("time_zone", "UTC"), "time_zone")
    spelt = columns.texts(table, names["ticker"], report)
    kinds = columns.texts(table, names["kind"], report)
    missing = table.form.missing_prices
    return pd.DataFrame(
        {
            "timestamp": time_columns.dates(
                table, names["timestamp"], source["date_format"], zone, report
            ),
            "ticker": [tickers.normalised(name) for name in spelt],
            "kind": [kind.lower() for kind in kinds],
            "value": columns.numbers(table, names["value"], report, missing=missing),
        }
    )
