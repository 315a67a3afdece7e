"""What a section of the page is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Rows = list[dict[str, Any]]
Values = Mapping[str, Any]


def as_they_are(rows: Mapping[str, Rows], values: Values) -> dict[str, Any]:
    """The view of a section that shows rows as the database has them."""
    return {**values, **rows}


@dataclass(frozen=True)
class Section:
    """A section: what it asks the database, and what its template is given.

    Attributes:
        name: its id on the page; its template is `sections/<name>.html.j2`.
        title: its heading.
        link: what the contents call it.
        queries: SQL on the metrics database, by name.
        view: makes of the rows of these queries, by name, and of the values that all reports are
            given what the template shows; None leaves the section out.
    """

    name: str
    title: str
    link: str
    queries: Mapping[str, str] = field(default_factory=dict)
    view: Callable[[Mapping[str, Rows], Values], dict[str, Any] | None] = as_they_are


@dataclass(frozen=True)
class OfTheRun:
    """The place of a section that depends on the run, which is empty on the page itself."""

    name: str
