"""What a check found, and in which rows."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pandas as pd

SHOWN_ROWS = 20


@dataclass(frozen=True)
class Finding:
    """One broken rule. `rows` are the first offenders; `row` counts from 1 in the frame checked.

    An error stops the run, a warning is shown and counted, and a note is only shown. `rows_of`
    names the data set of the rows if it is another than the one that the finding is about.
    """

    check: str
    column: str | None
    message: str
    cure: str
    severity: str = "error"
    count: int = 1
    rows: list[dict[str, Any]] = field(default_factory=list)
    rows_of: str | None = None

    def placed(self, where: Callable[[int, str | None], str]) -> "Finding":
        """The same with `where` in place of each `row`.

        Args:
            where: the place of a value, by its row, which counts from 0 here, and its column.
        """
        rows = [dict(row) for row in self.rows]
        rows = [{"where": where(row.pop("row") - 1, self.column), **row} for row in rows]
        return replace(self, rows=rows)

    def in_words(self) -> str:
        """What people are told, of a warning with what to do."""
        return f"{self.message}; {self.cure}" if self.severity == "warning" else self.message

    def as_json(self) -> dict[str, Any]:
        """The finding as the report stores it."""
        return {name: value for name, value in asdict(self).items() if name != "rows_of"}


def offenders(frame: pd.DataFrame, bad: pd.Series, values: pd.Series) -> list[dict[str, Any]]:
    """The first rows where `bad`, with what a person needs to find them in the source."""
    return [offender(frame, row, plain(values[row])) for row in frame.index[bad][:SHOWN_ROWS]]


def offender(frame: pd.DataFrame, row: Any, value: float | str | None) -> dict[str, Any]:
    """One row, by its index, with what a person needs to find it in the source."""
    return {
        "row": int(frame.index.get_loc(row)) + 1,
        "timestamp": iso(frame["timestamp"][row]) if "timestamp" in frame else None,
        "ticker": str(frame["ticker"][row]) if "ticker" in frame else None,
        "value": value,
    }


def iso(time: Any) -> str | None:
    """A time as ISO text, a midnight as its date; None if it is missing."""
    if pd.isna(time) or not isinstance(time, pd.Timestamp):
        return None
    return str(time.date()) if time == time.normalize() else time.isoformat()


def plain(value: Any) -> float | str | None:
    """A value that JSON can hold; infinities become text."""
    if isinstance(value, pd.Timestamp):
        return iso(value)
    if pd.isna(value):
        return None
    if isinstance(value, str) or value in (float("inf"), float("-inf")):
        return str(value)
    return float(value)
