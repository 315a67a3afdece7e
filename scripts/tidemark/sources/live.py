"""Sources that have a provider: the rows that the store holds of them, as tidy records.

What is read is data/store/current/<source>.json, which lists files of rows by their hash; so it
changes with the rows, and an older snapshot is read by restoring it.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tidemark.errors import InputError
from tidemark.naming import counted, several
from tidemark.ohlcv import FIELDS
from tidemark.sources import places, tickers, time_columns
from tidemark.sources.contract import Batch, Request
from tidemark.sources.economic import released
from tidemark.stored import manifest, objects, reading
from tidemark.stored.manifest import Manifest

import numpy as np
import pandas as pd

FETCH = "make fetch_data, which asks the provider"


def prices(request: Request) -> Batch:
    """Bars that were closed, adjusted by the splits and dividends that were known then.

    Raises:
        InputError: the store has none, or something in it is damaged.
    """
    listed, content = _listed(request)
    bars = reading.bars_adjusted_by(content, listed)
    stamps = bars["timestamp"].dt.tz_localize(None)
    records = pd.DataFrame({"timestamp": stamps, "ticker": bars["ticker"]})
    records["ticker"] = [tickers.normalised(name) for name in records["ticker"]]
    for name in FIELDS:
        records[name] = bars[name].astype("float64")
    notes = []
    if len(quotes := reading.rows_by(content, listed, "bars").query("live")):
        several_ = several(sorted(quotes["ticker"].unique()))
        notes.append(f"{counted(len(quotes), 'bar')} not closed yet left out: {several_}")
    return _batch(request, records, ["ticker", "timestamp"], notes)


def actions(request: Request) -> Batch:
    """Splits and dividends; several dividends of one day are one, of their sum.

    Raises:
        InputError: the store has none, or something in it is damaged.
    """
    listed, content = _listed(request)
    rows = reading.rows_by(content, listed, "actions")
    records = pd.DataFrame(
        {
            "timestamp": rows["timestamp"].dt.tz_localize(None),
            "ticker": [tickers.normalised(name) for name in rows["ticker"]],
            "kind": rows["kind"],
            "value": rows["value"],
        }
    )
    return _batch(request, records, ["ticker", "timestamp", "kind"], [])


def economic(request: Request) -> Batch:
    """Series side by side, each value as it was first published.

    A row is known when all of its values are. Where the provider does not say when a value was
    published, `release_lag_days` and so on say it, or else it counts as known since it was fetched.

    Raises:
        InputError: the store has none, or something in it is damaged.
    """
    listed, content = _listed(request)
    rows = reading.rows_by(content, listed, "series")
    first = rows.sort_values(["known_at", "vintage"], kind="stable")
    first = first.drop_duplicates(["series", "timestamp"])
    known = first["known_at"].where(first["known_at"] != first["fetched_at"])
    records = first.pivot(index="timestamp", columns="series", values="value")
    names = [name for name in request.section["columns"] if name != "timestamp"]
    records = records.reindex(columns=names)
    fetched = first.groupby("timestamp")["known_at"].max()
    told = known.groupby(first["timestamp"]).max()
    days = records.index.to_series().dt.tz_localize(None)
    released = told.dt.tz_localize(None).fillna(_released(days, fetched, request.section))
    records.insert(0, "available_at", released)
    records.index = days
    notes = []
    if later := len(rows) - len(first):
        notes.append(f"{counted(later, 'revision')} of values left out: the first published hold")
    return _batch(request, records.reset_index(), ["timestamp"], notes)


def _released(days: pd.Series, fetched: pd.Series, section: Mapping[str, Any]) -> pd.Series:
    lag = section["release_lag_days"]
    if lag is None:
        return fetched.dt.tz_localize(None)
    zone = time_columns.zone_of(section["release_zone"], "release_zone")
    return released(days, lag, section.get("release_time"), zone)


def _listed(request: Request) -> tuple[Manifest, Callable[[str], bytes]]:
    path = request.section["path"]
    try:
        (data,) = request.read(path).values()
    except FileNotFoundError as error:
        raise InputError(path, "does not exist: nothing was fetched yet", FETCH) from error
    return manifest.decoded(data, path), partial(_object, request)


def _object(request: Request, name: str) -> bytes:
    (data,) = request.read(str(objects.FOLDER / name)).values()
    return data


def _batch(request: Request, records: pd.DataFrame, by: list[str], notes: list[str]) -> Batch:
    """Rows have no line in a file: their number in the store stands there."""
    lines = places.of({request.section["path"]: np.arange(1, len(records) + 1)})
    placed = places.in_order(records, lines, by)
    return Batch(placed.records, placed.places, notes)
