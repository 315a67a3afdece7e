"""Which names may come in as tickers, short ones of letters that show, and their one spelling.

Two names that look alike but are not would be two tickers; one that breaks a line breaks every
table and message. No name is mended: it is taken, in capitals, or refused.
"""

import re
import unicodedata
from collections.abc import Iterable

from tidemark.errors import InputError

LONGEST = 64

# Unicode's letters and marks that show nothing, beyond those that str.isprintable refuses.
_BLANK_LETTERS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)

MARKED_AS_TEXT = re.compile("=.*|'.*")


def normalised(name: str) -> str:
    """The one spelling of a ticker: capitals of Unicode's form NFKC, without blanks around.

    This form takes full-width letters, as Japanese files have them, for the plain ones.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).strip().upper())


def fault(name: str) -> str | None:
    """What keeps `name` from being a ticker, as the end of a sentence; None if nothing does."""
    if not name.strip():
        return "is empty"
    if len(name) > LONGEST:
        return f"has {len(name):,} letters; at most {LONGEST} are taken"
    if MARKED_AS_TEXT.fullmatch(name.strip()):
        return "begins with the sign by which a spreadsheet marks text"
    hidden = next((sign for sign in name if not sign.isprintable()), None)
    sign = hidden or next(iter(_BLANK_LETTERS.findall(name)), None)
    if sign is None:
        return None
    called = unicodedata.name(sign, "a control character" if ord(sign) < 0xA0 else "")
    return f"holds a sign that does not show, U+{ord(sign):04X} {called}".rstrip()


def first_fault(names: Iterable[str]) -> tuple[str, str] | None:
    """The first of `names` that cannot be a ticker, and why; None if all can."""
    for name in names:
        problem = fault(name)
        if problem:
            return name, problem
    return None


def must_be_fit(where: str, name: str) -> None:
    """Refuse a name that cannot be a ticker.

    Raises:
        InputError: at `where`, with the reason.
    """
    problem = fault(name)
    if problem:
        raise InputError(where, f"{shown(name)} {problem}", "write the name in plain letters")


def shown(name: str) -> str:
    """A name for messages: quoted, of bearable length, with what does not show escaped."""
    return ascii(name) if len(name) <= 40 else f"{name[:36]!a}..."
