"""Read a source that the configuration names into data/raw/, as tidy Parquet with its SHA-256."""

from collections.abc import Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from tidemark.bars.settings import CARRYING
from tidemark.errors import InputError
from tidemark.files import generated, retry, store
from tidemark.harness.step import Run, step
from tidemark.layout.fetch_data import RAW, RAW_LINES, RAW_SHA256
from tidemark.naming import counted
from tidemark.project import HERE
from tidemark.reading.files import must_unpack_to
from tidemark.sources import corrections, origin, settings
from tidemark.sources.contract import Cursor, Request, Source

import pandas as pd

UNFIT = "name a whole data file; fetch_data.largest_file_megabytes says how large one may be"


@step(per=("source",))
def fetch_data(run: Run) -> None:
    """Write data/raw/<source>.parquet, with its .sha256 and .lines.parquet beside it."""
    sources = run.config["fetch_data"]
    keys = settings.section_of(sources, run.source)
    module, function = settings.reader_of(run.source, keys["provider"])
    read = getattr(import_module(f"tidemark.sources.{module}"), function)
    unread = {*CARRYING, *settings.WORDS, *settings.ASKED, settings.REVIEWED}
    section = {key: run.plain(keys[key]) for key in keys if key not in unread}
    zone = "release_zone" if "release_zone" in section else "time_zone"
    section[zone] = section.get(zone) or sources["prices"]["time_zone"]
    wanted = _wanted(run, keys) if keys["provider"] else None
    records = fetch(run, run.source, section, read, wanted)
    tickers = f", {counted(records['ticker'].nunique(), 'ticker')}" if "ticker" in records else ""
    run.tell.headline(f"{counted(len(records), 'row')}{tickers}")


def _wanted(run: Run, keys: Mapping[str, Any]) -> dict[str, Any]:
    """Of a source with a provider, which rows of the store are meant."""
    prices = run.config["fetch_data"]["prices"]
    if run.source in settings.READERS:
        wanted = {key: run.plain(prices[key]) for key in ("ids", "interval", "since")}
    else:
        wanted = {"ids": [*run.plain(keys["series"]).items()], "since": keys["since"]}
    return {"provider": keys["provider"], **wanted}


def _zone_ends_days(configuration: Mapping[str, Any]) -> bool:
    """Whether the zone of prices, rather than a calendar, says when the days of bars end."""
    sources = configuration["fetch_data"]
    if sources["prices"]["time_zone"] == "UTC" or not sources["economic"]:
        return False
    return configuration["validate_schema"]["calendar"] is None


def fetch(
    run: Run,
    name: str,
    section: Mapping[str, Any],
    source: Source,
    wanted: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Write what a source sends, or else what it sent last; the records that were written.

    What is `wanted` of a source with a provider does not stand in the raw file, because it says the
    same as its rows.

    Raises:
        InputError: a file cannot be read, or is larger than fetch_data.largest_file_megabytes.
    """
    path = RAW.format(source=name)
    hashes: dict[str, str] = {}

    def contents(address: str) -> dict[str, bytes]:
        files = _contents(run, address)
        hashes.update({file: store.sha256(content) for file, content in files.items()})
        return files

    request = Request(
        {**section, **(wanted or {})},
        read=contents,
        cursor=lambda: _cursor(run.read.previous(path), section),
        zone_ends_days=partial(_zone_ends_days, run.config),
    )
    try:
        with run.values_of(f"fetch_data.{settings.key_of(name)}"):
            batch = source(request)
    except IsADirectoryError as error:
        folder = error.filename or section["path"]
        cure = "name a file in it, or use a wildcard such as *.csv"
        raise InputError(folder, "is a folder", cure) from error
    except store.UnfitFileError as error:
        raise InputError(error.filename, error.strerror, UNFIT) from error
    except OSError as error:
        return _keep_last(run, name, section, error)
    records, reviewed = corrections.applied(batch.records, _decided(run, name))
    for note in (*batch.notes, *reviewed):
        run.tell.note(note)
    for alert in batch.alerts:
        run.tell.alert(alert)
    data = store.parquet_bytes(records, origin.metadata(section, batch.cursor))
    run.write.content(path, data, rows=len(records))
    checksums = origin.checksums({path: store.sha256(data), **hashes})
    run.write.text(RAW_SHA256.format(source=name), checksums)
    run.write.content(RAW_LINES.format(source=name), store.parquet_bytes(batch.places))
    run.log.info("%s: %d rows from %s", name, len(records), section["path"])
    return records


def _decided(run: Run, name: str) -> list[Mapping[str, Any]]:
    """What somebody decided about bars of this source."""
    if name != "prices":
        return []
    decided: list[Mapping[str, Any]] = run.plain(
        run.config["fetch_data"]["prices"][settings.REVIEWED]
    )
    return decided


def _cursor(data: bytes | None, section: Mapping[str, Any]) -> Cursor:
    """The cursor of what was fetched before; empty if that was of another source, or nothing."""
    if data is None or not origin.is_same_source(data, section):
        return {}
    return origin.cursor_of(data)


def _contents(run: Run, path: str) -> dict[str, bytes]:
    """The files that `path` names, none larger than the configuration permits, tried patiently."""
    patience = run.config["fetch_data"]
    at_most = patience["largest_file_megabytes"] * 1_000_000

    def tell(error: OSError, seconds: float) -> None:
        run.attempts += 1
        run.tell.note(f"{error}; next try in {seconds:g} s")

    read = retry.read(
        lambda: _read(run, path, at_most),
        attempts=patience["retry_attempts"],
        first_wait_seconds=60 * patience["retry_first_wait_minutes"],
        before_wait=tell,
    )
    for file, content in read.items():
        must_unpack_to(file, content, at_most)
    return read


def _read(run: Run, path: str, at_most: int) -> dict[str, bytes]:
    paths = run.read.glob(path) if "*" in path else [path]
    if not paths:
        raise FileNotFoundError(2, "no file matches", path)
    for file in paths:
        _must_be_the_users(file)
    for file in filter(Path.exists, map(Path, paths)):
        store.must_be_at_most(file, at_most)
    return {path: run.read.content(path) for path in paths}


def _must_be_the_users(path: str) -> None:
    """Refuse a link to what the pipeline writes itself."""
    folder = generated.generated_folder(HERE, path) if Path(path).is_symlink() else None
    if folder:
        raise InputError(
            path, f"leads into {folder}/, which the pipeline writes", "name a file of your own"
        )


def _keep_last(run: Run, name: str, section: Mapping[str, Any], error: OSError) -> pd.DataFrame:
    """Go on with what this step fetched from the same source before; else `error` stands."""
    path = RAW.format(source=name)
    beside = (RAW_SHA256.format(source=name), RAW_LINES.format(source=name))
    data = run.read.previous(path)
    kept = {file: run.read.previous(file) for file in beside}
    gone = isinstance(error, FileNotFoundError)
    if data is None or None in kept.values() or not origin.is_same_source(data, section):
        if not gone:
            raise error
        cure = "put the file there, or correct `path` of this source"
        raise InputError(section["path"], "does not exist", cure) from error
    if gone and "*" not in section["path"]:
        run.read.missing(section["path"])
    frame = store.parquet_frame(data)
    run.write.content(path, data, rows=len(frame))
    for file, content in kept.items():
        run.write.content(file, content)
    run.tell.alert(f"{section['path']}: {error.strerror}; going on with the {path} fetched before")
    run.retry_next_time(f"{section['path']} could not be read")
    return frame


if __name__ == "__main__":
    fetch_data()
