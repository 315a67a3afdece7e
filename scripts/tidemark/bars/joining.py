"""Which keys have no partner in another branch of the pipeline, and an error that counts them."""

from collections.abc import Sequence

from tidemark.errors import InputError

import pandas as pd


def without_partner(ours: pd.DataFrame, theirs: pd.DataFrame, keys: Sequence[str]) -> pd.Series:
    """Whether none of their rows has the keys of each of ours."""
    other = pd.MultiIndex.from_frame(theirs[list(keys)])
    return pd.Series(~pd.MultiIndex.from_frame(ours[list(keys)]).isin(other), ours.index)


def require_partners(
    ours: pd.DataFrame, theirs: pd.DataFrame, keys: Sequence[str], where: str, what: str
) -> None:
    """Refuse rows of ours whose keys none of their rows has.

    Args:
        ours, theirs: frames with the columns `keys`.
        keys: the columns that rows are joined by.
        where: the file that our rows come from, for messages.
        what: what such rows have, in words, such as `no bar in data/scenarios/`.

    Raises:
        InputError: there are such rows; says how many, and names the first.
    """
    alone = without_partner(ours, theirs, keys)
    if alone.any():
        first = ", ".join(str(ours[key][alone.idxmax()]) for key in keys)
        raise InputError(
            where,
            f"{int(alone.sum()):,} of {len(ours):,} rows have {what}, the first ({first})",
            "make the steps before this one again, from the same prices",
        )
