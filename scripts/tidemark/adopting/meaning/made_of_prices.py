"""Numbers that were made of prices, and are none: returns, differences and logarithms."""

import re
from collections.abc import Sequence

from tidemark.adopting.meaning import units, words
from tidemark.adopting.meaning.by_values import Neighbours
from tidemark.adopting.meaning.evidence import Evidence
from tidemark.adopting.meaning.layout import ALL, Layout
from tidemark.arrays import Floats
from tidemark.errors import InputError
from tidemark.naming import several

import numpy as np

FEWEST = 5  # steps from a number to the next that tell
MOST_FLIPS = 0.25  # the share of steps over which prices change their sign
LOGARITHM = re.compile(r"(?i)(log|ln)[ _.-]?(?P<rest>[^\W_].*)")


def must_be_none(evidence: Evidence, fields: Layout, neighbours: Neighbours) -> None:
    """Refuse returns or logarithms in place of prices.

    Args:
        evidence: the files.
        fields: where the prices are, or the question where they are.
        neighbours: the rows of bars, and of those after them.

    Raises:
        InputError: names the columns.
    """
    names = _of_prices(evidence, fields)
    called = [name for name in names if _is_logarithm(name)]
    if called and len(called) == len(names):
        raise InputError(
            f"{evidence.tables[0].path}: {called[0]}",
            "holds logarithms of prices by its name, and not prices",
            "give prices, which are the exponentials of these; or if they are prices, call the"
            " column Close",
        )
    returns = [name for name in names if _are_returns(evidence.values(name), neighbours)]
    if returns and (fields.columns or len(returns) == len(names)):
        raise InputError(
            f"{evidence.tables[0].path}: {several(returns, 5)}",
            "looks like returns, and not like prices: its sign changes from row to row too often",
            "give prices; of returns alone, an index that begins at 100 is"
            " 100 * (1 + returns).cumprod()",
        )


def _of_prices(evidence: Evidence, fields: Layout) -> Sequence[str]:
    """The columns of prices, or those that may be these."""
    open_ones = [
        option.answer
        for question in fields.questions
        for option in question.options
        if option.answer != ALL
    ]
    by_field = units.columns_by_field(evidence, fields)
    return open_ones or [name for names in by_field.values() for name in names]


def _is_logarithm(name: str) -> bool:
    of_what = LOGARITHM.fullmatch(name.strip())
    roles = words.columns_by_role([of_what["rest"]]) if of_what else {}
    return words.CLOSE in roles or "adj_close" in roles


def _are_returns(values: Floats, neighbours: Neighbours) -> bool:
    before, after = (np.sign(values[rows]) for rows in neighbours)
    steps = before * after
    told = np.isfinite(steps) & (steps != 0)
    return bool(told.sum() >= FEWEST and (steps[told] < 0).mean() > MOST_FLIPS)
