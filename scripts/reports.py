"""Write the reports from the metrics database, the figures and the text that people wrote.

Text in reports/narrative/ is included as it is: introduction.md opens the communication report,
evaluation.md opens the memo, and every other file becomes part of the reflection. What begins with
a line that names a source is left out where there is no such source.
"""

from itertools import product
from pathlib import PurePath
from typing import Any

from tidemark.harness.step import Run, step
from tidemark.layout.collect_metrics import DATABASE
from tidemark.layout.plots import MODEL_FIGURES
from tidemark.layout.reports import PAGE, REPORT
from tidemark.layout.strategy_plots import STRATEGY_FIGURES
from tidemark.models import estimators
from tidemark.reporting import assets, licences, narrative
from tidemark.reporting import reports as rendering
from tidemark.reporting.page import assembling as page
from tidemark.reporting.page import figures as page_figures
from tidemark.sources import settings

import duckdb

Row = dict[str, Any]
REPORTS = (
    "model_communication_report",
    "model_evaluation_memo",
    "strategy_assessment",
    "reflection",
)


@step()
def reports(run: Run) -> None:
    """Write the reports on models and strategies, and the reflection, to reports/*.md; the page."""
    database = run.read.path(DATABASE)
    alone = {"enable_external_access": False}  # a view, which reads what a run left, fails
    with duckdb.connect(str(database), read_only=True, config=alone) as connection:
        values: Row = dict(rendering.gather(connection))
        of_page = page.gather(connection)
    prices = run.config["fetch_data"]["prices"]
    asset = assets.of(prices["asset"])
    names = product(run.config["scenarios"], run.config["models"])
    figures = [
        {**figure, "scenario": scenario, "model": model}
        for scenario, model in names
        for figure in linked(run.read.json(MODEL_FIGURES.format(scenario=scenario, model=model)))
    ]
    strategy_figures = linked(run.read.json(STRATEGY_FIGURES))
    missing = [figure for figure in [*figures, *strategy_figures] if figure["missing"]]
    sources = values.pop("sources")
    findings = licences.quoted(values.pop("findings"), sources)
    values |= {
        **licences.told(sources),
        "comparison": values["comparison"][0],
        "conclusion": [row["sentence"] for row in values["conclusion"]],
        "winner": values["winner"][0],
        "look_ahead": values["look_ahead"][0],
        "year": values["year"][0],
        "validation": validation(values["validation"][0], values.pop("datasets"), findings),
        "bar": prices["bar"],
        "asset": asset,
        "about": [*prices["about"], *asset.returns],
        "described": bool(prices["about"] or prices["provider"]),
        "adjusted": "adj_close" in prices["columns"],
        "words": {
            name: estimators.kind(name).words
            for name in sorted({row["estimator"] for row in values["models"]})
        },
        "figures": figures,
        "strategy_figures": strategy_figures,
        "missing_figures": missing,
        "config": {
            name: run.plain(run.config[name])
            for name in ("feature_engineering", "split_data", "evaluate", "backtest", "assess")
        }
        | {"stochastic": run.plain(run.config["market_scenarios"]["stochastic"])},
        "narrative": _narrative(run),
    }
    for name in REPORTS:
        path = f"reports/templates/{name}.md.j2"
        text = rendering.render(path, run.read.text(path), values)
        run.write.text(REPORT.format(report=name), text)
    files = page_figures.wanted(figures, strategy_figures)
    pictures = page_figures.within({path: run.read.content(path) for path in files})
    run.write.text(PAGE, page.render(of_page, values | {"pictures": pictures}))
    run.tell.headline(f"{len(REPORTS)} reports, {len(missing)} figures missing")


def _narrative(run: Run) -> dict[str, str]:
    """What people wrote, by the name of its file, where it speaks of sources that there are."""
    files = run.read.glob("reports/narrative/*.md")
    written = {PurePath(path).stem: run.read.text(path) for path in files}
    fetch = run.config["fetch_data"]
    sources = [settings.section_of(fetch, name)["path"] for name in settings.names(fetch)]
    texts, of_others = narrative.of_sources(written, sources)
    for name, path in of_others.items():
        run.tell.note(f"reports/narrative/{name}.md is left out: it speaks of {path}")
    return texts


def validation(result: Row, datasets: list[Row], findings: list[Row]) -> Row:
    """What validation said, with what was found in each data set."""
    return {
        **result,
        "datasets": {
            row["dataset"]: {
                **row,
                "findings": [found for found in findings if found["dataset"] == row["dataset"]],
            }
            for row in datasets
        },
    }


def linked(listing: list[Row]) -> list[Row]:
    """The figures in a listing, each with its path relative to reports/ as `link`."""
    return [{**figure, "link": figure["file"].removeprefix("reports/")} for figure in listing]


if __name__ == "__main__":
    reports()
