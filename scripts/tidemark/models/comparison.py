"""All models of all scenarios side by side, and which differences the test dates can show.

Two forecasts are compared on the rows that both have, with the same resampled dates for both: the
differences are paired. Whether a model beats the baseline is decided for all of them together, by
`verdicts`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from tidemark.arrays import Floats, Times
from tidemark.bars import joining
from tidemark.bars.long_form import KEYS
from tidemark.layout.evaluate import FORECASTS
from tidemark.models import forecast_metrics, verdicts
from tidemark.models.forecast_metrics import DateSums
from tidemark.models.settings import Evaluate
from tidemark.models.verdicts import BETTER, NO_VERDICT, UNDECIDED, UNDEFINED, WORSE
from tidemark.statistics import block_length, bootstrap
from tidemark.statistics.step_down import draws_in_tail

import numpy as np
import pandas as pd

Pair = tuple[str, str]  # scenario, model
Record = dict[str, Any]

BASELINE = "is the baseline"
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
        forecasts: timestamp, ticker, y_true, y_pred of each pair.
        scores: the records that evaluate wrote: fitted, metrics.
        intervals: the bootstrap records that evaluate wrote: intervals, block_length.
        settings: how to judge.
        horizon: bars that a target reaches ahead; a block is as long at least.
        seed: of the bootstrap.

    Returns:
        baseline, confidence, error_rate (1 - confidence), comparisons (models held against the
        baseline), block_length (dates, of differences), shortest_block and longest_block (of the
        intervals that evaluate wrote), bootstrap_replicates, draws (behind each verdict),
        draws_in_tail (of these, at or beyond a critical value), suspicious_r2, conclusion
        (sentences), table (one record a pair) and paired_differences (one record for two pairs and
        a metric).

    Raises:
        BadValue: a block is longer than the dates; the confidence is too high to draw enough.
    """
    sums = _Sums(forecasts, settings.baseline)
    compared = _against_baseline(forecasts, settings.baseline)
    judged, length, draws = _judged(sums, compared, settings, horizon, seed)
    differences = list(_paired_differences(sums, compared, judged, settings, length, draws, seed))
    to_baseline: dict[Pair, dict[str, Record]] = {pair: {} for pair in forecasts}
    for record in differences:
        if record["scenario"] == record["less_scenario"]:
            to_baseline[record["scenario"], record["model"]][record["metric"]] = record
    table = [
        _row(pair, scores[pair], intervals[pair]["intervals"], to_baseline[pair])
        for pair in forecasts
    ]
    blocks = [intervals[pair]["block_length"] for pair in forecasts]
    return {
        "baseline": settings.baseline,
        "confidence": settings.confidence,
        "error_rate": 1.0 - settings.confidence,
        "comparisons": len(compared),
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


def work(pairs: Sequence[Pair], settings: Evaluate) -> Work:
    """How much there is to do, which grows with the square of the scenarios."""
    comparisons = len(_against_baseline(pairs, settings.baseline))
    draws, across = verdicts.draws(settings, comparisons), len(_across_scenarios(pairs))
    drawn = comparisons * draws + across * settings.bootstrap_replicates
    return Work(comparisons, draws, across, DRAW * drawn)


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


def _too_good(table: Sequence[Record], most: float) -> list[str]:
    """A sentence if the forecasts of any model are too good to be true."""
    rows = [row for row in table if forecast_metrics.suspicious(row, most)]
    if not rows:
        return []
    best = max(rows, key=lambda row: float(row["r2"]))
    return [
        f"Look for an error: {len(rows)} of {len(table)} models have an R² above {most:g} on the"
        f" test rows, at most {best['r2']:.3f} ({best['scenario']}, {best['model']}); a feature or"
        " the target may know the future."
    ]


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


def _against_baseline(forecasts: Iterable[Pair], baseline: str) -> list[tuple[Pair, Pair]]:
    return [
        ((scenario, model), (scenario, baseline))
        for scenario, model in forecasts
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
        self._own: dict[Pair, DateSums] = {}

    def of_all(self, pair: Pair) -> DateSums:
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

    def of_both(self, pair: Pair, other: Pair) -> tuple[DateSums, DateSums]:
        """Over the rows that both have."""
        rows, others = self._forecasts[pair][KEYS], self._forecasts[other][KEYS]
        if rows.equals(others):
            return self.of_all(pair), self.of_all(other)
        if pair[0] == other[0]:
            self.require_same_rows(pair, other)
        rows = rows.merge(others, on=KEYS, validate="one_to_one")
        return self._over(rows, pair), self._over(rows, other)

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


def _judged(
    sums: _Sums, compared: Sequence[tuple[Pair, Pair]], settings: Evaluate, horizon: int, seed: int
) -> tuple[dict[Pair, Record], int, int]:
    """The verdict on each pair, the dates in a block of its bootstrap, and how often it draws."""
    draws = verdicts.draws(settings, len(compared))
    if not compared:
        return {}, block_length.chosen(settings.block_length, np.empty((0, 0)), horizon), draws
    for pair, other in compared:
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
        scenario, model, less_scenario, less_model, metric, difference, lower, upper, and for MSE
        against the baseline adjusted_p, adjusted_lower, adjusted_upper and verdict (None
        otherwise).
    """
    often, once = (
        _Drawn(length, replicates, seed) for replicates in (draws, settings.bootstrap_replicates)
    )
    for pair, other in compared:
        for record in _differences(sums, pair, other, often, settings.confidence):
            yield record | (judged[pair] if record["metric"] == "mse" else NO_VERDICT)
    for pair, other in _across_scenarios(sums.pairs()):
        for record in _differences(sums, pair, other, once, settings.confidence):
            yield record | NO_VERDICT


class _Drawn:
    """Metrics of resampled dates; the same dates for all forecasts of as many dates."""

    def __init__(self, length: int, replicates: int, seed: int) -> None:
        self._length, self._replicates, self._seed = length, replicates, seed
        self._last: tuple[DateSums, dict[str, Floats]] | None = None

    def of(self, sums: DateSums) -> dict[str, Floats]:
        starts = bootstrap.block_starts(len(sums.rows), self._length, self._replicates, self._seed)
        table = bootstrap.resample(sums.as_table(), starts, self._length)
        return forecast_metrics.combine(DateSums.of_table(table))

    def of_other(self, sums: DateSums) -> dict[str, Floats]:
        """The same, kept until asked for others: one baseline is taken from many models."""
        if self._last is None or self._last[0] is not sums:
            self._last = sums, self.of(sums)
        return self._last[1]


def _differences(
    of: _Sums, pair: Pair, other: Pair, drawn: _Drawn, confidence: float
) -> Iterator[Record]:
    """One record a metric."""
    ours, theirs = of.of_both(pair, other)
    less = _less(drawn.of(ours), drawn.of_other(theirs))
    estimate = _less(*map(forecast_metrics.over_all_dates, (ours, theirs)))
    for name in forecast_metrics.METRICS:
        lower, upper = bootstrap.interval(less[name], confidence)
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
    scores: Mapping[str, Any],
    intervals: Mapping[str, Sequence[float]],
    to_baseline: Mapping[str, Record],
) -> Record:
    """A line of the table: metrics with intervals, differences to the baseline, verdict."""
    row: Record = {"scenario": pair[0], "model": pair[1], "fitted": scores["fitted"]}
    for name in forecast_metrics.METRICS:
        lower, upper = intervals[name]
        row |= {name: scores["metrics"][name], f"{name}_lower": lower, f"{name}_upper": upper}
    for name in ("mse", "skill"):
        record = to_baseline.get(name, {})
        row |= {
            f"{name}_difference": record.get("difference"),
            f"{name}_difference_lower": record.get("lower"),
            f"{name}_difference_upper": record.get("upper"),
        }
    judged = to_baseline.get("mse", NO_VERDICT | {"verdict": BASELINE})
    return row | {
        "mse_difference_adjusted_p": judged["adjusted_p"],
        "mse_difference_adjusted_lower": judged["adjusted_lower"],
        "mse_difference_adjusted_upper": judged["adjusted_upper"],
        "verdict": judged["verdict"],
    }
