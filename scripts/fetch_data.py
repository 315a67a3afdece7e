"""Read the sources that config.yaml names into data/raw/, as tidy Parquet with its SHA-256."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tidemark.errors import InputError
from tidemark.files import generated, retry, store
from tidemark.harness.step import Run, step
from tidemark.naming import counted
from tidemark.preprocessing import levels
from tidemark.project import HERE
from tidemark.sources import actions, economic, files, origin, prices
from tidemark.sources.places import Placed

import pandas as pd

UNFIT = "name a whole data file; fetch_data.largest_file_megabytes says how large one may be"

Reader = Callable[[Mapping[str, bytes], Mapping[str, Any]], Placed]


@step()
def fetch_data(run: Run) -> None:
    """Write data/raw/<source>.parquet, its .sha256 and .lines.parquet for each source."""
    sources = run.config["fetch_data"]
    at_most = sources["largest_file_megabytes"] * 1_000_000
    zone = sources["prices"]["time_zone"]
    read_prices = partial(prices.read, note=run.note, ends_days=_ends_days(run, zone))
    bars = fetch(run, "prices", run.plain(sources["prices"]), read_prices, at_most)
    if sources["corporate_actions"] is not None:
        source = run.plain(sources["corporate_actions"]) | {"time_zone": zone}
        fetch(run, "corporate_actions", source, actions.read, at_most)
    for name, keys in sources["economic"].items():
        source = {key: run.plain(keys[key]) for key in keys if key not in levels.CARRYING}
        source["release_zone"] = source["release_zone"] or zone
        fetch(run, name, source, economic.read, at_most)
    tickers = counted(bars["ticker"].nunique(), "ticker")
    run.headline(f"{counted(len(bars), 'price row')}, {tickers}")


def _ends_days(run: Run, zone: str) -> bool:
    """Whether this zone, rather than a calendar, says when the days of bars end."""
    if zone == "UTC" or not run.config["fetch_data"]["economic"]:
        return False
    return run.config["validate_schema"]["calendar"] is None


def fetch(
    run: Run, name: str, source: Mapping[str, Any], read: Reader, at_most: int | None = None
) -> pd.DataFrame:
    """Write data/raw/<name>.parquet and what stands beside it; the frame that was written.

    Raises:
        InputError: a file cannot be read, or has more than `at_most` bytes once unpacked.
    """
    path = f"data/raw/{name}.parquet"
    try:
        found = _read_patiently(run, source["path"], at_most)
    except IsADirectoryError as error:
        folder = error.filename or source["path"]
        cure = "name a file in it, or use a wildcard such as *.csv"
        raise InputError(folder, "is a folder", cure) from error
    except store.UnfitFileError as error:
        raise InputError(error.filename, error.strerror, UNFIT) from error
    except OSError as error:
        return _keep_last(run, name, source, error)
    if at_most is not None:
        for file, content in found.items():
            files.must_unpack_to(file, content, at_most)
    frame, places = read(found, source)
    data = store.parquet_bytes(frame, origin.metadata(source))
    run.write_bytes(path, data, rows=len(frame))
    run.write_text(f"{path}.sha256", origin.checksums({path: data, **found}))
    run.write_bytes(f"data/raw/{name}.lines.parquet", store.parquet_bytes(places))
    run.log.info("%s: %d rows from %s", name, len(frame), source["path"])
    return frame


def _read_patiently(run: Run, path: str, at_most: int | None) -> dict[str, bytes]:
    settings = run.config["fetch_data"]

    def tell(error: OSError, seconds: float) -> None:
        run.attempts += 1
        run.note(f"{error}; next try in {seconds:g} s")

    return retry.read(
        lambda: _read(run, path, at_most),
        attempts=settings["retry_attempts"],
        first_wait_seconds=60 * settings["retry_first_wait_minutes"],
        before_wait=tell,
    )


def _read(run: Run, path: str, at_most: int | None) -> dict[str, bytes]:
    paths = run.glob(path) if "*" in path else [path]
    if not paths:
        raise FileNotFoundError(2, "no file matches", path)
    for file in paths:
        _must_be_the_users(file)
    if at_most is not None:
        for file in filter(Path.exists, map(Path, paths)):
            store.must_be_at_most(file, at_most)
    return {path: run.read_bytes(path) for path in paths}


def _must_be_the_users(path: str) -> None:
    """Refuse a link to what the pipeline writes itself."""
    folder = generated.generated_folder(HERE, path) if Path(path).is_symlink() else None
    if folder:
        raise InputError(
            path, f"leads into {folder}/, which the pipeline writes", "name a file of your own"
        )


def _keep_last(run: Run, name: str, source: Mapping[str, Any], error: OSError) -> pd.DataFrame:
    """Go on with what this step fetched from the same source before; else `error` stands."""
    path = f"data/raw/{name}.parquet"
    beside = (f"{path}.sha256", f"data/raw/{name}.lines.parquet")
    data = run.previous(path)
    kept = {file: run.previous(file) for file in beside}
    gone = isinstance(error, FileNotFoundError)
    if data is None or None in kept.values() or not origin.is_same_source(data, source):
        if not gone:
            raise error
        cure = "put the file there, or correct its path in config.yaml"
        raise InputError(source["path"], "does not exist", cure) from error
    if gone and "*" not in source["path"]:
        run.missing(source["path"])
    frame = store.parquet_frame(data)
    run.write_bytes(path, data, rows=len(frame))
    for file, content in kept.items():
        run.write_bytes(file, content)
    run.alert(f"{source['path']}: {error.strerror}; going on with the {path} fetched before")
    run.retry_next_time(f"{source['path']} could not be read")
    return frame


if __name__ == "__main__":
    fetch_data()
