"""Tables on models: what was fitted, what its forecasts were worth, and how they compare."""

import json
from collections.abc import Mapping, Sequence

from tidemark.layout.evaluate import MODEL_INTERVALS, MODEL_SCORES, MODEL_SPREAD
from tidemark.layout.scenario_compare import COMPARISON
from tidemark.layout.train_models import CROSS_VALIDATION
from tidemark.tables.table import (
    Column,
    Record,
    Records,
    Rows,
    Table,
    as_time,
    count,
    real,
    text,
    time,
)
from tidemark.targets import LOSSES, METRICS

PAIR = {
    "scenario": text("way to preprocess, by its name in config.yaml"),
    "model": text("by its name in config.yaml"),
}
UNIT = (
    "mae and rmse are decimal fractions of return, mse the square of that, brier_score the square"
    " of a probability, log_loss in nats, the rest ratios"
)
RETURN, DIRECTION = METRICS["return"], METRICS["direction"]


def _one_of(of_returns: Sequence[str], of_direction: Sequence[str], link: str) -> Column:
    """A column of names of metrics."""
    either = [f"{', '.join(names[:-1])} or {names[-1]}" for names in (of_returns, of_direction)]
    return text(link.join(either))


METRIC = _one_of(RETURN.metrics, DIRECTION.metrics, "; of models of direction ")
OF_FOLDS = _one_of(RETURN.of_folds, DIRECTION.of_folds, "; of direction ")
TARGET = text("what is forecast: return, or direction: the probability that it is above 0")


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
            "block_length": record["block_length"],
            "draws": _draws(record, metric),
        }
        for record in bootstraps
        for metric, (lower, upper) in record["intervals"].items()
    ]


def _draws(record: Record, metric: str) -> int:
    """In which a metric is defined: some, if the record counts them, else all, or none."""
    everywhere = record["intervals"][metric][0] is not None
    used: Mapping[str, int] = record.get("replicates_used", {})
    return used.get(metric, record["replicates"] if everywhere else 0)


def fold_rows(validations: Sequence[Record]) -> Rows:
    """Table cv_scores."""
    return [
        {**_pair(record), "fold": fold["fold"], "metric": metric, "value": value}
        for record in validations
        for fold in record["folds"]
        for metric, value in fold.items()
        if metric != "fold"
    ]


def summary_rows(validations: Sequence[Record]) -> Rows:
    """Table cv_summary."""
    return [
        {
            **_pair(record),
            "metric": metric,
            "value": record["mean"][metric],
            "lower": record["lowest"][metric],
            "upper": record["highest"][metric],
        }
        for record in validations
        for metric in record["mean"]
    ]


def spread_rows(spreads: Sequence[Record]) -> Rows:
    """Table spread: of models of returns."""
    return [dict(spread) for spread in spreads if "reach" in spread]


def tenth_rows(spreads: Sequence[Record]) -> Rows:
    """Table tenths: of models of returns."""
    return [{**_pair(spread), **tenth} for spread in spreads for tenth in spread.get("tenths", [])]


def reliability_rows(spreads: Sequence[Record]) -> Rows:
    """Table reliability: of models of direction."""
    return [
        {**_pair(spread), **group} for spread in spreads for group in spread.get("reliability", [])
    ]


