"""What columns are called, from the lines of a header, however many they are."""

from collections import Counter
from collections.abc import Sequence

from tidemark.errors import InputError
from tidemark.reading.settings import Form


def joined(rows: Sequence[Sequence[str]]) -> list[str]:
    """One name a column of several header lines: what stands below each other, joined by a blank.

    A cell that is merged over several columns is each one's, as spreadsheets leave it: a blank cell
    takes the one to its left if a name stands below. A last line that has none but the first cells
    names the index, as pandas writes it, and these columns are called by it alone.
    """
    if len(rows) == 1:
        return list(rows[0])
    width = max(map(len, rows))
    cells = [[cell.strip() for cell in row] + [""] * (width - len(row)) for row in rows]
    index: list[str] = []
    if not any(cells[-1][1:]) and any(any(row[1:]) for row in cells):
        index = cells.pop()[:1]
    for number, row in enumerate(cells):
        for place in range(1, width):
            below = any(other[place] for other in cells[number + 1 :])
            if not row[place] and below:
                row[place] = row[place - 1]
    names = [" ".join(filter(None, column)) for column in zip(*cells, strict=True)]
    return [*index, *names[len(index) :]]


def called(path: str, found: Sequence[str], form: Form) -> tuple[list[str], frozenset[str]]:
    """The names of columns, and those among them that a column without one was given.

    Such a column is called by its place, as `column 3`; one that repeats a name by how often it
    stands there, as `Close 2`, if the form says so.

    Raises:
        InputError: a name stands twice, and the form does not number them.
    """
    made_up = {place: f"column {place}" for place, name in enumerate(found, 1) if not name.strip()}
    names = [made_up.get(place, name) for place, name in enumerate(found, 1)]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice and form.repeated_names == "number":
        names, twice = _numbered(names), []
    if twice:
        raise InputError(
            path,
            f"has two columns named {' and two named '.join(map(repr, twice))}",
            "rename or remove one, or set form.repeated_names of this source to `number`",
        )
    return names, frozenset(made_up.values())


def _numbered(names: Sequence[str]) -> list[str]:
    """Each name that stood before, with the number of times: Close, Close 2, Close 3."""
    taken, seen = set(names), Counter[str]()
    result = []
    for name in names:
        seen[name] += 1
        while seen[name] > 1 and f"{name} {seen[name]}" in taken:
            seen[name] += 1
        result.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return result
