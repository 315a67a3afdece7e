"""Many things named in one line."""

from collections.abc import Sequence

SHOWN = 3


def several(words: Sequence[str], shown: int = SHOWN) -> str:
    """The first few, and how many more there are: `A, B, C and 12 more`."""
    more = len(words) - shown
    return ", ".join(words[:shown]) + (f" and {more:,} more" if more > 0 else "")
