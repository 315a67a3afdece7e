"""The sections of the page, in order."""

from tidemark.reporting.page.section import OfTheRun, Section
from tidemark.reporting.page.sections import answer

CONTENTS: tuple[Section | OfTheRun, ...] = (
    answer.SECTION,
    OfTheRun("changed"),
    OfTheRun("history"),
    OfTheRun("dag"),
)
