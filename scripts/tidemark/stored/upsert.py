"""Rows that came, put among those that are kept: what is new, what replaces what, what stays."""

from dataclasses import dataclass

from tidemark.stored import records
from tidemark.stored.records import KINDS

import pandas as pd


@dataclass(frozen=True)
class Counts:
    """How many rows came to what.

    Attributes:
        added: had no row of their key.
        restated: took the place of another record, or had theirs taken away.
        unchanged: say what is kept.
        older: differ from what is kept, and were fetched before that: they change nothing.
        quotes: took the place of a live quote, which is no restatement.
    """

    added: int = 0
    restated: int = 0
    unchanged: int = 0
    older: int = 0
    quotes: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(mine + vars(other)[name] for name, mine in vars(self).items()))

    @property
    def changed(self) -> bool:
        """Whether anything is to be written."""
        return bool(self.added or self.restated or self.quotes)


def upsert(kind: str, kept: pd.DataFrame, came: pd.DataFrame) -> tuple[pd.DataFrame, Counts]:
    """The rows that are kept afterwards, and what came of those that came.

    A row that holds is replaced if one of its key has another checksum and was not fetched before
    it. It stays, with the time of the fetch that replaced it, and what replaces it was not known
    before that, whatever the provider says of rows of its key. Where several records of a key hold
    together, those that came are all there are: what is no longer among them is replaced by none.

    Args:
        kind: of both.
        kept: in the form of `records`, those that were replaced before among them.
        came: as `records.received` gives them.
    """
    form = KINDS[kind]
    holds = kept[kept["superseded_at"].isna()]
    compared = [*form.unique, "checksum", "fetched_at"]
    was = holds[compared].reset_index(names="row")
    is_ = came[compared].reset_index(names="place")
    pairs = is_.merge(was, "left", form.unique, suffixes=("", "_was"))
    known = pairs["row"].notna()
    differs = known & (pairs["checksum"] != pairs["checksum_was"])
    older = differs & (pairs["fetched_at"] < pairs["fetched_at_was"])
    replaces = differs & ~older
    withdrawn = _withdrawn(form, holds, came)
    rows = pd.Index(pairs.loc[replaces, "row"].astype("int64"))
    live = kept.loc[rows, "live"] if "live" in kept else pd.Series(False, rows)
    counts = Counts(
        added=int((~known).sum()),
        restated=int((~live).sum()) + len(withdrawn),
        unchanged=int((known & ~differs).sum()),
        older=int(older.sum()),
        quotes=int(live.sum()),
    )
    if not counts.changed:
        return kept, counts
    after = kept.copy()
    after.loc[rows.append(withdrawn), "superseded_at"] = came["fetched_at"].iloc[0]
    last = kept.groupby(form.unique, dropna=False)["revision"].max().rename("last").reset_index()
    new = came.loc[pairs.loc[~known | replaces, "place"]]
    revisions = new.merge(last, "left", form.unique)["last"].fillna(-1) + 1
    first = revisions.to_numpy() == 0
    known_at = new["known_at"].where(
        first | (new["known_at"] > new["fetched_at"]), new["fetched_at"]
    )
    new = new.assign(revision=revisions.to_numpy(), known_at=known_at)
    return records.in_form(kind, pd.concat([after, new]) if len(after) else new), counts


def _withdrawn(form: records.Kind, holds: pd.DataFrame, came: pd.DataFrame) -> pd.Index:
    """The rows that are no longer among the several of their key, of which others came."""
    if not form.several or holds.empty or came.empty:
        return holds.index[:0]
    asked = pd.MultiIndex.from_frame(holds[[*form.key]]).isin(
        pd.MultiIndex.from_frame(came[[*form.key]])
    )
    stays = pd.MultiIndex.from_frame(holds[form.unique]).isin(
        pd.MultiIndex.from_frame(came[form.unique])
    )
    newer = holds["fetched_at"] <= came["fetched_at"].iloc[0]
    return holds.index[asked & ~stays & newer]
