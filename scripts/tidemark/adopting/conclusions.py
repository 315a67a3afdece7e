"""What was found out about a user's files, how sure that is, and what must be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Sureness(StrEnum):
    """How sure a conclusion is."""

    CERTAIN = "certain"  # no other reading is possible
    LIKELY = "likely"  # another reading is possible, but odd
    ASSUMED = "assumed"  # nothing in the files says it; no number that is read depends on it


@dataclass(frozen=True)
class Conclusion:
    """One thing that was found out.

    Attributes:
        about: a word or two, such as `dates`.
        found: what is so, as words for people.
        because: what it was found from, with the file and line where that helps.
        sureness: how sure it is.
    """

    about: str
    found: str
    because: str
    sureness: Sureness = Sureness.CERTAIN


@dataclass(frozen=True)
class Option:
    """One answer to a question, and what it would make of a value that is in the file."""

    answer: str
    words: str


@dataclass(frozen=True)
class Question:
    """What the files leave open, though numbers or dates depend on it.

    Attributes:
        name: the variable that answers it on the command line, one of ANSWERS.
        words: the question, as one sentence.
        options: its possible answers.
    """

    name: str
    words: str
    options: Sequence[Option]


Answers = Mapping[str, str]  # what the user typed, by the name of the question

# By the variable that answers it, what is asked.
ANSWERS = {
    "SHEET": "the sheet of the workbook that holds the prices",
    "DATES": "the order of a date's parts: day-first, month-first, year-first or year-month",
    "NUMBERS": "what a sign before three digits is: decimal-comma, thousands-comma, ...",
    "PRICES": "what one of the file's units is: units, hundredths for cents and pence, ...",
    "ZONE": "the time zone of the clocks in the file, such as America/New_York",
    "COLUMN": "the column that holds the prices",
    "MISSING": "what a number that cannot be a price stands for: missing or real",
    "TICKER": "the name of the one ticker that the file holds",
}
