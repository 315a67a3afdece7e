"""The answer: what the models can forecast, and what the strategies are worth, in plain words."""

from collections.abc import Mapping
from typing import Any

from tidemark.reporting.page.intervals import Column
from tidemark.reporting.page.section import Rows, Section, Values
from tidemark.reporting.reports import number


def view(rows: Mapping[str, Rows], values: Values) -> dict[str, Any]:
    """The best model of each target beside what it is held against; likewise the first strategy."""
    best = rows["best_models"]
    first = rows["first_strategy"]
    compared = [
        {"with": name, "value": row[value], "low": row[f"{value}_lower"],
         "high": row[f"{value}_upper"], "p": row[p]}
        for row in first
        for name, value, p in (
            (None, "sharpe_since", "p_zero"),
            (values["winner"]["benchmark"], "difference_since", "p_benchmark"),
        )
    ]  # fmt: skip
    return {
        **values,
        "best": best,
        "skill": Column.of(best, "value", lambda value: number(value, 3), ends=("lower", "upper")),
        "first": first[0] if first else None,
        "compared": compared,
        "sharpe": Column.of(compared, "value", number, ends=("low", "high")),
        "span": rows["span"][0],
    }


SECTION = Section(
    name="answer",
    title="What the models can forecast, and what the strategies earn",
    link="The answer",
    queries={
        "best_models": """
            SELECT DISTINCT ON (target) scenario, model, target, verdict,
                coalesce(skill, brier_skill) AS value,
                coalesce(skill_lower, brier_skill_lower) AS lower,
                coalesce(skill_upper, brier_skill_upper) AS upper,
                coalesce(mse_difference_adjusted_p, brier_score_difference_adjusted_p) AS p
            FROM scenario_table WHERE verdict != 'is the baseline'
            ORDER BY target DESC, value DESC NULLS LAST, rowid""",
        "first_strategy": "SELECT * FROM assessment.strategy_rankings WHERE overall_rank = 1",
        "span": """
            SELECT first, last, bars FROM assessment.market_scenarios
            WHERE scenario_kind = 'full'""",
    },
    view=view,
)
