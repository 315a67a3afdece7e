"""All models of all scenarios side by side, and which differences the test dates can show.

Two forecasts are compared on the rows that both have, with the same resampled dates for both: the
differences are paired. A model of returns is held against the baseline, one of direction against
the base rate of its training rows; no metric of one is compared with one of the other. Whether a
model beats what it is held against is decided for all of both kinds together, by `verdicts`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from tidemark.arrays import Floats, Times
from tidemark.bars import joining
from tidemark.bars.long_form import KEYS
from tidemark.errors import BadValue
from tidemark.layout.evaluate import FORECASTS
from tidemark.models import direction, verdicts
from tidemark.models.direction import BASE_RATE
from tidemark.models.settings import Evaluate
from tidemark.models.verdicts import BETTER, NO_VERDICT, UNDECIDED, UNDEFINED, WORSE
from tidemark.models.worth import WORTH, Sums, Worth
from tidemark.statistics import block_length, bootstrap
from tidemark.statistics.step_down import draws_in_tail
from tidemark.targets import Target

import numpy as np
import pandas as pd

Pair = tuple[str, str]  # scenario, model
Record = dict[str, Any]

BASELINE = "is the baseline"
HELD_AGAINST: Mapping[Target, tuple[str, str]] = {
    "return": ("model", "baseline"),
    "direction": ("model of direction", BASE_RATE),
}
TOO_GOOD: Mapping[Target, str] = {
    "return": "have an R²",
    "direction": "of direction have a Brier skill",
}
DRAW = 5e-6  # seconds to draw a difference of all metrics, of 700 dates: measured on 2 cores


def compare(
    forecasts: Mapping[Pair, pd.DataFrame],
    scores: Mapping[Pair, Mapping[str, Any]],
    intervals: Mapping[Pair, Mapping[str, Any]],
    settings: Evaluate,
    horizon: int,
    seed: int,
) -> Record:
    """Put every model of every scenario side by side.

    Args:
        forecasts: timestamp, ticker, y_true, y_pred of each pair; of direction also y_base.
        scores: the records that evaluate wrote: fitted, metrics.
        intervals: the bootstrap records that evaluate wrote: intervals, block_length.
        settings: how to judge.
        horizon: bars that a target reaches ahead; a block is as long at least.
        seed: of the bootstrap.

    Returns:
        baseline, confidence, error_rate (1 - confidence), comparisons (models held against the
        baseline or the base rate), of_direction (of these, models of direction), block_length
        (dates, of differences), shortest_block and longest_block (of the intervals that evaluate
        wrote), bootstrap_replicates, draws (behind each verdict), draws_in_tail (of these, at or
        beyond a critical value), suspicious_r2, conclusion (sentences), table (one record a pair)
        and paired_differences (one record for two pairs and a metric).

    Raises:
        BadValue: a block is longer than the dates; the confidence is too high to draw enough.
    """
    targets = {pair: _target(frame) for pair, frame in forecasts.items()}
    baseline = _baseline(settings)
    sums = _Sums(forecasts, baseline)
    compared = _against_baseline(targets, baseline)
    judged, length, draws = _judged(sums, compared, settings, horizon, seed)
    differences = list(_paired_differences(sums, compared, judged, settings, length, draws, seed))
    to_baseline: dict[Pair, dict[str, Record]] = {pair: {} for pair in forecasts}
    for record in differences:
        if record["scenario"] == record["less_scenario"]:
            to_baseline[record["scenario"], record["model"]][record["metric"]] = record
    table = [
        _row(pair, target, scores[pair], intervals[pair]["intervals"], to_baseline[pair])
        for pair, target in targets.items()
    ]
    blocks = [intervals[pair]["block_length"] for pair in forecasts]
    return {
        "baseline": baseline,
        "confidence": settings.confidence,
        "error_rate": 1.0 - settings.confidence,
        "comparisons": len(compared),
        "of_direction": sum(targets[pair] == "direction" for pair, _ in compared),
        "block_length": length,
        "shortest_block": min(blocks),
        "longest_block": max(blocks),
        "bootstrap_replicates": settings.bootstrap_replicates,
        "draws": draws,
        "draws_in_tail": draws_in_tail(draws, settings.confidence),
        "suspicious_r2": settings.suspicious_r2,
        "conclusion": [
            *_too_good(table, settings.suspicious_r2),
            *conclude(table),
            *_same_forecasts(forecasts),
            *_shared(forecasts),
        ],
        "table": table,
        "paired_differences": differences,
    }


class Work(NamedTuple):
    """What is to be compared."""

    comparisons: int  # with the baseline
    draws: int  # of each
    pairs: int  # a model in two scenarios, of `bootstrap_replicates` draws each
    seconds: float  # that it takes, about


def work(forecasts: Mapping[Pair, pd.DataFrame], settings: Evaluate) -> Work:
    """How much there is to do, which grows with the square of the scenarios."""
    targets = {pair: _target(frame) for pair, frame in forecasts.items()}
    comparisons = len(_against_baseline(targets, _baseline(settings)))
    draws, across = verdicts.draws(settings, comparisons), len(_across_scenarios(targets))
    drawn = comparisons * draws + across * settings.bootstrap_replicates
    return Work(comparisons, draws, across, DRAW * drawn)


def _baseline(settings: Evaluate) -> str:
    if settings.baseline is None:
        raise BadValue("baseline", "is not said", "name a model")
    return settings.baseline


def conclude(table: Sequence[Record]) -> list[str]:
    """What the comparison shows, in sentences; says so plainly when nothing beats the baseline."""
    sentences = []
    for target, (a_model, baseline) in HELD_AGAINST.items():
        rows = [row for row in table if row["target"] == target]
        better, worse, undecided, undefined = (
            _models_in_words(rows, verdict) for verdict in (BETTER, WORSE, UNDECIDED, UNDEFINED)
        )
        if better:
            sentences.append(f"Better than the {baseline}: {better}.")
        elif rows:
            sentences.append(f"No {a_model} beats the {baseline} in any scenario.")
        if worse:
            sentences.append(f"Worse than the {baseline}: {worse}.")
        if undecided:
            sentences.append(f"No difference from the {baseline} is shown for {undecided}.")
        if undefined:
            sentences.append(f"The difference from the {baseline} is undefined for {undefined}.")
    return sentences


def _too_good(table: Sequence[Record], most: float) -> list[str]:
    """A sentence for each target if the forecasts of any of its models are too good to be true."""
    sentences = []
    for target, worth in WORTH.items():
        of = [row for row in table if row["target"] == target]
        metric, named = worth.explained, TOO_GOOD[target]
        rows = [row for row in of if row[metric] > most]
        if not rows:
            continue
        best = max(rows, key=lambda row: float(row[metric]))
        sentences.append(
            f"Look for an error: {len(rows)} of {len(of)} models {named} above {most:g} on the"
            f" test rows, at most {best[metric]:.3f} ({best['scenario']}, {best['model']}); a"
            " feature or the target may know the future."
        )
    return sentences


def _models_in_words(table: Sequence[Record], verdict: str) -> str:
    """The models of that verdict, each with its scenarios unless these are all."""
    scenarios = {row["scenario"] for row in table}
    scenarios_of: dict[str, list[str]] = {}
    for row in table:
        if row["verdict"] == verdict:
            scenarios_of.setdefault(row["model"], []).append(row["scenario"])
    everywhere = [model for model, where in scenarios_of.items() if len(where) == len(scenarios)]
    partly = [
        f"{model} (in {', '.join(where)})"
        for model, where in scenarios_of.items()
        if model not in everywhere
    ]
    return ", ".join([*everywhere, *partly])


def _same_forecasts(forecasts: Mapping[Pair, pd.DataFrame]) -> list[str]:
    """A sentence for each two scenarios that led every model to the same forecasts."""
    scenarios = list(dict.fromkeys(scenario for scenario, _ in forecasts))
    models = list(dict.fromkeys(model for _, model in forecasts))
    return [
        f"{a} and {b} led to the same forecasts: on this data they do the same."
        for a, b in combinations(scenarios, 2)
        if all(forecasts[a, model].equals(forecasts[b, model]) for model in models)
    ]


def _shared(forecasts: Mapping[Pair, pd.DataFrame]) -> list[str]:
    """A sentence for each two scenarios that did not forecast the same rows."""
    rows = {scenario: frame[KEYS] for (scenario, _), frame in forecasts.items()}
    scenarios = dict.fromkeys(scenario for scenario, _ in forecasts)
    return [
        f"{a} and {b} are compared on the {len(rows[a].merge(rows[b], on=KEYS)):,} rows that both"
        f" have, of {len(rows[a]):,} and {len(rows[b]):,}."
        for a, b in combinations(scenarios, 2)
        if not rows[a].equals(rows[b])
    ]


def _target(forecasts: pd.DataFrame) -> Target:
    return "direction" if direction.is_forecast(forecasts) else "return"


def _against_baseline(targets: Mapping[Pair, Target], baseline: str) -> list[tuple[Pair, Pair]]:
    """Each model with what it is held against: the baseline, or the base rate."""
    return [
        ((scenario, model), (scenario, BASE_RATE if target == "direction" else baseline))
        for (scenario, model), target in targets.items()
        if model != baseline
    ]


def _across_scenarios(forecasts: Iterable[Pair]) -> list[tuple[Pair, Pair]]:
    by_model: dict[str, list[Pair]] = {}
    for pair in forecasts:
        by_model.setdefault(pair[1], []).append(pair)
    return [(b, a) for pairs in by_model.values() for a, b in combinations(pairs, 2)]


class _Sums:
    """Per-date sums of forecasts, each with its own baseline; worked out once where it can be."""

    def __init__(self, forecasts: Mapping[Pair, pd.DataFrame], baseline: str) -> None:
        self._forecasts = forecasts
        self._baseline = baseline
        self._own: dict[Pair, Sums] = {}

    def of_all(self, pair: Pair) -> Sums:
        """Over the rows of a pair, which are those of its baseline."""
        if pair not in self._own:
            self._own[pair] = self._over(self._forecasts[pair][KEYS], pair)
        return self._own[pair]

    def require_same_rows(self, pair: Pair, other: Pair) -> None:
        """Refuse rows of one of two models of a scenario that the other did not forecast."""
        rows, others = self._forecasts[pair][KEYS], self._forecasts[other][KEYS]
        _require_forecast(rows, others, pair, other)
        _require_forecast(others, rows, other, pair)

    def pairs(self) -> list[Pair]:
        """Of all scenarios and models, as they were given."""
        return list(self._forecasts)

    def dates(self, pair: Pair) -> Times:
        """Of the rows of a pair, ascending."""
        return np.unique(self._forecasts[pair]["timestamp"].to_numpy())

    def worth(self, pair: Pair) -> Worth:
        """The metrics of what a pair forecasts."""
        return WORTH[_target(self._forecasts[pair])]

    def of_both(self, pair: Pair, other: Pair) -> tuple[Sums, Sums]:
        """Over the rows that both have."""
        if other[1] == BASE_RATE:
            return self.of_all(pair), _of_frame(direction.of_base_rate(self._forecasts[pair]))
        rows, others = self._forecasts[pair][KEYS], self._forecasts[other][KEYS]
        if rows.equals(others):
            return self.of_all(pair), self.of_all(other)
        if pair[0] == other[0]:
            self.require_same_rows(pair, other)
        rows = rows.merge(others, on=KEYS, validate="one_to_one")
        return self._over(rows, pair), self._over(rows, other)

    def _over(self, rows: pd.DataFrame, pair: Pair) -> Sums:
        mine = _of_rows(rows, self._forecasts[pair])
        if direction.is_forecast(mine):
            return _of_frame(mine)
        base = pair[0], self._baseline
        _require_forecast(rows, self._forecasts[base][KEYS], pair, base)
        reference = _of_rows(rows, self._forecasts[base])
        return _of_frame(mine, reference["y_pred"])


def _of_frame(forecasts: pd.DataFrame, baseline: pd.Series | None = None) -> Sums:
    """Sums of forecasts: of returns with the baseline's, of probabilities with their base rate."""
    base = forecasts["y_base"] if baseline is None else baseline
    columns = (forecasts["y_true"], forecasts["y_pred"], base)
    sums: Sums = WORTH[_target(forecasts)].per_date(
        forecasts["timestamp"].to_numpy(), *(column.to_numpy(np.float64) for column in columns)
    )
    return sums


