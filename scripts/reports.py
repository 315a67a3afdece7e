"""Write the reports from the metrics database, the figures and the text that people wrote.

Text in reports/narrative/ is included as it stands: introduction.md opens the communication report,
evaluation.md the memo, and every other file is part of the reflection.
"""

from pathlib import PurePath
from typing import Any

from tidemark import reports as rendering
from tidemark.step import Run, step

import duckdb

REPORTS = ("model_communication_report", "model_evaluation_memo", "reflection")


@step()
def reports(run: Run) -> None:
    """Write reports/model_communication_report.md, model_evaluation_memo.md and reflection.md."""
    database = run.path("artifacts/metrics.duckdb")
    with duckdb.connect(str(database), read_only=True) as connection:
        values: dict[str, Any] = dict(rendering.gather(connection))
    figures = _figures(run)
    missing = [figure for figure in figures if figure["missing"]]
    values |= {
        "comparison": values["comparison"][0],
        "conclusion": [row["sentence"] for row in values["conclusion"]],
        "validation": run.read_json("artifacts/validation_report.json"),
        "figures": figures,
        "missing_figures": missing,
        "config": {
            name: run.plain(run.config[name])
            for name in ("feature_engineering", "split_data", "evaluate")
        },
        "narrative": {
            PurePath(path).stem: run.read_text(path) for path in run.glob("reports/narrative/*.md")
        },
    }
    for name in REPORTS:
        path = f"reports/templates/{name}.md.j2"
        run.write_text(f"reports/{name}.md", rendering.render(path, run.read_text(path), values))
    run.headline(f"{len(REPORTS)} reports, {len(missing)} figures missing")


def _figures(run: Run) -> list[dict[str, Any]]:
    """Every figure, with its link from reports/."""
    return [
        {
            **figure,
            "scenario": scenario,
            "model": model,
            "link": figure["file"].removeprefix("reports/"),
        }
        for scenario in run.config["scenarios"]
        for model in run.config["models"]
        for figure in run.read_json(f"artifacts/{scenario}_{model}_figures.json")
    ]


if __name__ == "__main__":
    reports()
