"""A comparison for the terminal: aligned, what moved first, then how many rows did not."""

from collections.abc import Iterator, Sequence

from tidemark.comparing import wording
from tidemark.comparing.comparison import Comparison, Row

MOST = 12  # lines of what is within chance
MOST_KEYS = 20  # lines of the configuration: another one can differ in hundreds


def as_text(of: Comparison, notes: Sequence[str] = ()) -> str:
    """All of it, in lines; `notes` are said below the names of the runs."""
    return "\n".join(_lines(of, notes))


def _lines(of: Comparison, notes: Sequence[str]) -> Iterator[str]:
    yield from aligned([["before:", of.before], ["after:", of.after]])
    yield from (f"note: {note}" for note in notes)
    yield ""
    if of.changes:
        yield f"Configuration ({len(of.changes):,} changed):"
        shown = [["", one.key, " -> ".join(wording.changed(one))] for one in of.changes[:MOST_KEYS]]
        yield from aligned(shown)
        if len(of.changes) > MOST_KEYS:
            yield f"  {wording.unlisted(of.changes, MOST_KEYS)}"
    else:
        yield "Configuration: the same values."
    yield wording.data(of.data)
    for title, kind in {"Models": "model", "Strategies": "strategy"}.items():
        rows = [row for row in of.rows if row.kind == kind]
        if rows:
            yield from ("", f"{title}: {wording.counts(rows)}")
            yield from _shown(of, rows)
    if told := wording.multiplicity(of):
        yield from ("", told)


def _shown(of: Comparison, rows: Sequence[Row]) -> Iterator[str]:
    """What moved; what is within chance, in part; why the rest cannot be compared."""
    moved, undecided = wording.moved(rows), wording.undecided(rows)
    table = [wording.cells(row) for row in (*moved, *undecided[:MOST])]
    if table:
        yield from aligned([wording.headings(of), *table])
    if len(undecided) > MOST:
        yield f"  and {len(undecided) - MOST:,} more within chance (FORMAT=json has all)"
    if moves := wording.ranked_otherwise(rows):
        yield "In the ranking:"
        yield from aligned([["", row.name, row.metric, wording.move(row)] for row in moves])
    yield from (f"  {why}" for why in wording.reasons(rows))


def aligned(table: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines of cells, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(cells).rstrip()
