"""Sources that have a provider: the rows that the store holds of them, as tidy records.

What is read is data/store/current/<source>.json, which lists files of rows by their hash; so it
changes with the rows, and an older snapshot is read by restoring it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from tidemark.errors import InputError
from tidemark.naming import counted, several
from tidemark.ohlcv import FIELDS
from tidemark.sources import places, tickers, time_columns
from tidemark.sources.contract import Batch, Request
from tidemark.sources.economic import released
from tidemark.stored import manifest, objects, reading
from tidemark.stored import records as kept
from tidemark.stored.manifest import Manifest

import numpy as np
import pandas as pd

FETCH = "make fetch_data, which asks the provider"
DAYS = "1d"
# What closes are adjusted for as sent, by convention; see `bars.adjusting`.
WITHIN_CLOSES = {"splits": ("split",), "splits_and_dividends": ("split", "dividend")}


def prices(request: Request) -> Batch:
    """Bars of the tickers that are listed, adjusted by the splits and dividends then known.

    Those that were not closed yet are left out.

    Raises:
        InputError: the store has none of a ticker that was never asked for, or none at all, or it
            has those of another provider or interval, or something in it is damaged.
    """
    listed, content = _listed(request)
    path, ids = request.section["path"], dict(request.section["ids"])
    interval = request.section["interval"] or DAYS
    stored = listed.kinds["bars"].interval if "bars" in listed.kinds else None
    if stored and stored != interval:
        problem = f"has bars of {stored}, and fetch_data.prices.interval is {interval}"
        raise InputError(path, problem, f"set that back, or type {FETCH}")
    bars = reading.bars_adjusted_by(content, listed)
    every = reading.rows_by(content, listed, "bars")
    quotes = every[every["live"] & every["ticker"].isin(ids)]
    notes = []
    if others := sorted({*every["ticker"]} - {*ids}):
        notes.append(f"{several(others)} stored, and not in fetch_data.prices.tickers: left out")
    bars = bars[bars["ticker"].isin(ids)].reset_index(drop=True)
    alerts = _lacking(listed, path, ids, {*every["ticker"]})
    if since := request.section["since"]:
        bars = bars[bars["timestamp"] >= pd.Timestamp(since, tz="UTC")].reset_index(drop=True)
    stamps = bars["timestamp"].dt.tz_localize(None)
    records = pd.DataFrame({"timestamp": stamps, "ticker": bars["ticker"]})
    records["ticker"] = records["ticker"].map(tickers.normalised).astype("str")
    for name in FIELDS:
        records[name] = bars[name].astype("float64")
    if len(quotes):
        several_ = several(sorted(quotes["ticker"].unique()))
        notes.append(f"{counted(len(quotes), 'bar')} not closed yet left out: {several_}")
    return _batch(request, records, ["ticker", "timestamp"], notes, alerts)


def _lacking(listed: Manifest, path: str, wanted: Collection[str], has: set[str]) -> list[str]:
    """An alert if the provider had nothing of some names when it was asked.

    Raises:
        InputError: nobody asked for one yet, or there is nothing of any.
    """
    lacks = sorted({*wanted} - has)
    new = [name for name in lacks if name not in listed.lacks]
    if new:
        raise InputError(path, f"has nothing of {several(new)}, which was not fetched yet", FETCH)
    if not lacks:
        return []
    problem = f"{several(lacks)}: the provider had nothing when it was asked"
    cure = "correct the name, map it in `tickers`, or take it off the list"
    if not has & {*wanted}:
        raise InputError(path, problem, cure)
    return [f"{problem}; going on without. Cure: {cure}"]


def actions(request: Request) -> Batch:
    """Splits and dividends that closes are not adjusted for as sent; those of the listed tickers.

    Raises:
        InputError: nothing is stored, or something in it is damaged.
    """
    listed, content = _listed(request)
    rows = kept.none("actions")
    if "actions" in listed.kinds:  # else nobody of these had a split or dividend yet
        rows = reading.rows_by(content, listed, "actions")
    own = rows["ticker"].isin(dict(request.section["ids"]))
    convention = listed.kinds["bars"].convention if "bars" in listed.kinds else None
    within = own & rows["kind"].isin(WITHIN_CLOSES.get(convention or "", ()))
    notes = []
    if within.any():
        left = counted(int(within.sum()), "corporate action")
        notes.append(f"{left} left out, because closes are adjusted for them as sent")
    rows = rows[own & ~within].reset_index(drop=True)
    records = pd.DataFrame(
        {
            "timestamp": rows["timestamp"].dt.tz_localize(None),
            "ticker": rows["ticker"].map(tickers.normalised).astype("str"),
            "kind": rows["kind"].astype("str"),
            "value": rows["value"],
        }
    )
    return _batch(request, records, ["ticker", "timestamp", "kind"], notes)


def economic(request: Request) -> Batch:
    """Series side by side, each value as it was first published.

    A row is known when all of its values are. Where the provider does not say when a value was
    published, `release_lag_days` and so on say it, or else it counts as known since it was fetched.

    Raises:
        InputError: the store has none, or something in it is damaged.
    """
    listed, content = _listed(request)
    names = [name for name in request.section["columns"] if name != "timestamp"]
    rows = reading.rows_by(content, listed, "series", superseded=True)
    rows = rows[rows["series"].isin(names) & rows["value"].notna()]
    if lacks := sorted({*names} - {*rows["series"]}):
        cure = f"{FETCH}; if it has none, correct the series or take it off the list"
        raise InputError(request.section["path"], f"has nothing of {several(lacks)}", cure)
    first = rows.sort_values(["known_at", "vintage", "revision"], kind="stable")
    first = first.drop_duplicates(["series", "timestamp"])
    known = first["known_at"].where(first["known_at"] != first["fetched_at"])
    records = first.pivot(index="timestamp", columns="series", values="value")
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
    _must_be_whole(request, path, data)
    listed, provider = manifest.decoded(data, path), request.section["provider"]
    if listed.provider and listed.provider != provider:
        problem = f"has rows of {listed.provider}, and the provider is {provider} now"
        raise InputError(path, problem, f"set that back, or type {FETCH}; what was before stays")
    ids, since = dict(request.section["ids"]), request.section["since"] or ""
    for name in sorted(ids.keys() & listed.asked.keys()):
        asked = listed.asked[name]
        if asked.id != ids[name]:
            problem = f"{name} was fetched as {asked.id}, and is {ids[name]} now"
            raise InputError(path, problem, f"set that back, or type {FETCH} anew")
        if asked.since and asked.since > since:
            wanted = f"from {since} on" if since else "whole"
            problem = f"{name} was fetched from {asked.since} on, and is wanted {wanted}"
            raise InputError(path, problem, f"set since to that, or type {FETCH} for the rest")
    return listed, partial(_object, request)


def _must_be_whole(request: Request, path: str, data: bytes) -> None:
    """Refuse a list of files that no snapshot has so: some of them might be missing."""
    name = objects.named(data, "json")
    try:
        _object(request, name)
    except InputError as error:
        cure = "make fetch_data or make snapshots RESTORE=<number> puts it right"
        raise InputError(path, "was altered: no snapshot has it so", cure) from error


def _object(request: Request, name: str) -> bytes:
    place = str(objects.FOLDER / name)
    try:
        (data,) = request.read(place).values()
    except FileNotFoundError as error:
        raise InputError(place, "is gone", objects.GO_BACK) from error
    return data


def _batch(
    request: Request,
    records: pd.DataFrame,
    by: list[str],
    notes: Sequence[str],
    alerts: Sequence[str] = (),
) -> Batch:
    """Rows have no line in a file: their number in the store stands there."""
    lines = places.of({request.section["path"]: np.arange(1, len(records) + 1)})
    placed = places.in_order(records, lines, by)
    return Batch(placed.records, placed.places, notes, alerts=alerts)
