"""Draw the figures of one model's test forecasts."""

from tidemark import figures
from tidemark.step import Run, step


@step(per=("scenario", "model"))
def plots(run: Run) -> None:
    """Write reports/figs/{scenario}_{model}_*.png, and what they are to a list for the reports."""
    name = f"{run.scenario}_{run.model}"
    forecasts = figures.Forecasts(
        scenario=run.scenario,
        model=run.model,
        fitted=run.read_json(f"metrics/{name}.json")["fitted"],
        horizon=run.config["feature_engineering"]["horizon"],
        frame=run.read_parquet(f"data/predictions/{name}.parquet"),
    )
    listing = [
        {
            "file": f"reports/figs/{name}_{kind}.png",
            "kind": kind,
            "title": about.title,
            "caption": about.caption,
            "missing": not _save(run, f"reports/figs/{name}_{kind}.png", kind, forecasts),
        }
        for kind, about in figures.KINDS.items()
    ]
    run.write_json(f"artifacts/{name}_figures.json", listing)
    drawn = sum(not figure["missing"] for figure in listing)
    run.headline(f"{drawn} of {len(listing)} figures")


def _save(run: Run, path: str, kind: str, forecasts: figures.Forecasts) -> bool:
    """Write one figure, trying twice; a figure that cannot be written does not stop the run."""
    figure = figures.draw(kind, forecasts)
    try:
        run.write_figure(path, figure, run.config["plots"]["dpi"])
    except OSError as first:
        run.log.warning("%s: %s; trying once more", path, first)
        try:
            run.write_figure(path, figure, run.config["plots"]["dpi"])
        except OSError as error:
            run.alert(f"{path} is missing: {error.strerror or error}")
            run.retry_next_time(f"{path} could not be written")
            return False
    return True


if __name__ == "__main__":
    plots()
