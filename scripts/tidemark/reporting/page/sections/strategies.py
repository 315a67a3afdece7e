"""The strategies: ranked, beside what their places are worth."""

from collections.abc import Mapping
from typing import Any

from tidemark.reporting.page import figures
from tidemark.reporting.page.intervals import Column
from tidemark.reporting.page.section import Rows, Section, Values
from tidemark.reporting.reports import hundredths, number

MOST = 80  # strategies in a table; the database has all


def view(rows: Mapping[str, Rows], values: Values) -> dict[str, Any]:
    """Strategies, with columns to draw, and the figures of the best."""
    ranked = rows["strategies"][:MOST]
    pictures = [figure for figure in values["strategy_figures"] if figure["kind"] in PICTURES]
    return {
        **values,
        "ranked": ranked,
        "left_out": len(rows["strategies"]) - len(ranked),
        "sharpe": Column.of(ranked, "sharpe_since", number, mark="benchmark_sharpe_since"),
        "difference": Column.of(ranked, "difference_since", number),
        "returns": Column.of(
            ranked, "history_return", hundredths, ends=("return_lower", "return_upper")
        ),
        "all_dates": Column.of(
            ranked, "history_sharpe", number, ends=("sharpe_lower", "sharpe_upper")
        ),
        "pictures": figures.shown(pictures, values["pictures"]),
        "others": len(figures.left_out(pictures, values["pictures"])),
    }


PICTURES = ("leaderboard", "sheet", "heatmap")

SECTION = Section(
    name="strategies",
    title="Strategies",
    link="Strategies",
    queries={
        "strategies": """
            SELECT rankings.*, best.* EXCLUDE (strategy_name, set)
            FROM assessment.strategy_rankings AS rankings
                LEFT JOIN assessment.best_sets AS best USING (strategy_name)
            ORDER BY rankings.rowid"""
    },
    view=view,
)
