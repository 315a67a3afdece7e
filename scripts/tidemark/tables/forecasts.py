"""Tables on models: what was fitted, what its forecasts were worth, and how they compare."""

import json
from collections.abc import Sequence
from statistics import fmean

from tidemark.layout.evaluate import MODEL_INTERVALS, MODEL_SCORES, MODEL_SPREAD
from tidemark.layout.scenario_compare import COMPARISON
from tidemark.layout.train_models import CROSS_VALIDATION
from tidemark.tables.table import Record, Records, Rows, Table, as_time, count, real, text, time

PAIR = {
    "scenario": text("way to preprocess, by its name in config.yaml"),
    "model": text("by its name in config.yaml"),
}
UNIT = "mae and rmse are decimal fractions of return, mse the square of that, the rest ratios"
METRIC = text("mae, mse, rmse, r2, directional_accuracy, information_coefficient or skill")


def metric_rows(scores: Sequence[Record]) -> Rows:
    """Table metrics."""
    return [
        {**_pair(record), "metric": metric, "value": value}
        for record in scores
        for metric, value in record["metrics"].items()
    ]


def interval_rows(bootstraps: Sequence[Record]) -> Rows:
    """Table intervals."""
    return [
        {
            **_pair(record),
            "metric": metric,
            "lower": lower,
            "upper": upper,
            "level": record["level"],
        }
        for record in bootstraps
        for metric, (lower, upper) in record["intervals"].items()
    ]


def fold_rows(validations: Sequence[Record]) -> Rows:
    """Table cv_scores."""
    return [
        {**_pair(record), "fold": fold["fold"], "metric": metric, "value": value}
        for record in validations
        for fold in record["folds"]
        for metric, value in fold.items()
        if metric != "fold"
    ]


def fold_summary(folds: Rows) -> Rows:
    """Table cv_summary, from rows of cv_scores; a metric that no fold has is left out."""
    key = (*PAIR, "metric")
    found: dict[tuple[str, ...], list[float]] = {}
    for row in folds:
        values = found.setdefault(tuple(row[name] for name in key), [])
        values += [row["value"]] if row["value"] is not None else []
    return [
        {
            **dict(zip(key, names, strict=True)),
            "value": fmean(values),
            "lower": min(values),
            "upper": max(values),
        }
        for names, values in found.items()
        if values
    ]


def model_rows(scores: Sequence[Record], validations: Sequence[Record]) -> Rows:
    """Table models: a row for each of `scores`, with the validation of the same names."""
    validation_of = {(record["scenario"], record["model"]): record for record in validations}
    return [
        {
            **_pair(trained),
            "fitted": trained["fitted"],
            "estimator": trained["estimator"],
            "parameters": json.dumps(trained["parameters"]),
            "fallback_reason": trained["fallback"] and trained["fallback"]["reason"],
            "train_rows": trained["train_rows"],
            "train_first": as_time(trained["train_first"]),
            "train_last": as_time(trained["train_last"]),
            "test_rows": tested["rows"],
            "test_dates": tested["dates"],
            "test_first": as_time(tested["first"]),
            "test_last": as_time(tested["last"]),
        }
        for tested in scores
        for trained in [validation_of[tested["scenario"], tested["model"]]]
    ]


def sentences(results: Sequence[Record]) -> Rows:
    """A row for each sentence of a conclusion."""
    (result,) = results
    return [{"sentence": sentence} for sentence in result["conclusion"]]


def _pair(record: Record) -> Record:
    return {"scenario": record["scenario"], "model": record["model"]}


