"""The answer: what the models can forecast, and what the strategies are worth, in plain words."""

from tidemark.reporting.page.section import Section

SECTION = Section(
    name="answer",
    title="What the models can forecast, and what the strategies earn",
    link="The answer",
)