def _require_forecast(rows: pd.DataFrame, others: pd.DataFrame, pair: Pair, other: Pair) -> None:
    """Refuse rows of one model that another one of the same scenario did not forecast."""
    if not rows.equals(others):
        name, less = (FORECASTS.format(scenario=s, model=m) for s, m in (pair, other))
        joining.require_partners(rows, others, KEYS, name, f"no partner in {less}")


def _judged(
    sums: _Sums, compared: Sequence[tuple[Pair, Pair]], settings: Evaluate, horizon: int, seed: int
) -> tuple[dict[Pair, Record], int, int]:
    """The verdict on each pair, the dates in a block of its bootstrap, and how often it draws."""
    draws = verdicts.draws(settings, len(compared))
    if not compared:
        return {}, block_length.chosen(settings.block_length, np.empty((0, 0)), horizon), draws
    for pair, other in compared:
        if other[1] != BASE_RATE:
            sums.require_same_rows(pair, other)
    pairs = [pair for pair, _ in compared]
    losses = verdicts.losses([(sums.dates(pair), sums.of_all(pair)) for pair in pairs])
    length = block_length.chosen(settings.block_length, losses.centred(), horizon)
    starts = bootstrap.block_starts(len(losses.rows), length, draws, seed)
    told = verdicts.judge(losses, starts, length, settings.confidence)
    return dict(zip(pairs, told, strict=True)), length, draws


