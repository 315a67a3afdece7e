"""A comparison's rows held against tolerances: what is beyond them, as values."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from tidemark.comparing.comparison import Row, Word
from tidemark.gating import settings
from tidemark.gating.settings import Limit, Tolerance


class Level(StrEnum):
    """What a tolerance makes of a row, the worst first."""

    FAIL = "fail"
    WARN = "warn"
    ALLOWED = "allowed"  # it cannot be compared, and need not be
    NEW = "new"  # there was nothing before that it could be held against
    WITHIN = "within"


OFFENDING = (Level.FAIL, Level.WARN)


@dataclass(frozen=True)
class Finding:
    """What a tolerance makes of a row.

    Attributes:
        tolerance: its name.
        row: None if there is none of something that the tolerance names.
        limit: the one that is exceeded; None if none is.
        why: what could not be looked at, and why; empty if all could.
    """

    level: Level
    tolerance: str
    row: Row | None = None
    limit: Limit | None = None
    why: str = ""


@dataclass(frozen=True)
class Judgement:
    """What came of all rows.

    Attributes:
        offending: failures, then warnings, each in the order of the rows.
        counts: how many of the other rows came to each level.
        unnamed: how many rows no tolerance names.
        idle: names of default tolerances of which there is no row, which is no fault.
    """

    offending: Sequence[Finding]
    counts: Mapping[Level, int]
    unnamed: int
    idle: Sequence[str] = ()

    @property
    def looked(self) -> bool:
        """Whether any row was held against a tolerance."""
        return bool(self.counts) or any(one.row for one in self.offending)

    @property
    def passed(self) -> bool:
        """Whether nothing fails; what did not look has not passed."""
        return self.looked and all(one.level is not Level.FAIL for one in self.offending)


def judge(rows: Sequence[Row], tolerances: Mapping[str, Tolerance]) -> Judgement:
    """Hold each row against every tolerance that names it; only what is worse counts.

    A model, strategy or scenario that a tolerance names, and of which there is no row, could not be
    looked at; nor could a tolerance of which there is no row at all, unless it is a default one:
    that speaks of what a project may have, such as strategies.
    """
    found = {name: [row for row in rows if _names(it, row)] for name, it in tolerances.items()}
    default = settings.shipped()
    idle = [name for name, it in tolerances.items() if not found[name] and it == default.get(name)]
    offending = [
        one
        for name, it in tolerances.items()
        if name not in idle
        for one in _without_row(name, it, found[name])
    ]
    counts: Counter[Level] = Counter()
    unnamed = 0
    for row in rows:
        held = [_held(name, it, row) for name, it in tolerances.items() if _names(it, row)]
        beyond = [finding for finding in held if finding.level in OFFENDING]
        offending += beyond
        if not held:
            unnamed += 1
        elif not beyond:
            counts[min((one.level for one in held), key=list(Level).index)] += 1
    offending.sort(key=lambda one: OFFENDING.index(one.level))
    return Judgement(offending, counts, unnamed, idle)


def _names(tolerance: Tolerance, row: Row) -> bool:
    return (
        row.metric in tolerance.metrics
        and (tolerance.of is None or row.name in tolerance.of)
        and (tolerance.scenarios is None or row.scenario in tolerance.scenarios)
    )


def _without_row(name: str, tolerance: Tolerance, rows: Sequence[Row]) -> Iterator[Finding]:
    """Of its rows: one for each of its scenarios and models, together if it names both."""
    level = _unseen(tolerance)
    scenarios: Sequence[str | None] = tolerance.scenarios or [None]
    of: Sequence[str | None] = tolerance.of or [None]
    for scenario, whose in product(scenarios, of) if level in OFFENDING else ():
        if not any(scenario in (None, row.scenario) and whose in (None, row.name) for row in rows):
            named = " ".join(filter(None, [scenario, whose])) or "this configuration"
            yield Finding(level, name, why=f"{named} has no {' or '.join(tolerance.metrics)}")


def _unseen(tolerance: Tolerance) -> Level:
    """What becomes of what cannot be looked at."""
    match tolerance.not_comparable:
        case "allow":
            return Level.ALLOWED
        case None:
            return Level.FAIL if tolerance.fail else Level.WARN
        case level:
            return Level(level)


def _held(name: str, tolerance: Tolerance, row: Row) -> Finding:
    if row.word is Word.NOT_COMPARABLE:
        if row.before is None and row.after is not None:
            return Finding(Level.NEW, name, row)
        return Finding(_unseen(tolerance), name, row, why=row.why)
    for level, limit in ((Level.FAIL, tolerance.fail), (Level.WARN, tolerance.warn)):
        if limit and row.word is not Word.SAME and all(_exceeded(limit, row)):
            return Finding(level, name, row, limit)
    return Finding(Level.WITHIN, name, row)


def _exceeded(limit: Limit, row: Row) -> Iterator[bool]:
    """For each thing that a limit names, whether the row is worse by more.

    A row of words, such as a verdict, has no difference: it is worse at all, or not.
    """
    worse = row.word is Word.WORSE
    by = row.difference if row.better == "lower" or row.difference is None else -row.difference
    size = 0.0 if isinstance(row.before, str | None) else abs(row.before)
    if limit.absolute is not None:
        yield worse if by is None else by > limit.absolute
    if limit.relative is not None:
        yield worse if by is None else by > limit.relative * size
    if limit.beyond_chance:
        yield worse
