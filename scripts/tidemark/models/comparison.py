"""All models of all scenarios side by side, and which differences the test dates can show.

Two forecasts are compared on the rows that both have, with the same resampled dates for both: the
differences are paired. A model beats the baseline only if the interval of its MSE less the
baseline's lies below 0 at a level corrected for the number of models compared (Bonferroni).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from tidemark.arrays import Floats
from tidemark.bars import joining
from tidemark.bars.long_form import KEYS
from tidemark.layout.evaluate import FORECASTS
from tidemark.models import forecast_metrics
from tidemark.models.forecast_metrics import DateSums
from tidemark.models.settings import Evaluate
from tidemark.statistics import bootstrap

import numpy as np
import pandas as pd

Pair = tuple[str, str]  # scenario, model
Record = dict[str, Any]

BETTER, WORSE, UNDECIDED = "better", "worse", "no difference shown"
UNDEFINED = "undefined"  # a forecast or a target was no number
BASELINE = "is the baseline"
NOT_JUDGED: Record = {"adjusted_lower": None, "adjusted_upper": None, "verdict": None}


def compare(
    forecasts: Mapping[Pair, pd.DataFrame],
    scores: Mapping[Pair, Mapping[str, Any]],
    intervals: Mapping[Pair, Mapping[str, Any]],
    settings: Evaluate,
    seed: int,
) -> Record:
    """Put every model of every scenario side by side.

    Args:
        forecasts: timestamp, ticker, y_true, y_pred of each pair.
        scores: the records that evaluate wrote: fitted, metrics.
        intervals: the bootstrap records that evaluate wrote: intervals.
        settings: how to judge.
        seed: of the bootstrap.

    Returns:
        baseline, confidence, adjusted_confidence, comparisons (models held against the baseline),
        block_length, conclusion (sentences), table (one record a pair) and
        paired_differences (one record for two pairs and a metric).

    Raises:
        BadValue: a block is longer than the dates.
    """
    differences = list(paired_differences(forecasts, settings, seed))
    table = [
        _row(pair, scores[pair], intervals[pair]["intervals"], differences) for pair in forecasts
    ]
    comparisons = _comparisons(forecasts, settings)
    return {
        "baseline": settings.baseline,
        "confidence": settings.confidence,
        "adjusted_confidence": _adjusted(settings, comparisons),
        "comparisons": comparisons,
        "block_length": settings.block_length,
        "bootstrap_replicates": settings.bootstrap_replicates,
        "conclusion": [*conclude(table), *_same_forecasts(forecasts), *_shared(forecasts)],
        "table": table,
        "paired_differences": differences,
    }


def paired_differences(
    forecasts: Mapping[Pair, pd.DataFrame], settings: Evaluate, seed: int
) -> Iterator[Record]:
    """Differences of every metric: each model less the baseline, and less itself elsewhere.

    Yields:
        scenario, model, less_scenario, less_model, metric, difference, lower, upper, and for MSE
        against the baseline adjusted_lower, adjusted_upper and verdict (None otherwise).
    """
    comparisons = _comparisons(forecasts, settings)
    sums = _Sums(forecasts, settings.baseline)
    for pair, other in _against_baseline(forecasts, settings.baseline):
        yield from _differences(sums, pair, other, settings, seed, comparisons)
    for pair, other in _across_scenarios(forecasts):
        yield from _differences(sums, pair, other, settings, seed, 0)


def conclude(table: Sequence[Record]) -> list[str]:
    """What the comparison shows, in sentences; says so plainly when nothing beats the baseline."""
    better, worse, undecided, undefined = (
        _models_in_words(table, verdict) for verdict in (BETTER, WORSE, UNDECIDED, UNDEFINED)
    )
    sentences = [
        f"Better than the baseline: {better}."
        if better
        else "No model beats the baseline in any scenario."
    ]
    if worse:
        sentences.append(f"Worse than the baseline: {worse}.")
    if undecided:
        sentences.append(f"No difference from the baseline is shown for {undecided}.")
    if undefined:
        sentences.append(f"The difference from the baseline is undefined for {undefined}.")
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


def _against_baseline(forecasts: Mapping[Pair, Any], baseline: str) -> list[tuple[Pair, Pair]]:
    return [
        ((scenario, model), (scenario, baseline))
        for scenario, model in forecasts
        if model != baseline
    ]


def _across_scenarios(forecasts: Mapping[Pair, Any]) -> list[tuple[Pair, Pair]]:
    order = list(dict.fromkeys(model for _, model in forecasts))
    by_model = sorted(forecasts, key=lambda pair: order.index(pair[1]))
    return [(b, a) for a, b in combinations(by_model, 2) if a[1] == b[1]]


def _comparisons(forecasts: Mapping[Pair, Any], settings: Evaluate) -> int:
    return len(_against_baseline(forecasts, settings.baseline))


def _adjusted(settings: Evaluate, comparisons: int) -> float:
    """The confidence of each interval at which all of them hold together (Bonferroni)."""
    return 1.0 - (1.0 - settings.confidence) / max(comparisons, 1)


class _Sums:
    """Per-date sums of forecasts, each with its own baseline; worked out once where it can be."""

    def __init__(self, forecasts: Mapping[Pair, pd.DataFrame], baseline: str) -> None:
        self._forecasts = forecasts
        self._baseline = baseline
        self._own: dict[Pair, DateSums] = {}

    def of_both(self, pair: Pair, other: Pair) -> tuple[DateSums, DateSums]:
        """Over the rows that both have."""
        rows, others = self._forecasts[pair][KEYS], self._forecasts[other][KEYS]
        if rows.equals(others):
            return self._of_all(pair), self._of_all(other)
        if pair[0] == other[0]:
            _require_forecast(rows, others, pair, other)
            _require_forecast(others, rows, other, pair)
        rows = rows.merge(others, on=KEYS, validate="one_to_one")
        return self._over(rows, pair), self._over(rows, other)

    def _of_all(self, pair: Pair) -> DateSums:
        if pair not in self._own:
            self._own[pair] = self._over(self._forecasts[pair][KEYS], pair)
        return self._own[pair]

    def _over(self, rows: pd.DataFrame, pair: Pair) -> DateSums:
        mine = _of_rows(rows, self._forecasts[pair])
        base = pair[0], self._baseline
        _require_forecast(rows, self._forecasts[base][KEYS], pair, base)
        reference = _of_rows(rows, self._forecasts[base])
        columns = (mine["y_true"], mine["y_pred"], reference["y_pred"])
        return forecast_metrics.per_date(
            rows["timestamp"].to_numpy(), *(column.to_numpy(np.float64) for column in columns)
        )


def _require_forecast(rows: pd.DataFrame, others: pd.DataFrame, pair: Pair, other: Pair) -> None:
    """Refuse rows of one model that another one of the same scenario did not forecast."""
    if not rows.equals(others):
        name, less = (FORECASTS.format(scenario=s, model=m) for s, m in (pair, other))
        joining.require_partners(rows, others, KEYS, name, f"no partner in {less}")


def _differences(
    of: _Sums, pair: Pair, other: Pair, settings: Evaluate, seed: int, comparisons: int
) -> Iterator[Record]:
    """One record a metric; `comparisons` is 0 where no verdict is asked for.

    The corrected interval reads further out in the tails, so it draws as many more replicates.
    """
    ours, theirs = of.of_both(pair, other)
    replicates = settings.bootstrap_replicates * max(comparisons, 1)
    starts = bootstrap.block_starts(len(ours.rows), settings.block_length, replicates, seed)
    tables = np.hstack([ours.as_table(), theirs.as_table()])
    resampled = np.hsplit(bootstrap.resample(tables, starts, settings.block_length), 2)
    drawn = _less(*(forecast_metrics.combine(DateSums.of_table(table)) for table in resampled))
    estimate = _less(*map(forecast_metrics.over_all_dates, (ours, theirs)))
    for name in forecast_metrics.METRICS:
        lower, upper = bootstrap.interval(drawn[name], settings.confidence)
        judged = name == "mse" and comparisons > 0
        yield {
            "scenario": pair[0],
            "model": pair[1],
            "less_scenario": other[0],
            "less_model": other[1],
            "metric": name,
            "difference": float(estimate[name]),
            "lower": lower,
            "upper": upper,
            **(_judge(drawn[name], settings, comparisons) if judged else NOT_JUDGED),
        }


def _judge(drawn: Floats, settings: Evaluate, comparisons: int) -> Record:
    """The interval of an MSE difference at the corrected level, and what it says."""
    lower, upper = bootstrap.interval(drawn, _adjusted(settings, comparisons))
    if np.isnan([lower, upper]).any():
        verdict = UNDEFINED
    else:
        verdict = BETTER if upper < 0 else WORSE if lower > 0 else UNDECIDED
    return {"adjusted_lower": lower, "adjusted_upper": upper, "verdict": verdict}


def _of_rows(rows: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """The forecasts of these rows; mostly it is all of them, and then there is nothing to merge."""
    return frame if frame[KEYS].equals(rows) else rows.merge(frame, on=KEYS, how="left")


def _less(ours: Mapping[str, Floats], theirs: Mapping[str, Floats]) -> dict[str, Floats]:
    """Our metrics less theirs, by name."""
    return {name: ours[name] - theirs[name] for name in ours}


def _row(
    pair: Pair,
    scores: Mapping[str, Any],
    intervals: Mapping[str, Sequence[float]],
    differences: Sequence[Record],
) -> Record:
    """A line of the table: metrics with intervals, differences to the baseline, verdict."""
    row: Record = {"scenario": pair[0], "model": pair[1], "fitted": scores["fitted"]}
    for name in forecast_metrics.METRICS:
        lower, upper = intervals[name]
        row |= {name: scores["metrics"][name], f"{name}_lower": lower, f"{name}_upper": upper}
    to_baseline = {
        record["metric"]: record
        for record in differences
        if (record["scenario"], record["model"]) == pair and record["less_scenario"] == pair[0]
    }
    for name in ("mse", "skill"):
        record = to_baseline.get(name, {})
        row |= {
            f"{name}_difference": record.get("difference"),
            f"{name}_difference_lower": record.get("lower"),
            f"{name}_difference_upper": record.get("upper"),
        }
    judged = to_baseline.get("mse", NOT_JUDGED | {"verdict": BASELINE})
    return row | {
        "mse_difference_adjusted_lower": judged["adjusted_lower"],
        "mse_difference_adjusted_upper": judged["adjusted_upper"],
        "verdict": judged["verdict"],
    }
