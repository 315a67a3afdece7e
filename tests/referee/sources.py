"""What was fetched, held against the user's own files, read by pandas."""

from dataclasses import asdict
from functools import lru_cache
from typing import Any

from referee.results import Results
from referee.verdict import Comparison, NotLookedError
from tidemark.reading.settings import Form

import numpy as np
import pandas as pd

PRICES = ("open", "high", "low", "close", "adj_close", "volume")
EXACT = 1e-15


def look(results: Results, cells: int, seed: int) -> str:
    """Compare every value of prices and of economic series, and when each was public."""
    frames = {"prices": prices(results)} | {
        name: series(results, name) for name in results.config["fetch_data"]["economic"]
    }
    values = 0
    for name, expected in frames.items():
        held = Comparison(f"data/raw/{name}.parquet", EXACT)
        found = results.table(held.file)
        _same_rows(held, found, expected)
        for column in expected.columns.difference(["timestamp", "ticker", "available_at"]):
            held.numbers(_row(expected), column, found[column], expected[column])
        values += held.count
    return f"{values:,} values of {len(frames)} sources are those of your files"


def _row(frame: pd.DataFrame) -> Any:
    return lambda place: f"row {place + 1} ({', '.join(map(str, frame.iloc[place][:2]))})"


def _same_rows(held: Comparison, found: pd.DataFrame, expected: pd.DataFrame) -> None:
    held.same("all", "rows", len(found), len(expected))
    for key in ("ticker", "timestamp", "available_at"):
        if key in expected:
            for place in np.flatnonzero(found[key].to_numpy() != expected[key].to_numpy())[:1]:
                row = f"row {place + 1}"
                held.same(row, key, str(found[key].iloc[place]), str(expected[key].iloc[place]))


@lru_cache(maxsize=2)
def prices(results: Results) -> pd.DataFrame:
    """timestamp (naive UTC), ticker and PRICES as in the files, sorted by ticker and time.

    Raises:
        NotLookedError: the files are not plain CSV or Parquet, or clocks in them need more than
            pandas knows of them.
    """
    source = results.config["fetch_data"]["prices"]
    _must_be_plain(source)
    columns = {ours: theirs for ours, theirs in source["columns"].items() if theirs is not None}
    parts = []
    for path in _files(results, source["path"]):
        raw, named = _read(path, source["form"]["missing"]), columns
        if source["layout"] == "wide":
            raw = _long(raw, columns["timestamp"])
            (field,) = columns.keys() - {"timestamp"}
            named = {"timestamp": columns["timestamp"], "ticker": "ticker", field: "price"}
        part = pd.DataFrame({ours: raw[theirs] for ours, theirs in named.items()})
        if "ticker" not in part:
            part["ticker"] = source["ticker"] or path.name.split(".")[0]
        parts.append(part)
    frame = pd.concat(parts, ignore_index=True)
    if "adj_close" not in frame:
        frame["adj_close"] = frame["close"]
    frame["ticker"] = frame["ticker"].astype(str).str.strip().str.upper()
    frame["timestamp"] = _times(frame, source)
    for name in PRICES:
        frame[name] = pd.to_numeric(frame[name]).astype(float) if name in frame else np.nan
    ordered = frame.sort_values(["ticker", "timestamp"], kind="stable", ignore_index=True)
    return ordered[["timestamp", "ticker", *PRICES]]


def _must_be_plain(source: dict[str, Any]) -> None:
    """What fetch_data reads beyond plain files is its own tests' to hold."""
    plain = asdict(Form(missing=source["form"]["missing"]))
    if any((value or None) != (plain[key] or None) for key, value in source["form"].items()):
        raise NotLookedError(f"{source['path']}: its form is not plain")
    fields = [theirs for ours, theirs in source["columns"].items() if ours != "timestamp"]
    if source["layout"] == "wide" and fields != ["*"]:
        raise NotLookedError(f"{source['path']}: several columns a ticker")
    form = source["date_format"]
    if " | " in form or form.startswith("epoch_") or "time" in source["columns"]:
        raise NotLookedError(f"{source['path']}: dates of several forms")
    if source["divide_by"]:
        raise NotLookedError(f"{source['path']}: prices are divided")


@lru_cache(maxsize=64)
def series(results: Results, name: str) -> pd.DataFrame:
    """timestamp, available_at (naive UTC) and the values of an economic series."""
    source = results.config["fetch_data"]["economic"][name]
    (path,) = _files(results, source["path"])
    _must_be_plain({**source, "layout": "long", "divide_by": {}})
    raw = _read(path, source["form"]["missing"])
    days = _days(raw[source["columns"]["timestamp"]], source["date_format"])
    released = days + pd.Timedelta(days=source["release_lag_days"])
    zone = source["release_zone"] or results.config["fetch_data"]["prices"]["time_zone"]
    if source["release_time"] is None:
        released += pd.Timedelta(days=1)
    else:
        hour, minute = map(int, source["release_time"].split(":"))
        released += pd.Timedelta(hours=hour, minutes=minute)
    public = pd.DatetimeIndex(released).tz_localize(zone).tz_convert("UTC").tz_localize(None)
    frame = pd.DataFrame({"timestamp": days, "available_at": public})
    for ours, theirs in source["columns"].items():
        if ours != "timestamp":
            frame[ours] = pd.to_numeric(raw[theirs]).astype(float)
    return frame.sort_values("timestamp", kind="stable", ignore_index=True)


def _files(results: Results, pattern: str) -> list[Any]:
    if "*" not in pattern:
        return [results.root / pattern]
    return sorted(results.root.glob(pattern))


def _read(path: Any, missing: list[str]) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, dtype_backend="numpy_nullable", na_values=list(missing))


def _long(wide: pd.DataFrame, time: str) -> pd.DataFrame:
    """A row for each cell from a ticker's first value to its last."""
    parts = []
    for name in wide.columns.drop(time):
        known = np.flatnonzero(wide[name].notna())
        part = wide.iloc[known[0] : known[-1] + 1] if len(known) else wide[:0]
        parts.append(pd.DataFrame({time: part[time], "ticker": name, "price": part[name]}))
    return pd.concat(parts)


def _days(written: pd.Series, form: str) -> pd.Series:
    """Days as written; those with an offset must all be at midnight."""
    times = pd.to_datetime(written, format=form)
    if times.dt.tz is not None:
        times = times.dt.tz_localize(None)
        if (times != times.dt.normalize()).any():
            raise NotLookedError(f"days with offsets and hours, such as {written.iloc[0]}")
    return times.dt.normalize()


def _times(frame: pd.DataFrame, source: dict[str, Any]) -> pd.Series:
    written = frame["timestamp"]
    if source["bar"] != "intraday":
        return _days(written, source["date_format"])
    if "%z" in source["date_format"]:
        times = pd.to_datetime(written, format=source["date_format"], utc=True)
        return times.dt.tz_localize(None)
    times = pd.to_datetime(written, format=source["date_format"])
    try:
        local = times.dt.tz_localize(source["time_zone"])
    except ValueError as error:
        raise NotLookedError(f"the clocks went back: {error}") from error
    return local.dt.tz_convert("UTC").dt.tz_localize(None)