def model_rows(scores: Sequence[Record], validations: Sequence[Record]) -> Rows:
    """Table models: a row for each of `scores`, with the validation of the same names."""
    validation_of = {(record["scenario"], record["model"]): record for record in validations}
    return [
        {
            **_pair(trained),
            "fitted": trained["fitted"],
            "estimator": trained["estimator"],
            "target": trained["target"],
            "scaling": trained["scaling"]["features"],
            "target_scaling": trained["scaling"]["target"],
            "base_rate": trained.get("base_rate"),
            "parameters": json.dumps(trained["parameters"]),
            "fallback_reason": trained["fallback"] and trained["fallback"]["reason"],
            "approximation": trained.get("approximation"),
            "not_in_time": _not_in_time(trained),
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


def _not_in_time(trained: Record) -> str | None:
    late = trained.get("time_limit")
    return json.dumps(late) if late else None


def sentences(results: Sequence[Record]) -> Rows:
    """A row for each sentence of a conclusion."""
    (result,) = results
    return [{"sentence": sentence} for sentence in result["conclusion"]]


def _pair(record: Record) -> Record:
    return {"scenario": record["scenario"], "model": record["model"]}


def _with_ends(metrics: Mapping[str, str]) -> dict[str, Column]:
    """A column for each metric, as described, and for each end of its interval."""
    return {
        f"{name}{end}": real(about)
        for name, words in metrics.items()
        for end, about in {
            "": f"{words}; null if undefined",
            "_lower": "lower end of its interval at comparison.confidence",
            "_upper": "upper end of its interval at comparison.confidence",
        }.items()
    }


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
            "block_length": count("dates in a block of the bootstrap"),
            "draws": count("of the bootstrap, less those in which the metric is undefined"),
        },
    ),
    Table(
        "cv_scores",
        f"A metric on one fold of the walk-forward cross-validation; {UNIT}.",
        Records((CROSS_VALIDATION,), fold_rows),
        {
            **PAIR,
            "fold": count("number of the fold, from the earliest on"),
            "metric": OF_FOLDS,
            "value": real("on the fold's own dates; null if undefined"),
        },
    ),
    Table(
        "cv_summary",
        f"A metric over the folds of the cross-validation; {UNIT}.",
        Records((CROSS_VALIDATION,), summary_rows),
        {
            **PAIR,
            "metric": OF_FOLDS,
            "value": real("mean over the folds that have it; null if none has"),
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
            "target": TARGET,
            "scaling": text(
                "of features: standard (by mean and deviation of rows fitted on) or none"
            ),
            "target_scaling": text("of the target, likewise; forecasts are then scaled back"),
            "base_rate": real(
                "share of the training rows whose return was above 0, which a model of direction is"
                " held against; null for models of returns"
            ),
            "parameters": text("of the estimator, as JSON"),
            "fallback_reason": text("why another model stands in its place; null if none does"),
            "approximation": text("how so many rows were fitted; null if as the kind says"),
            "not_in_time": text(
                "models and candidates of a grid, as JSON, that train_models.time_limit_minutes"
                " ended; null if none"
            ),
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
        "How many test rows, and bars of a histogram, lie outside the axes of the figures of a"
        " model of returns.",
        Records((MODEL_SPREAD,), spread_rows),
        {
            **PAIR,
            "reach": real("percent of return that axes reach: almost no true return is beyond"),
            "outside": count("rows whose return or forecast is beyond the reach"),
            "outside_magnified": count("rows whose return is beyond it, or forecast its quarter"),
            "errors_outside": count("rows whose error is beyond it, or forecast its quarter"),
            "errors_beyond": count("rows whose error is beyond it"),
            "bars_cut": count("bars of the histogram of errors that are higher than its axis"),
        },
    ),
    Table(
        "tenths",
        "The errors of a tenth of the test rows of a model of returns, ordered by forecast; none if"
        " forecasts are equal across tenths. An error is the true return less the forecast.",
        Records((MODEL_SPREAD,), tenth_rows),
        {
            **PAIR,
            "tenth": count("1 has the lowest forecasts"),
            "forecast": real("median, percent of return"),
            "low": real("10 % quantile of the errors, percent of return"),
            "middle": real("median of the errors, percent of return"),
            "high": real("90 % quantile of the errors, percent of return"),
        },
    ),
    Table(
        "reliability",
        "How often returns were above 0 where a model of direction forecast about such a"
        " probability: a row a tenth of its test rows, ordered by forecast; fewer where many are"
        " equal.",
        Records((MODEL_SPREAD,), reliability_rows),
        {
            **PAIR,
            "group": count("1 has the lowest forecasts"),
            "rows": count("test rows in the group"),
            "forecast": real("mean forecast probability"),
            "observed": real("share of the rows whose return was above 0"),
            "lower": real("lower end of its interval at comparison.confidence, by the bootstrap"),
            "upper": real("upper end of its interval at comparison.confidence, by the bootstrap"),
            "lowest": real("lowest forecast probability"),
            "highest": real("highest forecast probability"),
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
            "less_model": text(
                "model of what is taken away: the baseline, the base rate, or the same model"
            ),
            "metric": METRIC,
            "difference": real("estimate"),
            "lower": real("lower end of the interval at comparison.confidence"),
            "upper": real("upper end of the interval at comparison.confidence"),
            "adjusted_p": real(
                "lowest error rate, of all verdicts together, at which there is one; two-sided"
                " step-down max-t; mse against the baseline, and brier_score against the base rate,"
                " only"
            ),
            "adjusted_lower": real(
                "difference less its spread over the draws times the critical value of the step"
                " that decides on it; above 0 only if worse; where there is an adjusted_p"
            ),
            "adjusted_upper": real("the same plus; below 0 only if better"),
            "verdict": text(
                "better or worse if adjusted_p is at most 1 - comparison.confidence, otherwise no"
                " difference shown, or undefined; null where none is asked for"
            ),
        },
        format=2,
    ),
    Table(
        "scenario_table",
        "A model with all its metrics, and how it compares with the baseline or base rate; null"
        f" what is of the other target; {UNIT}. As in reports/scenario_table.csv.",
        Records((COMPARISON,), lambda results: results[0]["table"]),
        {
            **PAIR,
            "fitted": text("name of the model that was fitted, another one after a fallback"),
            "target": TARGET,
            **_with_ends(dict.fromkeys((*RETURN.metrics, *DIRECTION.metrics), "estimate")),
            **_with_ends(
                {
                    f"{name}_difference": "less the baseline's"
                    for name in (RETURN.loss, RETURN.skill)
                }
            ),
            **_with_ends(
                {
                    f"{name}_difference": "less the base rate's"
                    for name in (DIRECTION.loss, DIRECTION.skill)
                }
            ),
            **{
                f"{loss}_difference_{column}": real(f"as paired_differences.{column}")
                for loss in LOSSES
                for column in ("adjusted_p", "adjusted_lower", "adjusted_upper")
            },
            "verdict": text("as paired_differences.verdict, or is the baseline"),
        },
        format=2,
    ),
    Table(
        "comparison",
        "How models were compared; one row.",
        Records((COMPARISON,), list),
        {
            "baseline": text("model that all others are held against"),
            "confidence": real("of each interval, and that no verdict at all is wrong"),
            "error_rate": real("1 - confidence: what adjusted_p is held against"),
            "comparisons": count("models held against baseline or base rate, over all scenarios"),
            "of_direction": count("of these, models of direction"),
            "block_length": count("dates in a block of the bootstrap of differences"),
            "shortest_block": count("dates in a block of the bootstrap of metrics, least"),
            "longest_block": count("dates in a block of the bootstrap of metrics, most"),
            "bootstrap_replicates": count("drawn of metrics, and of differences across scenarios"),
            "draws": count("drawn of differences from the baseline, for interval and verdict"),
            "draws_in_tail": count("of these, at or beyond the critical value of a verdict"),
            "suspicious_r2": real(
                "R2, or Brier skill, on test rows above which an error is likelier than skill"
            ),
        },
        format=2,
    ),
    Table(
        "conclusion",
        "What the comparison of models shows, a sentence a row: what is too good to be true, if"
        " anything is, then the verdict.",
        Records((COMPARISON,), sentences),
        {"sentence": text("in English")},
    ),
)
