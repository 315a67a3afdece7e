"""What is kept of one source: the files of its rows, by kind and by month or day.

    format  of all this
    source  its name
    kinds   {kind: {partitions: {month or day: {object, rows}}, and of bars: interval, convention}}

The same bytes are an object, which snapshots name, and data/store/current/<source>.json, which Make
sees. No time of a fetch is in it, so it changes when the rows do, and then only.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tidemark.errors import InputError
from tidemark.files import store
from tidemark.stored.objects import GO_BACK, NEWER

import numpy as np
import pandas as pd

FORMAT = 1
BY_DAY = ("s", "m", "min", "h")  # how the intervals within a day end


@dataclass(frozen=True)
class Partition:
    """A file of rows: the name of the object, and how many hold."""

    object: str
    rows: int


@dataclass(frozen=True)
class Part:
    """The rows of one kind.

    Attributes:
        partitions: by month or day, such as `2026-11` or `2026-11-30`.
        interval: of bars, such as `1d`.
        convention: what the closes of bars are adjusted for as sent (`providers.contract.Page`).
    """

    partitions: Mapping[str, Partition] = field(default_factory=dict)
    interval: str | None = None
    convention: str | None = None


@dataclass(frozen=True)
class Manifest:
    """What is kept of one source."""

    source: str
    kinds: Mapping[str, Part] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """As it is written: the same rows give the same bytes."""
        kinds = {kind: _plain(self.kinds[kind]) for kind in sorted(self.kinds)}
        return store.json_bytes({"format": FORMAT, "source": self.source, "kinds": kinds})

    @property
    def objects(self) -> set[str]:
        """The names of all objects that it names."""
        return {one.object for part in self.kinds.values() for one in part.partitions.values()}


def decoded(data: bytes, where: str) -> Manifest:
    """A manifest as it was written.

    Raises:
        InputError: it is none, or written by a newer Tidemark.
    """
    try:
        value = json.loads(data)
        form = int(value["format"])
        if form <= FORMAT:
            kinds = {kind: _part(part) for kind, part in value["kinds"].items()}
            return Manifest(value["source"], kinds)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(where, "is not a manifest of the store", GO_BACK) from error
    raise InputError(where, NEWER.format(form), "go on with that one")


def labels(times: pd.Series, interval: str | None) -> pd.Series:
    """The partition that each row belongs to: its day for bars within a day, else its month.

    Args:
        times: in UTC.
        interval: of bars; None of other kinds.
    """
    unit = "D" if interval and interval.lstrip("0123456789") in BY_DAY else "M"
    instants = times.dt.tz_convert(None).to_numpy().astype(f"datetime64[{unit}]")
    codes, distinct = pd.factorize(instants.astype("int64"))
    names = np.datetime_as_string(distinct.astype(f"datetime64[{unit}]"))
    return pd.Series(names[codes], times.index, dtype=object)


def _plain(part: Part) -> dict[str, Any]:
    of_bars = {"interval": part.interval, "convention": part.convention}
    partitions = {label: vars(part.partitions[label]) for label in sorted(part.partitions)}
    return {name: told for name, told in of_bars.items() if told} | {"partitions": partitions}


def _part(value: Mapping[str, Any]) -> Part:
    partitions = {label: Partition(**one) for label, one in value["partitions"].items()}
    return Part(partitions, value.get("interval"), value.get("convention"))
