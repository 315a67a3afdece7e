"""The sections of the page, in order."""

from tidemark.reporting.page.section import OfTheRun, Section
from tidemark.reporting.page.sections import (
    alerts,
    answer,
    curves,
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
    curves.SECTION,
    markets.SECTION,
    data.SECTION,
    OfTheRun("history"),
    provenance.SECTION,
    OfTheRun("dag"),
)
