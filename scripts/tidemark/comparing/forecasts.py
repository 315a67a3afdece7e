"""Models of two runs, paired by the dates that both tested."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tidemark.arrays import Floats, Integers, Times
from tidemark.comparing.comparison import Row
from tidemark.comparing.plan import FEWEST_BLOCKS, FORECASTS_SEED, Plan
from tidemark.comparing.side import Side, same_evidence
from tidemark.comparing.testing import ROUNDING, Group, Paired, same
from tidemark.layout.evaluate import MODEL_EVIDENCE
from tidemark.models import by_date
from tidemark.models.worth import Sums, Worth
from tidemark.naming import counted
from tidemark.statistics import block_length, bootstrap
from tidemark.targets import BETTER, METRICS, Target

import numpy as np
from numpy.typing import NDArray

Pair = tuple[str, str]  # scenario, model
Values = Mapping[str, float | None]

OTHER = "what was forecast differs (horizon, prices or tickers)"


@dataclass(frozen=True)
class _Shared:
    """What both runs forecast of the same dates.

    Attributes:
        dates: (dates,), ascending.
        worth: of what is forecast.
        before, after: sums of these dates.
        other: on how many further dates of both something else was forecast.
        fewer: whether the run before tested more dates.
        note: what was left out; empty if nothing was.
    """

    dates: Times
    worth: Worth
    before: Sums
    after: Sums
    other: int
    fewer: bool
    note: str

    def centred(self) -> Floats:
        """(dates,) squared errors after less before, of mean 0 in good part."""
        loss = self.after.squared_errors - self.before.squared_errors
        return np.asarray(loss - loss.mean())


def compared(before: Side, after: Side, plan: Plan) -> Group:
    """A row for every metric of every model of either run.

    Metrics that this version does not know are left out: nobody can say which way is better.
    """
    was, now = _metrics(before), _metrics(after)
    rows = {
        pair: list(_rows(pair, was.get(pair, {}), now.get(pair, {})))
        for pair in dict.fromkeys([*now, *was])
    }
    found = {pair: _looked_up(pair, was, now, before, after) for pair in rows}
    shared = {pair: one for pair, one in found.items() if isinstance(one, _Shared)}
    dates, length = _dates(shared, plan)
    paired: list[Paired] = []
    others: list[Row] = []
    starts = None
    for pair, one in found.items():
        why = one if isinstance(one, str) else _too_few(one, length)
        if one is None:
            others += map(same, rows[pair])
        elif isinstance(one, str) or why:
            others += [replace(row, why=why) for row in rows[pair]]
        else:
            if starts is None:
                starts = bootstrap.block_starts(len(dates), length, plan.draws, FORECASTS_SEED)
            drawn = _drawn(one, dates, starts, length)
            for row in rows[pair]:
                if row.metric in drawn:
                    paired.append(_paired(row, one, drawn[row.metric]))
                else:
                    others.append(replace(row, why="it is no sum over dates, so it is not paired"))
    return Group(paired, others, length if paired else None, len(dates) / length)


def _metrics(side: Side) -> dict[Pair, dict[str, float | None]]:
    values: dict[Pair, dict[str, float | None]] = {}
    for record in side.results.get("metrics") or ():
        pair = record["scenario"], record["model"]
        values.setdefault(pair, {})[record["metric"]] = record["value"]
    return values


def _rows(pair: Pair, was: Values, now: Values) -> Iterator[Row]:
    """What the runs' records say, not yet compared."""
    for metric in dict.fromkeys([*now, *was]):
        if metric in BETTER:
            a, b = was.get(metric), now.get(metric)
            yield Row(
                kind="model",
                scenario=pair[0],
                name=pair[1],
                metric=metric,
                better=BETTER[metric],
                before=a,
                after=b,
                difference=None if a is None or b is None else b - a,
            )


def _looked_up(
    pair: Pair,
    was: Mapping[Pair, Values],
    now: Mapping[Pair, Values],
    before: Side,
    after: Side,
) -> _Shared | str | None:
    """What both runs forecast of the same dates; why there is nothing; None if all is the same.

    A date on which something else was forecast, as it is with another horizon, revised prices or
    another ticker, is left out.
    """
    if pair not in was or pair not in now:
        return "the model is new" if pair in now else "the model is gone"
    old, new = _target(was[pair]), _target(now[pair])
    if old != new:
        return f"it forecasts {new} now, and {old} before"
    path = MODEL_EVIDENCE.format(scenario=pair[0], model=pair[1])
    if same_evidence(path, before, after):
        return None
    tables = []
    for side in (before, after):
        table = side.evidence(path)
        if isinstance(table, str):
            return table
        kept = by_date.of_table(table)
        if kept is None or kept.worth.metrics != METRICS[new].metrics:
            return f"the figures by date of {side.name} are of another version"
        tables.append(kept)
    return _shared(*tables)


