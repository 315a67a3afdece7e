"""What a commit makes of the partitions of a kind of rows: which change, and which go."""

import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tidemark.stored import manifest, objects, reading, records, restating
from tidemark.stored.manifest import Manifest, Part, Partition
from tidemark.stored.reading import Content
from tidemark.stored.upsert import Counts, upsert

import pandas as pd

NAMES = {"bars": "ticker", "actions": "ticker", "series": "series"}  # the column of what was asked


@dataclass(frozen=True)
class Whole:
    """That what came is all there is between two times: what else is kept there is no more."""

    first: datetime
    last: datetime


def put(
    get: Content,
    kind: str,
    part: Part,
    came: pd.DataFrame,
    now: datetime,
    whole: Whole | None = None,
) -> tuple[dict[str, pd.DataFrame], Counts]:
    """The rows of each partition that what came has changed, and what came of it.

    Args:
        get: gives what an object holds.
        kind: of the rows.
        part: what is kept.
        came: as `records.received` gives them.
        now: when they were fetched.
        whole: see there; None if what did not come stays.
    """
    changed: dict[str, pd.DataFrame] = {}
    total = Counts()
    places = manifest.labels(kind, came["timestamp"], part.interval, part.partitions.keys(), now)
    if "timestamp" not in records.KINDS[kind].key:
        places = _homes(get, kind, part, came).fillna(places)
    groups = {str(label): own for label, own in came.groupby(places)}
    for label in sorted({*groups, *(_between(part, whole) if whole else ())}):
        there = part.partitions.get(label)
        before = _rows(get, there) if there else records.none(kind)
        own = groups.get(label, came.iloc[:0]).reset_index(drop=True)
        after, counts = upsert(kind, before, own)
        if whole:
            after, gone = _withdrawn(kind, after, own, whole, now)
            counts = replace(counts, restated=counts.restated + gone)
        total += counts
        if counts.changed:
            changed[label] = after
    return changed, total


def named(
    kind: str, part: Part, changed: Mapping[str, pd.DataFrame], content: dict[str, bytes]
) -> Part:
    """The part with what changed; the bytes of its new objects are added to `content`."""
    partitions = dict(part.partitions)
    for label, rows in changed.items():
        if rows.empty:
            del partitions[label]
            continue
        data = objects.rows_bytes(kind, rows)
        name = objects.named(data, "parquet")
        content[name] = data
        partitions[label] = Partition(name, int(rows["superseded_at"].isna().sum()))
    return replace(part, partitions=partitions)


def without(
    get: Content, kept: Manifest, names: Collection[str], content: dict[str, bytes]
) -> Manifest:
    """What is kept, but for the rows of these names; the new objects are added to `content`."""
    kinds = dict(kept.kinds)
    for kind, part in kept.kinds.items():
        changed = {}
        for label, one in part.partitions.items():
            rows = _rows(get, one)
            own = rows[NAMES[kind]].isin([*names])
            if own.any():
                changed[label] = rows[~own].reset_index(drop=True)
        kinds[kind] = named(kind, part, changed, content)
    return replace(kept, kinds={kind: part for kind, part in kinds.items() if part.partitions})


def without_actions(
    get: Content, part: Part, which: Collection[tuple[str, str, str]], now: datetime
) -> tuple[dict[str, pd.DataFrame], int]:
    """The partitions in which splits and dividends hold no more, and how many these are.

    Args:
        get: gives what an object holds.
        part: of actions.
        which: ticker, day and kind of each.
        now: when that was seen.
    """
    at = pd.Timestamp(now).tz_convert("UTC").as_unit("us")
    changed, taken = {}, 0
    for label, one in part.partitions.items():
        rows = _rows(get, one)
        days = rows["timestamp"].dt.strftime("%Y-%m-%d")
        keys = pd.Series([*zip(rows["ticker"], days, rows["kind"], strict=True)], rows.index)
        own = keys.isin([*which]) & rows["superseded_at"].isna()
        if own.any():
            changed[label] = rows.assign(superseded_at=rows["superseded_at"].mask(own, at))
            taken += int(own.sum())
    return changed, taken


def scaled(
    get: Content,
    kept: Manifest,
    came: Mapping[str, pd.DataFrame],
    changed: Mapping[str, pd.DataFrame],
) -> dict[str, pd.DataFrame]:
    """The bars that changed, and those before them that a split restates though none came."""
    partitions = kept.kinds["bars"].partitions
    before = {label: _rows(get, one) for label, one in partitions.items()}
    actions = [came["actions"]] if "actions" in came else []
    actions += [reading.rows_by(get, kept, "actions")] if "actions" in kept.kinds else []
    result = dict(changed)
    if not actions:
        return result
    bars = pd.concat(before.values())
    holds = bars[bars["superseded_at"].isna()]
    behind = restating.left_behind(holds, came["bars"], pd.concat(actions))
    for label, (ticker, (first, factor)) in itertools.product(before, behind.items()):
        rows = result.get(label, before[label])
        own = (rows["ticker"] == ticker) & (rows["timestamp"] < first)
        own &= rows["superseded_at"].isna()
        if own.any():
            scale = rows[records.SCALE].where(~own, rows[records.SCALE] * factor)
            result[label] = rows.assign(**{records.SCALE: scale})
    return result


def _rows(get: Content, partition: Partition) -> pd.DataFrame:
    return objects.rows_in(partition.object, get(partition.object))


def _between(part: Part, whole: Whole) -> list[str]:
    """The partitions that may have rows of that time."""
    first, last = f"{whole.first:%Y-%m-%d}", f"{whole.last:%Y-%m-%d}"
    return [one for one in part.partitions if first[: len(one)] <= one <= last[: len(one)]]


def _withdrawn(
    kind: str, rows: pd.DataFrame, came: pd.DataFrame, whole: Whole, now: datetime
) -> tuple[pd.DataFrame, int]:
    """Rows of which those of that time that did not come are replaced by none, and how many."""
    at = pd.Timestamp(now).tz_convert("UTC").as_unit("us")
    unique = records.KINDS[kind].unique
    within = rows["timestamp"].between(pd.Timestamp(whole.first), pd.Timestamp(whole.last))
    sent = pd.MultiIndex.from_frame(rows[unique]).isin(pd.MultiIndex.from_frame(came[unique]))
    gone = rows["superseded_at"].isna() & within & ~sent & (rows["fetched_at"] <= at)
    return rows.assign(superseded_at=rows["superseded_at"].mask(gone, at)), int(gone.sum())


def _homes(get: Content, kind: str, part: Part, came: pd.DataFrame) -> pd.Series:
    """The partition where the key of each row stands already, whatever time it now has."""
    (key,) = records.KINDS[kind].key
    homes = {
        one: label
        for label, partition in part.partitions.items()
        for one in _rows(get, partition)[key]
    }
    return came[key].map(homes).astype(object)
