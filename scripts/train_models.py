"""Fit one model on one scenario's training rows, or the simpler model that stands in for it."""

from collections.abc import Callable, Mapping
from functools import partial

from tidemark.harness.apart import Awaited
from tidemark.harness.step import Run, step
from tidemark.layout.split_data import FOLDS, TRAIN
from tidemark.layout.train_models import CROSS_VALIDATION, MODEL
from tidemark.models import estimators, fitting, splits
from tidemark.models.settings import Model, SplitData
from tidemark.models.time_limit import TimeLimit
from tidemark.naming import counted
from tidemark.targets import Target

HEADLINE: Mapping[Target, Callable[[Mapping[str, float]], str]] = {
    "return": lambda mean: f"CV RMSE {100 * mean['rmse']:.3f} %",
    "direction": lambda mean: f"CV Brier score {mean['brier_score']:.4f}",
}


@step(per=("scenario", "model"))
def train_models(run: Run) -> None:
    """Write models/{scenario}_{model}.pkl and its cross-validation."""
    train = run.read.parquet(run.own(TRAIN))
    folds = run.read.json(run.own(FOLDS))

    def specification(model: str) -> Model:
        section = run.config["models"][model]
        with run.values_of(f"models.{model}"):
            kind = estimators.kind(section["estimator"])
        return run.settings(kind, section)

    def later() -> fitting.LaterRows:
        plan = run.settings(SplitData, run.config["split_data"])
        return partial(splits.last_fold, count=plan.folds, embargo=plan.embargo)

    minutes = run.config["train_models"]["time_limit_minutes"]
    alone = TimeLimit(minutes, partial(run.tell.progress, what="fits"), Awaited())
    with run.values_of("models"):
        pipeline, report = fitting.fit(
            run.model, specification, train, folds, lambda: run.seed, alone, run.tell.note, later
        )
    span = {
        "train_rows": len(train),
        "train_first": train["timestamp"].min().isoformat(),
        "train_last": train["timestamp"].max().isoformat(),
    }
    run.write.content(run.own(MODEL), pipeline)
    validation = {"scenario": run.scenario, **report, **span}
    run.write.json(run.own(CROSS_VALIDATION), validation)
    if "time_limit" in report:
        run.only_this_time(f"fits did not end within {minutes:g} minutes, which they may elsewhere")
    if report["fallback"]:
        run.tell.alert(f"{report['fitted']} fitted instead: {report['fallback']['reason']}")
    elif "time_limit" in report:
        left_out = counted(len(report["time_limit"]), "candidate")
        run.tell.alert(f"{left_out} of the grid left out: not fitted within {minutes:g} minutes")
    run.tell.headline(HEADLINE[report["target"]](report["mean"]))


if __name__ == "__main__":
    train_models()