def _paired_differences(
    sums: _Sums,
    compared: Sequence[tuple[Pair, Pair]],
    judged: Mapping[Pair, Record],
    settings: Evaluate,
    length: int,
    draws: int,
    seed: int,
) -> Iterator[Record]:
    """Differences of every metric: each model less the baseline, and less itself elsewhere.

    Yields:
        scenario, model, less_scenario, less_model, metric, difference, lower, upper, and for MSE or
        Brier score against the baseline or base rate adjusted_p, adjusted_lower, adjusted_upper and
        verdict (None otherwise).
    """
    often, once = (
        _Drawn(length, replicates, seed) for replicates in (draws, settings.bootstrap_replicates)
    )
    for pair, other in compared:
        for record in _differences(sums, pair, other, often, settings.confidence):
            loss = record["metric"] == sums.worth(pair).loss
            yield record | (judged[pair] if loss else NO_VERDICT)
    for pair, other in _across_scenarios(sums.pairs()):
        for record in _differences(sums, pair, other, once, settings.confidence):
            yield record | NO_VERDICT


class _Drawn:
    """Metrics of resampled dates; the same dates for all forecasts of as many dates."""

    def __init__(self, length: int, replicates: int, seed: int) -> None:
        self._length, self._replicates, self._seed = length, replicates, seed
        self._last: tuple[Sums, dict[str, Floats]] | None = None

    def of(self, worth: Worth, sums: Sums) -> dict[str, Floats]:
        starts = bootstrap.block_starts(len(sums.rows), self._length, self._replicates, self._seed)
        return worth.drawn(sums, starts, self._length)

    def of_other(self, worth: Worth, sums: Sums) -> dict[str, Floats]:
        """The same, kept until asked for others: one baseline is taken from many models."""
        if self._last is None or self._last[0] is not sums:
            self._last = sums, self.of(worth, sums)
        return self._last[1]


