"""Joins of one branch of the pipeline with another: a key without a partner is never silent."""

from collections.abc import Sequence

from tidemark.errors import InputError

import pandas as pd


def without_partner(ours: pd.DataFrame, theirs: pd.DataFrame, keys: Sequence[str]) -> pd.Series:
    """Whether the keys of each of our rows are in none of theirs."""
    other = pd.MultiIndex.from_frame(theirs[list(keys)])
    return pd.Series(~pd.MultiIndex.from_frame(ours[list(keys)]).isin(other), ours.index)


def require_partners(
    ours: pd.DataFrame, theirs: pd.DataFrame, keys: Sequence[str], where: str, what: str
) -> None:
    """Refuse rows of ours whose keys are in none of theirs.

    Args:
        ours, theirs: frames with the columns `keys`.
        keys: what rows are joined by.
        where: the file that ours come from, for messages.
        what: what ours should have and do not, such as `no bar in data/scenarios/`.

    Raises:
        InputError: names how many there are, and the first.
    """
    alone = without_partner(ours, theirs, keys)
    if alone.any():
        first = ", ".join(str(ours[key][alone.idxmax()]) for key in keys)
        raise InputError(
            where,
            f"{int(alone.sum()):,} of {len(ours):,} rows have {what}, the first ({first})",
            "make the steps before this one again, from the same prices",
        )
