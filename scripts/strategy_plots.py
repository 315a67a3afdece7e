"""Draw the figures of the strategy assessment."""

from tidemark import strategy_figures as figures
from tidemark.step import Run, step

import pandas as pd

FOLDER = "metrics/assessment"


@step()
def strategy_plots(run: Run) -> None:
    """Write reports/figs/strategy_*.png, and what they are to artifacts/strategy_figures.json."""
    dpi = run.config["plots"]["dpi"]
    listing = [
        {
            "file": f"reports/figs/{plot.name}.png",
            "kind": plot.kind,
            "strategy": plot.strategy,
            "title": plot.title,
            "caption": plot.caption,
            "missing": not run.save_figure(f"reports/figs/{plot.name}.png", plot.draw(), dpi),
        }
        for plot in figures.plots(_found(run))
    ]
    run.write_json("artifacts/strategy_figures.json", listing)
    drawn = sum(not figure["missing"] for figure in listing)
    run.headline(f"{drawn} of {len(listing)} figures")


def _found(run: Run) -> figures.Assessment:
    settings = run.config["assess"]
    tables = {
        name: run.read_parquet(f"{FOLDER}/{table}.parquet")
        for name, table in {
            "results": "backtest_results",
            "sets": "set_rankings",
            "rankings": "strategy_rankings",
            "evidence": "evidence",
        }.items()
    }
    ranked = tables["rankings"][tables["rankings"]["overall_rank"].notna()]
    shown = dict(ranked[["strategy_name", "best_set"]].head(settings["tear_sheets"]).to_numpy())
    benchmark = settings["benchmark"]
    own = run.read_parquet(f"data/backtests/{benchmark}.parquet").set_index("timestamp")
    best = {
        name: run.read_parquet(f"data/backtests/{name}.parquet").set_index("timestamp")[chosen]
        for name, chosen in shown.items()
    }
    return figures.Assessment(
        **tables,
        benchmark=benchmark,
        confidence=settings["confidence"],
        returns=pd.DataFrame(best | {benchmark: own.iloc[:, 0]}),
    )


if __name__ == "__main__":
    strategy_plots()
