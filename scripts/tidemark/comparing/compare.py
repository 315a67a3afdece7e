"""Two runs side by side."""

from collections.abc import Iterator
from typing import Literal

from tidemark.comparing import forecasts, strategies
from tidemark.comparing.comparison import Change, Comparison, Word
from tidemark.comparing.plan import Plan
from tidemark.comparing.side import Side
from tidemark.comparing.testing import judged


def compare(before: Side, after: Side) -> Comparison:
    """Everything that differs, by the settings of the later run.

    Raises:
        BadValue: a block of the bootstrap is longer than the dates.
    """
    plan = Plan.of(after.part("config"))
    models = forecasts.compared(before, after, plan)
    traded = strategies.compared(before, after, plan)
    rows = list(judged([models, traded], plan.confidence))
    tested = [row.kind for row in rows if row.paired and row.word is not Word.SAME]
    blocks = {"test dates": (models.block, "model"), "bars": (traded.block, "strategy")}
    return Comparison(
        before=before.name,
        after=after.name,
        changes=list(_changes(before, after)),
        data=_differing(before, after),
        rows=rows,
        confidence=plan.confidence,
        tested=len(tested),
        draws=plan.draws,
        blocks={of: length for of, (length, kind) in blocks.items() if length and kind in tested},
    )


def _changes(before: Side, after: Side) -> Iterator[Change]:
    """A key that comes or goes with null is none: to leave a key out means the same."""
    was, now = before.part("config"), after.part("config")
    for key in sorted(was.keys() | now.keys()):
        if was.get(key) != now.get(key):
            absent: Literal["before", "after"] = "after" if key in was else "before"
            both = key in was and key in now
            yield Change(key, was.get(key), now.get(key), None if both else absent)


def _differing(before: Side, after: Side) -> list[str]:
    was, now = before.part("data"), after.part("data")
    return sorted(path for path in was.keys() | now.keys() if was.get(path) != now.get(path))