def _differences(
    of: _Sums, pair: Pair, other: Pair, drawn: _Drawn, confidence: float
) -> Iterator[Record]:
    """One record a metric."""
    worth, (ours, theirs) = of.worth(pair), of.of_both(pair, other)
    less = _less(drawn.of(worth, ours), drawn.of_other(worth, theirs))
    estimate = _less(*map(worth.over_all_dates, (ours, theirs)))
    for name in worth.metrics:
        lower, upper = bootstrap.interval(less[name], confidence, bootstrap.DEFINED)
        yield {
            "scenario": pair[0],
            "model": pair[1],
            "less_scenario": other[0],
            "less_model": other[1],
            "metric": name,
            "difference": float(estimate[name]),
            "lower": lower,
            "upper": upper,
        }


def _of_rows(rows: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """The forecasts of these rows; mostly it is all of them, and then there is nothing to merge."""
    return frame if frame[KEYS].equals(rows) else rows.merge(frame, on=KEYS, how="left")


def _less(ours: Mapping[str, Floats], theirs: Mapping[str, Floats]) -> dict[str, Floats]:
    """Our metrics less theirs, by name."""
    return {name: ours[name] - theirs[name] for name in ours}


def _row(
    pair: Pair,
    target: Target,
    scores: Mapping[str, Any],
    intervals: Mapping[str, Sequence[float]],
    to_baseline: Mapping[str, Record],
) -> Record:
    """A line of the table: metrics with intervals, differences to the baseline, verdict.

    Those of the other target are blank.
    """
    row: Record = {"scenario": pair[0], "model": pair[1], "fitted": scores["fitted"]}
    row["target"] = target
    for name in (name for worth in WORTH.values() for name in worth.metrics):
        lower, upper = intervals.get(name, (None, None))
        value = scores["metrics"].get(name)
        row |= {name: value, f"{name}_lower": lower, f"{name}_upper": upper}
    for name in (name for worth in WORTH.values() for name in (worth.loss, worth.skill)):
        record = to_baseline.get(name, {})
        row |= {
            f"{name}_difference": record.get("difference"),
            f"{name}_difference_lower": record.get("lower"),
            f"{name}_difference_upper": record.get("upper"),
        }
    for loss in (worth.loss for worth in WORTH.values()):
        judged = to_baseline.get(loss, NO_VERDICT)
        row |= {
            f"{loss}_difference_adjusted_p": judged["adjusted_p"],
            f"{loss}_difference_adjusted_lower": judged["adjusted_lower"],
            f"{loss}_difference_adjusted_upper": judged["adjusted_upper"],
        }
    judged = to_baseline.get(WORTH[target].loss, {"verdict": BASELINE})
    return row | {"verdict": judged["verdict"]}