def _target(values: Values) -> Target:
    """What a model with these metrics forecasts."""
    return next(target for target, names in METRICS.items() if names.loss in values)


def _shared(before: by_date.ByDate, after: by_date.ByDate) -> _Shared | str:
    dates, ours, theirs = np.intersect1d(
        before.dates, after.dates, assume_unique=True, return_indices=True
    )
    if not len(dates):
        return "no test date is in both runs"
    same_truth = _same_truth(before.at(ours), after.at(theirs))
    other = int(np.count_nonzero(~same_truth))
    if other == len(dates):
        return f"{OTHER} on all of the {counted(other, 'date')} that both tested"
    notes = []
    if not len(dates) == len(before.dates) == len(after.dates):
        notes.append(
            f"on the {counted(len(dates), 'date')} that both tested, of {len(before.dates):,} and"
            f" {len(after.dates):,}"
        )
    if other:
        notes.append(f"{OTHER} on {counted(other, 'date')} of these, which are left out")
    return _Shared(
        dates[same_truth],
        after.worth,
        before.at(ours[same_truth]),
        after.at(theirs[same_truth]),
        other=other,
        fewer=len(dates) - other < len(before.dates),
        note="; ".join(notes),
    )


def _same_truth(before: Sums, after: Sums) -> NDArray[np.bool_]:
    """(dates,) whether both forecast the same there: as many rows, with the same true values.

    Sums of true values are about a level of each run, the mean over its test set. So they may
    differ by a level that is the same for every row: the median, as most dates may not differ.
    """
    rows = before.rows
    known: NDArray[np.bool_] = np.equal(rows, after.rows)
    if not known.any():
        return known
    (sums, squares), (later, later_squares) = before.truth(), after.truth()
    level = float(np.median(((sums - later) / rows)[known]))
    moved = squares - 2.0 * level * sums + rows * level**2
    size = float(np.sqrt(squares.sum() / rows.sum())) + abs(level)
    known &= np.abs(sums - later - rows * level) <= ROUNDING * rows * size
    known &= np.abs(moved - later_squares) <= ROUNDING * rows * size**2
    return known


def _dates(shared: Mapping[Pair, _Shared], plan: Plan) -> tuple[Times, int]:
    """All dates that any pair shares, (dates,), and how many of them are in a block."""
    if not shared:
        return np.empty(0, dtype="datetime64[us]"), plan.horizon
    dates = np.unique(np.concatenate([one.dates for one in shared.values()]))
    series = np.zeros((len(dates), len(shared)))
    for column, one in enumerate(shared.values()):
        series[np.searchsorted(dates, one.dates), column] = one.centred()
    return dates, block_length.chosen(plan.forecasts_block, series, plan.horizon)


def _too_few(one: _Shared | None, length: int) -> str:
    """Why so few dates are not drawn from; empty if they are enough."""
    if one is None or len(one.dates) >= FEWEST_BLOCKS * length:
        return ""
    few = f"{counted(len(one.dates), 'date')}, fewer than {FEWEST_BLOCKS} blocks of {length:,}"
    if one.other:
        return f"{OTHER} on {counted(one.other, 'date')}, and is the same on only {few}"
    return f"both tested only {few}"


def _drawn(one: _Shared, dates: Times, starts: Integers, length: int) -> dict[str, Floats]:
    """(draws,) differences of each metric that follows from sums by date."""
    places = np.searchsorted(dates, one.dates)
    sides = []
    for sums in (one.before, one.after):
        own = sums.as_table()
        table = np.zeros((len(dates), own.shape[1]))
        table[places] = own
        sides.append(sums.of_table(bootstrap.resample(table, starts, length)).metrics())
    before, after = sides
    return {
        name: after[name] - before[name]
        for name in one.worth.metrics
        if name not in one.worth.of_pairs
    }


def _paired(row: Row, one: _Shared, drawn: Floats) -> Paired:
    """The row on the shared dates, whose values are those of the records if these are all."""
    a, b = (one.worth.overall(sums)[row.metric] for sums in (one.before, one.after))
    known = replace(
        row,
        before=None if math.isnan(a) else a,
        after=None if math.isnan(b) else b,
        difference=None if math.isnan(b - a) else b - a,
        fewer=one.fewer,
        why=one.note,
    )
    return Paired(known, drawn, one.worth.follows.get(row.metric))
