"""Draw the figures of one model's test forecasts."""

from tidemark.harness.step import Run, step
from tidemark.layout.evaluate import FORECASTS, MODEL_SCORES, MODEL_SPREAD
from tidemark.layout.plots import MODEL_FIGURE, MODEL_FIGURES
from tidemark.models import direction
from tidemark.reporting import figures, probability_figures


@step(per=("scenario", "model"))
def plots(run: Run) -> None:
    """Write reports/figs/{scenario}_{model}_*.png, and a list of them for the reports."""
    forecasts = figures.Forecasts(
        scenario=run.scenario,
        model=run.model,
        scores=run.read.json(run.own(MODEL_SCORES)),
        spread=run.read.json(run.own(MODEL_SPREAD)),
        horizon=run.config["feature_engineering"]["horizon"],
        frame=run.read.parquet(run.own(FORECASTS)),
    )
    kinds = probability_figures.KINDS if direction.is_forecast(forecasts.frame) else figures.KINDS
    dpi = run.config["plots"]["dpi"]
    paths = {kind: run.own(MODEL_FIGURE, kind=kind) for kind in kinds}
    listing = [
        {
            "file": paths[kind],
            "kind": kind,
            "title": about.title,
            "caption": about.caption,
            "sha256": (sha := run.save_figure(paths[kind], figures.draw(about, forecasts), dpi)),
            "missing": sha is None,
        }
        for kind, about in kinds.items()
    ]
    run.write.json(run.own(MODEL_FIGURES), listing)
    drawn = sum(not figure["missing"] for figure in listing)
    run.tell.headline(f"{drawn} of {len(listing)} figures")


if __name__ == "__main__":
    plots()
