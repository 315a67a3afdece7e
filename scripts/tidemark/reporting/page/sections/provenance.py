"""Where the results come from: by which rules and checks, and where to read on."""

from tidemark.reporting.page.section import Section

SECTION = Section(
    name="provenance",
    title="Where this comes from",
    link="Provenance",
    queries={"tables": "SELECT name, about FROM tables ORDER BY name"},
)
