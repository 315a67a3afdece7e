"""The sections of the page, in order."""

from tidemark.reporting.page.section import OfTheRun, Section
from tidemark.reporting.page.sections import (
    alerts,
    answer,
    data,
    markets,
    models,
    provenance,
    strategies,
)

CONTENTS: tuple[Section | OfTheRun, ...] = (
    answer.SECTION,
    OfTheRun("changed"),
    alerts.SECTION,
    models.SECTION,
    strategies.SECTION,
    markets.SECTION,
    data.SECTION,
    OfTheRun("history"),
    provenance.SECTION,
    OfTheRun("dag"),
)
