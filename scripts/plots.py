"""Draw the figures of one model's test forecasts."""

from tidemark.harness.step import Run, step
from tidemark.reporting import figures


@step(per=("scenario", "model"))
def plots(run: Run) -> None:
    """Write reports/figs/{scenario}_{model}_*.png, and a list of them for the reports."""
    name = run.instance.stem
    forecasts = figures.Forecasts(
        scenario=run.scenario,
        model=run.model,
        fitted=run.read.json(f"metrics/{name}.json")["fitted"],
        horizon=run.config["feature_engineering"]["horizon"],
        frame=run.read.parquet(f"data/predictions/{name}.parquet"),
    )
    dpi = run.config["plots"]["dpi"]
    listing = [
        {
            "file": f"reports/figs/{name}_{kind}.png",
            "kind": kind,
            "title": about.title,
            "caption": about.caption,
            "missing": not run.save_figure(
                f"reports/figs/{name}_{kind}.png", figures.draw(kind, forecasts), dpi
            ),
        }
        for kind, about in figures.KINDS.items()
    ]
    run.write.json(f"artifacts/{name}_figures.json", listing)
    drawn = sum(not figure["missing"] for figure in listing)
    run.tell.headline(f"{drawn} of {len(listing)} figures")


if __name__ == "__main__":
    plots()