TABLES = (
    Table(
        "metrics",
        f"A metric of a model's test forecasts; {UNIT}.",
        Records((MODEL_SCORES,), metric_rows),
        {**PAIR, "metric": METRIC, "value": real("estimate; null if undefined")},
    ),
    Table(
        "intervals",
        f"The interval of a metric, from a moving-block bootstrap over test dates; {UNIT}.",
        Records((MODEL_INTERVALS,), interval_rows),
        {
            **PAIR,
            "metric": METRIC,
            "lower": real("lower end; null if undefined"),
            "upper": real("upper end; null if undefined"),
            "level": real("confidence, such as 0.95"),
        },
    ),
    Table(
        "cv_scores",
        f"A metric on one fold of the walk-forward cross-validation; {UNIT}.",
        Records((CROSS_VALIDATION,), fold_rows),
        {
            **PAIR,
            "fold": count("number of the fold, from the earliest on"),
            "metric": text("mae, rmse, r2 and others"),
            "value": real("on the fold's own dates; null if undefined"),
        },
    ),
    Table(
        "cv_summary",
        f"A metric over the folds of the cross-validation; {UNIT}.",
        Records((CROSS_VALIDATION,), lambda validations: fold_summary(fold_rows(validations))),
        {
            **PAIR,
            "metric": text("mae, rmse, r2 and others"),
            "value": real("mean over the folds"),
            "lower": real("lowest fold"),
            "upper": real("highest fold"),
        },
    ),
    Table(
        "models",
        "What was really fitted, on which rows, and on which it was tested.",
        Records((MODEL_SCORES, CROSS_VALIDATION), model_rows),
        {
            **PAIR,
            "fitted": text("name of the model that was fitted, another one after a fallback"),
            "estimator": text("kind of model, a file in models/estimators/"),
            "parameters": text("of the estimator, as JSON"),
            "fallback_reason": text("why another model stands in its place; null if none does"),
            "train_rows": count("rows of the training set, a row a ticker and bar"),
            "train_first": time("first bar of the training set"),
            "train_last": time("last bar of the training set"),
            "test_rows": count("rows of the test set"),
            "test_dates": count("distinct times in the test set"),
            "test_first": time("first bar of the test set"),
            "test_last": time("last bar of the test set"),
        },
    ),
    Table(
        "spread",
        "How many test rows lie outside the axes of a model's figures.",
        Records((MODEL_SPREAD,), list),
        {
            **PAIR,
            "reach": real("percent of return that axes reach: almost no true return is beyond"),
            "outside": count("rows whose return or forecast is beyond the reach"),
            "outside_magnified": count("rows whose return is beyond it, or forecast its quarter"),
            "errors_outside": count("rows whose error is beyond it, or forecast its quarter"),
            "errors_beyond": count("rows whose error is beyond it"),
        },
    ),
    Table(
        "paired_differences",
        "A metric of one model less that of another, on the rows that both have, with the same"
        f" resampled dates for both; {UNIT}.",
        Records((COMPARISON,), lambda results: results[0]["paired_differences"]),
        {
            **PAIR,
            "less_scenario": text("scenario of what is taken away"),
            "less_model": text("model of what is taken away: the baseline, or the same model"),
            "metric": METRIC,
            "difference": real("estimate"),
            "lower": real("lower end of the interval at comparison.confidence"),
            "upper": real("upper end of the interval at comparison.confidence"),
            "adjusted_lower": real("lower end at comparison.adjusted_confidence; mse only"),
            "adjusted_upper": real("upper end at comparison.adjusted_confidence; mse only"),
            "verdict": text(
                "better, worse, no difference shown or undefined; null where none is asked for"
            ),
        },
    ),
    Table(
        "comparison",
        "How models were compared; one row.",
        Records((COMPARISON,), list),
        {
            "baseline": text("model that all others are held against"),
            "confidence": real("of intervals that are not corrected"),
            "adjusted_confidence": real("of the intervals behind verdicts (Bonferroni)"),
            "comparisons": count("models held against the baseline, over all scenarios"),
            "block_length": count("dates in a block of the bootstrap"),
            "bootstrap_replicates": count("drawn for each interval that is not corrected"),
        },
    ),
    Table(
        "conclusion",
        "What the comparison of models shows, a sentence a row, the verdict first.",
        Records((COMPARISON,), sentences),
        {"sentence": text("in English")},
    ),
)
