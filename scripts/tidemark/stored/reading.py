"""The rows of a snapshot, whatever was fetched later; each file is held against its hash."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import cast

from tidemark.bars import adjusting
from tidemark.bars.adjusting import Convention
from tidemark.errors import BadValue, InputError
from tidemark.project import Tree
from tidemark.stored import objects, records, snapshots
from tidemark.stored.manifest import Manifest, Part
from tidemark.stored.records import SCALE
from tidemark.stored.snapshot_log import Snapshot

import pandas as pd

Which = int | str | datetime | None
Content = Callable[[str], bytes]


def rows(
    tree: Tree, snapshot: Which, source: str, kind: str | None = None, *, superseded: bool = False
) -> pd.DataFrame:
    """The rows of a source as of a snapshot, sorted by key; columns as in `records`.

    Args:
        tree: the project.
        snapshot: its number or a time; None for the newest one (`snapshots.find`).
        source: its name.
        kind: of records; None for the one that there is beside actions.
        superseded: whether rows that others have replaced are wanted, too.

    Raises:
        InputError: there is no such snapshot, source or kind, or something is gone or damaged.
    """
    return rows_of(tree, _manifest(tree, snapshot, source), kind, superseded=superseded)


def rows_of(
    tree: Tree, listed: Manifest, kind: str | None = None, *, superseded: bool = False
) -> pd.DataFrame:
    """The rows that a manifest lists; see `rows`."""
    return rows_by(_kept(tree), listed, kind, superseded=superseded)


def rows_by(
    content: Content, listed: Manifest, kind: str | None = None, *, superseded: bool = False
) -> pd.DataFrame:
    """The rows that a manifest lists; `content` gives what an object holds, see `rows`."""
    kind, part = _part(listed, kind)
    names = [part.partitions[label].object for label in sorted(part.partitions)]
    frames = [objects.rows_in(name, content(name)) for name in names]
    whole = pd.concat(frames) if frames else records.none(kind)
    return records.in_form(kind, whole if superseded else whole[whole["superseded_at"].isna()])


def bars_adjusted(tree: Tree, snapshot: Which, source: str, *, live: bool = False) -> pd.DataFrame:
    """The bars of a source as of a snapshot, adjusted by the splits and dividends then known.

    That is `adj_close`. What the provider sent as adjusted closes is not used: those that came
    before a split or a dividend and those that came after do not go together.

    Args:
        tree, snapshot, source: see `rows`.
        live: whether quotes of bars that were not closed yet are wanted, too.

    Raises:
        InputError: as with `rows`, nobody said what the closes are adjusted for, or splits and
            dividends do not go with them.
    """
    return bars_adjusted_by(_kept(tree), _manifest(tree, snapshot, source), live=live)


def bars_adjusted_by(content: Content, listed: Manifest, *, live: bool = False) -> pd.DataFrame:
    """The bars that a manifest lists, adjusted; see `bars_adjusted` and `rows_by`."""
    bars = rows_by(content, listed, "bars")
    actions = rows_by(content, listed, "actions") if "actions" in listed.kinds else None
    wanted = bars if live else bars[~bars["live"]].reset_index(drop=True)
    where, convention = f"{listed.source}: bars", listed.kinds["bars"].convention
    if convention is None and actions is not None:
        cure = "its provider's module must name a convention"
        raise InputError(where, "nobody said what closes are adjusted for", cure)
    if actions is None:
        return wanted.assign(adj_close=wanted["close"] * wanted[SCALE])
    try:
        closes = adjusting.adjusted_close(wanted, actions, cast(Convention, convention))
    except BadValue as error:
        raise InputError(where, error.problem, error.cure) from error
    return wanted.assign(adj_close=closes * wanted[SCALE])


def _kept(tree: Tree) -> Content:
    return partial(objects.get, tree)


def _manifest(tree: Tree, snapshot: Which, source: str) -> Manifest:
    found: Snapshot = snapshots.find(tree, snapshot)
    return snapshots.manifest_of(tree, found, source)


def _part(listed: Manifest, kind: str | None) -> tuple[str, Part]:
    """The part of a kind; of None, that beside the actions."""
    known = sorted(listed.kinds)
    wanted = [kind] if kind else [one for one in known if one != "actions"] or known
    if len(wanted) != 1 or wanted[0] not in listed.kinds:
        said = f"has no {kind}" if kind else "has several kinds of records"
        raise InputError(listed.source, said, f"one of {', '.join(known)}")
    return wanted[0], listed.kinds[wanted[0]]
