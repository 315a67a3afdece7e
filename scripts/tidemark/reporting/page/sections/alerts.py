"""What a reader should know before believing anything below."""

from collections.abc import Mapping
from typing import Any

from tidemark.naming import counted
from tidemark.reporting.page.section import Rows, Section, Values

MOST = 20


def view(rows: Mapping[str, Rows], values: Values) -> dict[str, Any]:
    """What stands out in data, models, strategies and figures, the gravest first."""
    alerts = [*_of_data(rows, values), *_of_models(rows), *_of_strategies(rows, values)]
    missing = values["missing_figures"]
    if missing:
        drawn = counted(len(missing), "figure")
        alerts.append(_alert("warning", f"{drawn} could not be drawn; the next run tries again."))
    alerts.sort(key=lambda alert: LEVELS.index(alert["level"]))
    return {"alerts": alerts[:MOST], "more": len(alerts) - MOST}


LEVELS = ("error", "warning", "note")


def _alert(level: str, text: str) -> dict[str, str]:
    return {"level": level, "text": text}


def _of_data(rows: Mapping[str, Rows], values: Values) -> list[dict[str, str]]:
    failed = [] if values["validation"]["ok"] else [_alert("error", "Validation failed.")]
    return failed + [
        _alert(row["severity"], f"{row['dataset']}: {row['message']}") for row in rows["findings"]
    ]


def _of_models(rows: Mapping[str, Rows]) -> list[dict[str, str]]:
    alerts = [
        _alert(
            "warning",
            f"{row['model']} ({row['scenario']}) explains more of the test returns than is"
            " believable: look for an error first.",
        )
        for row in rows["too_good"]
    ]
    for row in rows["replaced"]:
        where = f"{row['model']} ({row['scenario']})"
        if row["fallback_reason"]:
            text = f"{where} could not be fitted, {row['fitted']} stands in its place:"
            alerts.append(_alert("warning", f"{text} {row['fallback_reason']}"))
        if row["approximation"]:
            alerts.append(_alert("note", f"{where} was {row['approximation']}."))
        if row["not_in_time"]:
            text = f"{where} was chosen among what could be tried in time."
            alerts.append(_alert("note", text))
    return alerts


def _of_strategies(rows: Mapping[str, Rows], values: Values) -> list[dict[str, str]]:
    alerts = [
        _alert(
            "note",
            f"{row['strategy_name']}: {row['sets_not_tried']} of its {row['sets']} sets were not"
            f" tried in {row['market_scenarios']} of {row['of_market_scenarios']} market"
            f" scenarios, because the data lack {row['lacks']}.",
        )
        for row in values["not_tried"]
    ]
    if values["adjusted"]:
        alerts += [
            _alert(
                "note",
                f"{row['strategy_name']} uses price levels, and adjusted prices of the past know"
                " of later splits and dividends.",
            )
            for row in values["of_levels"]
        ]
    alerts += [
        _alert("note", f"{row['scenario_name']}: {row['note']}.") for row in rows["without_bars"]
    ]
    return alerts


SECTION = Section(
    name="alerts",
    title="What to know first",
    link="Alerts",
    queries={
        "findings": """
            SELECT dataset, severity, message FROM findings
            WHERE severity != 'note' ORDER BY rowid""",
        "too_good": """
            SELECT scenario, model FROM scenario_table, comparison
            WHERE greatest(r2, brier_skill) > suspicious_r2 ORDER BY scenario_table.rowid""",
        "replaced": """
            SELECT * FROM models
            WHERE coalesce(fallback_reason, approximation, not_in_time) IS NOT NULL
            ORDER BY rowid""",
        "without_bars": """
            SELECT scenario_name, note FROM assessment.market_scenarios
            WHERE bars = 0 ORDER BY rowid""",
    },
    view=view,
)
