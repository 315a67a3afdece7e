"""Put all models of all scenarios side by side, with paired differences and a verdict."""

from collections.abc import Callable
from typing import Any

from tidemark.harness.step import Run, step
from tidemark.layout.evaluate import FORECASTS, MODEL_INTERVALS, MODEL_SCORES
from tidemark.layout.scenario_compare import COMPARISON, COMPARISON_SUMMARY, COMPARISON_TABLE
from tidemark.models import comparison
from tidemark.models.settings import Evaluate
from tidemark.reporting import reports

import pandas as pd

TEMPLATE = "reports/templates/scenario_summary.md.j2"
LONG = 10.0  # seconds from which the wait is said


@step()
def scenario_compare(run: Run) -> None:
    """Write reports/scenario_table.csv, scenario_summary.md and metrics/scenario_compare.json."""
    models = run.config["models"]
    pairs = [(scenario, model) for scenario in run.config["scenarios"] for model in models]

    def of_each(path: str, read: Callable[[str], Any]) -> dict[comparison.Pair, Any]:
        return {(s, m): read(path.format(scenario=s, model=m)) for s, m in pairs}

    settings = run.settings(Evaluate, run.config["evaluate"])
    forecasts = of_each(FORECASTS, run.read.parquet)
    scores = of_each(MODEL_SCORES, run.read.json)
    intervals = of_each(MODEL_INTERVALS, run.read.json)
    horizon = run.config["feature_engineering"]["horizon"]
    with run.values_of("evaluate"):
        work = comparison.work(forecasts, settings)
        if work.seconds > LONG:
            run.tell.note(
                f"{work.comparisons:,} comparisons of {work.draws:,} draws each, and"
                f" {work.pairs:,} between scenarios: about {work.seconds:.0f} s on 2 cores, less"
                " with a lower evaluate.bootstrap_replicates"
            )
        result = comparison.compare(forecasts, scores, intervals, settings, horizon, run.seed)
    table = pd.DataFrame(result["table"])
    run.write.text(COMPARISON_TABLE, table.to_csv(index=False, lineterminator="\n"))
    run.write.text(COMPARISON_SUMMARY, reports.render(TEMPLATE, run.read.text(TEMPLATE), result))
    run.write.json(COMPARISON, result)
    beaten = sum(row["verdict"] == comparison.BETTER for row in result["table"])
    chances = any(row["target"] == "direction" for row in result["table"])
    bar = "baseline or base rate" if chances else "baseline"
    run.tell.headline(f"{beaten} of {result['comparisons']} beat the {bar}")


if __name__ == "__main__":
    scenario_compare()
