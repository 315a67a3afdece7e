"""Which column of a wide file holds which field of which ticker."""

import re
from collections.abc import Iterable, Mapping

from tidemark.errors import BadValue

ANY = "*"
Columns = Mapping[str, Mapping[str, str]]


def columns_of(names: Iterable[str], mapped: Mapping[str, str]) -> Columns:
    """By ticker, its columns by field, in the order of the file.

    A column belongs to the pattern that says most about it: `AAPL Adj Close` is of `* Adj Close`,
    not of `* Close`, and a bare `*` takes what no other pattern does.

    Args:
        names: of the file's columns, but for those of dates and hours.
        mapped: by field, the pattern of its columns' names, in which * stands for the ticker.

    Raises:
        BadValue: a pattern has no *, or several; or two of them say as much about a column.
    """
    for field, pattern in mapped.items():
        if pattern.count(ANY) != 1:
            raise BadValue(
                f"columns.{field}",
                f"{pattern!r} cannot be found in a wide file, whose columns are tickers",
                f'say where the ticker stands in the names of its columns, as in "{field} {ANY}";'
                f' or "{ANY}" alone if the names are tickers',
            )
    found: dict[str, dict[str, str]] = {}
    for name in names:
        likest = _likest(name, [*dict.fromkeys(mapped.values())])
        for field, pattern in mapped.items():
            if pattern == likest:
                found.setdefault(ticker(name, pattern), {})[field] = name
    return found


def ticker(name: str, pattern: str) -> str:
    """What stands in a column's name where its pattern has a *; empty if it is not like that."""
    before, after = map(re.escape, pattern.split(ANY))
    like = re.fullmatch(f"{before}(.+){after}", name, re.DOTALL)
    return like[1].strip() if like else ""


def name_of(ticker: str, pattern: str) -> str:
    """The name of a ticker's column."""
    return pattern.replace(ANY, ticker)


def _likest(name: str, patterns: list[str]) -> str | None:
    """The longest of the patterns that a name is like."""
    like = sorted((pattern for pattern in patterns if ticker(name, pattern)), key=len)
    if len(like) > 1 and len(like[-1]) == len(like[-2]):
        raise BadValue(
            "columns",
            f"{name!r} is like {like[-2]!r} and like {like[-1]!r}",
            "say more of the names in one of them",
        )
    return like[-1] if like else None
