"""The models: each held against the baseline, and all that was measured of it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from tidemark.reporting import reports
from tidemark.reporting.page import figures
from tidemark.reporting.page.intervals import Column
from tidemark.reporting.page.section import Rows, Section, Values
from tidemark.targets import METRICS, Target

MOST = 120  # models in a table; the database has all
LINES: Mapping[str, float] = {  # where a metric says nothing, or that all is the same
    **dict.fromkeys(("r2", "skill", "information_coefficient", "brier_skill"), 0.0),
    "auc": 0.5,
}


def view(rows: Mapping[str, Rows], values: Values) -> dict[str, Any]:
    """The models of each target, with columns to draw; the figures of the first scenario."""
    first = values["models"][0]["scenario"]
    return {
        **values,
        "targets": [
            _of_target(target, models)
            for target in METRICS
            if (models := [row for row in rows["models"] if row["target"] == target])
        ],
        "fitted": rows["models"][:MOST],
        "first_scenario": first,
        "pictures": figures.shown(values["figures"], values["pictures"]),
        "others": len(figures.left_out(values["figures"], values["pictures"])),
    }


def _of_target(target: Target, models: Rows) -> dict[str, Any]:
    names, shown = METRICS[target], models[:MOST]
    loss = f"{names.loss}_difference"
    signed = partial(reports.metric, name=names.loss, sign=True)
    return {
        "target": target,
        "models": shown,
        "left_out": len(models) - len(shown),
        "difference": Column.of(
            shown, loss, signed, outer=(f"{loss}_adjusted_lower", f"{loss}_adjusted_upper")
        ),
        "adjusted_p": f"{loss}_adjusted_p",
        "metrics": names.metrics,
        "skill": names.skill,
        "panels": {
            name: Column.of(
                shown,
                name,
                partial(reports.metric, name=name),
                line=LINES.get(name, 0.0),
                shows_line=name in LINES,
            )
            for name in names.metrics
            if any(row[name] is not None for row in shown)
        },
        "better": names.better,
    }


SECTION = Section(
    name="models",
    title="Models",
    link="Models",
    queries={
        "models": """
            SELECT scenario_table.*, models.* EXCLUDE (scenario, model, fitted, target),
                folds.value AS cv_value, folds.lower AS cv_lower, folds.upper AS cv_upper
            FROM scenario_table JOIN models USING (scenario, model)
                LEFT JOIN cv_summary AS folds ON folds.scenario = scenario_table.scenario
                    AND folds.model = scenario_table.model
                    AND folds.metric = CASE scenario_table.target
                        WHEN 'return' THEN 'rmse' ELSE 'brier_score' END
            ORDER BY scenario_table.rowid"""
    },
    view=view,
)
