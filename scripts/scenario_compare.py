"""Put all models of all scenarios side by side, with paired differences and a verdict."""

from tidemark.config.kinds import joined
from tidemark.harness.step import Run, step
from tidemark.models import comparison
from tidemark.models.settings import Evaluate
from tidemark.reporting import reports

import pandas as pd

TEMPLATE = "reports/templates/scenario_summary.md.j2"


@step()
def scenario_compare(run: Run) -> None:
    """Write reports/scenario_table.csv, scenario_summary.md and metrics/scenario_compare.json."""
    names = {
        (scenario, model): joined(scenario, model)
        for scenario in run.config["scenarios"]
        for model in run.config["models"]
    }
    settings = run.settings(Evaluate, run.config["evaluate"])
    forecasts = {p: run.read.parquet(f"data/predictions/{n}.parquet") for p, n in names.items()}
    scores = {p: run.read.json(f"metrics/{n}.json") for p, n in names.items()}
    intervals = {p: run.read.json(f"metrics/{n}_bootstrap.json") for p, n in names.items()}
    with run.values_of("evaluate"):
        result = comparison.compare(forecasts, scores, intervals, settings, run.seed)
    table = pd.DataFrame(result["table"])
    run.write.text("reports/scenario_table.csv", table.to_csv(index=False, lineterminator="\n"))
    run.write.text(
        "reports/scenario_summary.md", reports.render(TEMPLATE, run.read.text(TEMPLATE), result)
    )
    run.write.json("metrics/scenario_compare.json", result)
    beaten = sum(row["verdict"] == comparison.BETTER for row in result["table"])
    run.tell.headline(f"{beaten} of {result['comparisons']} beat the baseline")


if __name__ == "__main__":
    scenario_compare()
