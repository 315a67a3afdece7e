"""Fit one model on one scenario's training rows, or the simpler model that stands in for it."""

from tidemark.harness.step import Run, step
from tidemark.layout.split_data import FOLDS, TRAIN
from tidemark.layout.train_models import CROSS_VALIDATION, MODEL
from tidemark.models import estimators, fitting
from tidemark.models.settings import Model


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

    with run.values_of("models"):
        pipeline, report = fitting.fit(run.model, specification, train, folds, lambda: run.seed)
    span = {
        "train_rows": len(train),
        "train_first": train["timestamp"].min().isoformat(),
        "train_last": train["timestamp"].max().isoformat(),
    }
    run.write.pickle(run.own(MODEL), pipeline)
    validation = {"scenario": run.scenario, **report, **span}
    run.write.json(run.own(CROSS_VALIDATION), validation)
    if report["fallback"]:
        run.tell.alert(f"{report['fitted']} fitted instead: {report['fallback']['reason']}")
    run.tell.headline(f"CV RMSE {100 * report['mean']['rmse']:.3f} %")


if __name__ == "__main__":
    train_models()
