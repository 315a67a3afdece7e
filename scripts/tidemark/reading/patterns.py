"""Patterns as forms have them: * stands for any text, ? for any sign, all else for itself."""

import re
from collections.abc import Iterable

SIGNS = {"*": ".*", "?": "."}


def expression(patterns: Iterable[str]) -> str:
    """A regular expression, for Python and for Arrow, of texts that are like any of these."""
    either = "|".join(
        "".join(SIGNS.get(sign) or re.escape(sign) for sign in pattern) for pattern in patterns
    )
    return f"^(?s:{either})$"


def chosen(names: Iterable[str], pattern: str) -> list[str]:
    """The names that are like a pattern, in their order."""
    like = re.compile(expression([pattern]))
    return [name for name in names if like.search(name)]
