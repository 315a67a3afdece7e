"""Words for several things, and for a number of them, in one line."""

from collections.abc import Sequence

SHOWN = 3


def several(words: Sequence[str], shown: int = SHOWN) -> str:
    """The first few, and how many more there are: `A, B, C and 12 more`."""
    more = len(words) - shown
    return ", ".join(words[:shown]) + (f" and {more:,} more" if more > 0 else "")


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 hole`, `12,345 holes`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
