"""What is kept of one source: the files of its rows, by kind and by year, month or day.

    format    of all this
    source    its name
    provider  who sent the rows; absent in those of format 1
    lacks     names that were asked for, and of which the provider had nothing; absent if none
    asked     {name: {id, since}}: as what, and since when, each was asked for; absent if none
    kinds     {kind: {partitions: {label: {object, rows}}, and of bars: interval, convention}}

A partition is of a year, a month or a day, as its label says: `2026`, `2026-11`, `2026-11-30`. No
two overlap. Files of format 1 are of months and days; they stay so, and years that came later are
beside them.

The same bytes are an object, which snapshots name, and data/store/current/<source>.json, which Make
sees. No time of a fetch is in it, so it changes when the rows do, and then only.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tidemark.errors import InputError
from tidemark.files import store
from tidemark.stored.objects import GO_BACK, NEWER

import numpy as np
import pandas as pd

FORMAT = 2
BY_DAY = ("s", "m", "min", "h")  # how the intervals within a day end
BY_YEAR = ("series", "actions", "events")  # of which few come


@dataclass(frozen=True)
class Partition:
    """A file of rows: the name of the object, and how many hold."""

    object: str
    rows: int


@dataclass(frozen=True)
class Part:
    """The rows of one kind.

    Attributes:
        partitions: by label.
        interval: of bars, such as `1d`.
        convention: what the closes of bars are adjusted for as sent (`providers.contract.Page`).
    """

    partitions: Mapping[str, Partition] = field(default_factory=dict)
    interval: str | None = None
    convention: str | None = None


@dataclass(frozen=True)
class Asked:
    """What the provider calls a name, and since when it was asked for; empty: all there is."""

    id: str
    since: str = ""


@dataclass(frozen=True)
class Manifest:
    """What is kept of one source.

    Attributes:
        source: its name.
        kinds: its rows, by kind.
        provider: who sent them; empty if nobody noted it.
        lacks: names that were asked for, sorted, and of which the provider had nothing.
        asked: how the names were asked for of which there is something.
    """

    source: str
    kinds: Mapping[str, Part] = field(default_factory=dict)
    provider: str = ""
    lacks: tuple[str, ...] = ()
    asked: Mapping[str, Asked] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """As it is written: the same rows give the same bytes."""
        kinds = {kind: _plain(self.kinds[kind]) for kind in sorted(self.kinds)}
        asked = {name: vars(self.asked[name]) for name in sorted(self.asked)}
        told = {"provider": self.provider, "lacks": list(self.lacks), "asked": asked}
        told = {name: value for name, value in told.items() if value}
        return store.json_bytes({"format": FORMAT, "source": self.source, **told, "kinds": kinds})

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
            lacks = tuple(map(str, value.get("lacks", ())))
            asked = {name: Asked(**one) for name, one in value.get("asked", {}).items()}
            return Manifest(value["source"], kinds, str(value.get("provider", "")), lacks, asked)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(where, "is not a manifest of the store", GO_BACK) from error
    raise InputError(where, NEWER.format(form), "go on with that one")


def labels(
    kind: str, times: pd.Series, interval: str | None, taken: Collection[str], now: datetime
) -> pd.Series:
    """The partition that each row belongs to.

    Bars within a day are kept by day. Of all else a year that is over is one file, so that a long
    history is few, and one that goes on is a file a month, so that a day more rewrites little;
    that of `BY_YEAR` is one, too. A year or month that there is already stays as it is.

    Args:
        kind: of the rows.
        times: of each, in UTC.
        interval: of bars; None of other kinds.
        taken: labels that there are.
        now: when they were fetched.
    """
    within = bool(interval) and str(interval).lstrip("0123456789") in BY_DAY
    instants = times.dt.tz_convert(None).to_numpy().astype(f"datetime64[{'D' if within else 'M'}]")
    codes, distinct = pd.factorize(instants.astype("int64"))
    names = np.datetime_as_string(distinct.astype(instants.dtype))
    if not within:
        by_month = {label[:4] for label in taken if len(label) > 4}
        goes_on = set() if kind in BY_YEAR else {f"{now:%Y}"}

        def home(month: str) -> str:
            year = month[:-3]
            return month if year not in taken and year in by_month | goes_on else year

        names = np.array([home(str(name)) for name in names], dtype=object)
    return pd.Series(names[codes], times.index, dtype=object)


def _plain(part: Part) -> dict[str, Any]:
    of_bars = {"interval": part.interval, "convention": part.convention}
    partitions = {label: vars(part.partitions[label]) for label in sorted(part.partitions)}
    return {name: told for name, told in of_bars.items() if told} | {"partitions": partitions}


def _part(value: Mapping[str, Any]) -> Part:
    partitions = {label: Partition(**one) for label, one in value["partitions"].items()}
    return Part(partitions, value.get("interval"), value.get("convention"))
