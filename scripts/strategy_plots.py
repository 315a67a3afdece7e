"""Draw the figures of the strategy assessment."""

from collections.abc import Mapping

from tidemark.harness.step import Run, step
from tidemark.reporting import strategy_figures as figures
from tidemark.reporting.strategy_figures.assessed import CELL_COLUMNS, Assessment

import pandas as pd

FOLDER = "metrics/assessment"


@step()
def strategy_plots(run: Run) -> None:
    """Write reports/figs/strategy_*.png, and a list of them to artifacts/strategy_figures.json."""
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
    run.write.json("artifacts/strategy_figures.json", listing)
    drawn = sum(not figure["missing"] for figure in listing)
    run.tell.headline(f"{drawn} of {len(listing)} figures")


def _found(run: Run) -> Assessment:
    settings = run.config["assess"]
    tables = {
        name: run.read.parquet(f"{FOLDER}/{table}.parquet")
        for name, table in {
            "sets": "set_rankings",
            "rankings": "strategy_rankings",
            "scores": "strategy_scores",
            "evidence": "evidence",
        }.items()
    }
    rankings = tables["rankings"]
    ranked = rankings[rankings["overall_rank"].notna()].head(settings["tear_sheets"])
    benchmark = settings["benchmark"]
    listed = pd.concat([ranked, rankings[rankings["strategy_name"] == benchmark]])
    shown = dict(listed[["strategy_name", "best_set"]].to_numpy())
    returns = {
        name: run.read.parquet(f"data/backtests/{name}.parquet").set_index("timestamp")[chosen]
        for name, chosen in shown.items()
    }
    return Assessment(
        **tables,
        cells=_cells(run, shown),
        tested=run.read.json(f"{FOLDER}/summary.json")["tested"],
        benchmark=benchmark,
        confidence=settings["confidence"],
        returns=pd.DataFrame(returns),
    )


def _cells(run: Run, shown: Mapping[str, str]) -> pd.DataFrame:
    """The cells of one set of each strategy, which are few of all that were tested."""
    wanted = {"strategy_name": shown.keys(), "set": shown.values()}
    cells = run.read.parquet_rows([f"{FOLDER}/backtest_results.parquet"], wanted, CELL_COLUMNS)
    return cells[cells["set"] == cells["strategy_name"].map(shown)]


if __name__ == "__main__":
    strategy_plots()
