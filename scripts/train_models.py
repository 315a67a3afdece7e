"""Fit one model on one scenario's training rows, or the simpler model that stands in for it."""

from tidemark.harness.step import Run, step
from tidemark.models import estimators, fitting
from tidemark.models.settings import Model


@step(per=("scenario", "model"))
def train_models(run: Run) -> None:
    """Write models/{scenario}_{model}.pkl and its cross-validation."""
    train = run.read.parquet(f"data/splits/{run.scenario}_train.parquet")
    folds = run.read.json(f"data/splits/{run.scenario}_folds.json")

    def specification(model: str) -> Model:
        section = run.config["models"][model]
        return run.settings(estimators.kind(section["estimator"]), section)

    pipeline, report = fitting.fit(run.model, specification, train, folds)
    span = {
        "train_rows": len(train),
        "train_first": train["timestamp"].min().isoformat(),
        "train_last": train["timestamp"].max().isoformat(),
    }
    run.write.pickle(f"models/{run.instance.stem}.pkl", pipeline)
    run.write.json(
        f"artifacts/{run.instance.stem}_cv.json",
        {"scenario": run.scenario, **report, **span},
    )
    if report["fallback"]:
        run.tell.alert(f"{report['fitted']} fitted instead: {report['fallback']['reason']}")
    run.tell.headline(f"CV RMSE {100 * report['mean']['rmse']:.3f} %")


if __name__ == "__main__":
    train_models()
