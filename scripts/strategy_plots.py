"""Draw the figures of the strategy assessment."""

from tidemark.harness.step import Run, step
from tidemark.layout.assess import ASSESSED, ASSESSMENT
from tidemark.layout.strategy_plots import STRATEGY_FIGURE, STRATEGY_FIGURES
from tidemark.reporting import strategy_figures as figures
from tidemark.reporting.strategy_figures.assessed import CELL_COLUMNS, Assessment

import pandas as pd


@step()
def strategy_plots(run: Run) -> None:
    """Write reports/figs/strategy_*.png, and a list of them to artifacts/strategy_figures.json."""
    settings, dpi = run.config["assess"], run.config["plots"]["dpi"]
    benchmark = settings["benchmark"]
    rankings = run.read.parquet(ASSESSED.format(table="strategy_rankings"))
    shown = _shown(rankings, benchmark, settings["tear_sheets"])
    courses = run.read.parquet(ASSESSED.format(table="courses"))
    equity, drawdowns = (
        courses.pivot(index="timestamp", columns="strategy_name", values=what)[[*shown]]
        for what in ("equity", "drawdown")
    )
    summary = run.read.json(ASSESSMENT)
    with run.read.rows_by_text([ASSESSED.format(table="backtest_results")], "set") as tested:
        cells = tested.of(shown.values(), CELL_COLUMNS)
    assessment = Assessment(
        sets=run.read.parquet(ASSESSED.format(table="set_rankings")),
        rankings=rankings,
        scores=run.read.parquet(ASSESSED.format(table="strategy_scores")),
        evidence=run.read.parquet(ASSESSED.format(table="evidence")),
        cells=cells[cells["set"] == cells["strategy_name"].map(shown)],
        windows=run.read.parquet(ASSESSED.format(table="window_returns")),
        years=run.read.parquet(ASSESSED.format(table="calendar_years")),
        trading=run.read.parquet(ASSESSED.format(table="best_sets")),
        tried={
            "sets": summary["winner"]["tried"],
            "distinct": summary["winner"]["distinct"],
            **summary["tested"],
        },
        benchmark=benchmark,
        confidence=settings["confidence"],
        equity=equity,
        drawdowns=drawdowns,
    )
    listing = [
        {
            "file": (path := STRATEGY_FIGURE.format(figure=plot.name)),
            "kind": plot.kind,
            "strategy": plot.strategy,
            "title": plot.title,
            "caption": plot.caption,
            "sha256": (sha := run.save_figure(path, plot.draw(), dpi)),
            "missing": sha is None,
        }
        for plot in figures.plots(assessment)
    ]
    run.write.json(STRATEGY_FIGURES, listing)
    drawn = sum(not figure["missing"] for figure in listing)
    run.tell.headline(f"{drawn} of {len(listing)} figures")


def _shown(rankings: pd.DataFrame, benchmark: str, tear_sheets: int) -> dict[str, str]:
    """The best set of each strategy that has a tear sheet, and of the benchmark."""
    different = rankings["overall_rank"].notna() & rankings["copy_of"].isna()
    ranked = rankings[different].head(tear_sheets)
    listed = pd.concat([ranked, rankings[rankings["strategy_name"] == benchmark]])
    return dict(listed[["strategy_name", "best_set"]].to_numpy())


if __name__ == "__main__":
    strategy_plots()
