"""A comparison for a pull request: short tables, the rest in counts."""

import re
from collections.abc import Iterator, Sequence

from tidemark.comparing import wording
from tidemark.comparing.comparison import Comparison, Row

MOST = 30  # rows of a table


def as_markdown(of: Comparison, notes: Sequence[str] = ()) -> str:
    """All of it; `notes` are said below the names of the runs."""
    return "\n".join([*_lines(of, notes), ""])


def _lines(of: Comparison, notes: Sequence[str]) -> Iterator[str]:
    yield from (f"**{escaped(of.before)}** → **{escaped(of.after)}**", "")
    yield from (f"- {escaped(note)}" for note in notes)
    if notes:
        yield ""
    if of.changes:
        shown = of.changes[:MOST]
        lines = [[f"`{one.key}`", *map(escaped, wording.changed(one))] for one in shown]
        yield from table(["configuration", "before", "after"], lines)
        if len(of.changes) > MOST:
            yield from ("", wording.unlisted(of.changes, MOST))
    else:
        yield "The configuration has the same values."
    yield from ("", escaped(wording.data(of.data)), "")
    for title, kind in {"Models": "model", "Strategies": "strategy"}.items():
        rows = [row for row in of.rows if row.kind == kind]
        if rows:
            yield from (f"**{title}**: {wording.counts(rows)}", "")
            yield from _shown(of, rows)
    if told := wording.multiplicity(of):
        yield f"<sub>{told}</sub>"


def _shown(of: Comparison, rows: Sequence[Row]) -> Iterator[str]:
    shown = [*wording.moved(rows), *wording.undecided(rows)]
    if shown:
        lines = [[escaped(cell) for cell in wording.cells(row)] for row in shown[:MOST]]
        yield from table(wording.headings(of), lines)
        if len(shown) > MOST:
            yield from ("", f"and {len(shown) - MOST:,} more")
        yield ""
    if moves := wording.ranked_otherwise(rows):
        lines = [[row.name, row.metric, wording.move(row)] for row in moves[:MOST]]
        yield from table(
            ["in the ranking", "", "moved"], [list(map(escaped, line)) for line in lines]
        )
        if len(moves) > MOST:
            yield from ("", f"and {len(moves) - MOST:,} more")
        yield ""
    if reasons := wording.reasons(rows):
        yield from (*(f"- {escaped(why)}" for why in reasons), "")


def table(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table of cells that are escaped."""
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * len(headings)}"
    yield from (f"| {' | '.join(line)} |" for line in lines)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_|<>\[\]])", r"\\\1", " ".join(text.split()))
