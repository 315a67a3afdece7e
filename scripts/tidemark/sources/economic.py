"""Economic series, and when each of their values became public."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from tidemark.bars import clocks
from tidemark.reading.table import Table
from tidemark.sources import columns, of_files, places, time_columns
from tidemark.sources.contract import Batch, Request
from tidemark.sources.places import Placed
from tidemark.sources.report import Report

import numpy as np
import pandas as pd


def source(request: Request) -> Batch:
    """The series of the user's files."""
    return of_files.batch(request, read)


def read(files: Mapping[str, bytes], source: Mapping[str, Any]) -> Placed:
    """Series of one source, oldest value first, and the place of each row.

    Args:
        files: content by path; one file, or several that have the same columns.
        source: `form`, `date_format`, `release_lag_days`, `release_time`, `release_zone` and
            `columns` of the configuration; without a zone, UTC.

    Returns:
        `timestamp` (the day or period that a value is about), `available_at` (the instant of its
        release, in naive UTC) and one float64 column a series, NaN where missing.

    Raises:
        InputError: files or values that cannot be read, or time that goes backwards, all together.
        BadValue: `date_format` or `release_zone` is not one.
    """
    report, frames, lines = Report(), [], {}
    for table in of_files.tables(files, source, report):
        if columns.are_there(table, [*source["columns"].values()], report):
            frames.append(_one_file(table, source, report))
            lines[table.path] = table.lines
    report.stop()
    placed = places.in_order(pd.concat(frames), places.of(lines), ["timestamp"])
    return placed._replace(notes=report.notes())


def _one_file(table: Table, source: Mapping[str, Any], report: Report) -> pd.DataFrame:
    names = dict(source["columns"])
    column = names.pop("timestamp")
    zone = time_columns.zone_of(source.get("release_zone") or "UTC", "release_zone")
    date_format, missing = source["date_format"], table.form.missing_prices
    times = time_columns.dates(table, column, date_format, zone, report)
    time_columns.in_order(table, column, times, report)
    out = released(times, source["release_lag_days"], source.get("release_time"), zone)
    stamped = time_columns.earliest(table, column, date_format, zone)
    _not_before(table, column, stamped, out, report)
    values = {
        series: columns.numbers(table, name, report, missing=missing)
        for series, name in names.items()
    }
    return pd.DataFrame({"timestamp": times, "available_at": out, **values})


def _not_before(
    table: Table, column: str, stamped: pd.Series, released: pd.Series, report: Report
) -> None:
    """Report releases before the time that the value itself is stamped with."""
    early = (released < stamped).to_numpy()
    report.rows(
        table,
        column,
        np.flatnonzero(early),
        lambda row: (
            f"is stamped {stamped[row]} UTC and would be known before that, at {released[row]}"
        ),
        "set release_time no earlier than the hour of the stamps, or null for the end of the"
        " day, or raise release_lag_days, of the series",
    )


def released(days: pd.Series, lag_days: int, clock: str | None, zone: ZoneInfo) -> pd.Series:
    """When values about these days are out: at that hour so many days later, or at the day's end.

    An hour that clocks show twice counts as the second: no value is known too early.
    """
    hour = pd.Timedelta(days=1) if clock is None else pd.Timedelta(f"{clock}:00")
    return clocks.utc(days + pd.Timedelta(days=lag_days) + hour, zone, later=True)
