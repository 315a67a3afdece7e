"""The data: what they are, what was found in them, and what models were shown of them."""

from collections.abc import Mapping
from typing import Any

from tidemark.reporting import licences
from tidemark.reporting.page.section import Rows, Section, Values

MOST = 50
DONE = {
    "imputed": "values filled in",
    "outliers": "returns beyond their bounds, which were treated",
    "outliers_left": "returns beyond their bounds after that",
    "breaks": "bars right after a hole, which have no return",
    "dropped": "rows dropped, before a first adjusted close",
    "in_holes": "rows dropped, in holes without an adjusted close",
    "below_zero": "bars left out, at or below 0",
    "lacking": "bars without a value",
}


def view(rows: Mapping[str, Rows], values: Values) -> dict[str, Any]:
    """Data sets with what was found in each, and how they were split."""
    models = values["models"]
    findings = licences.quoted(rows["findings"], values["sources"])
    first = models[0]["scenario"]
    return {
        **values,
        "datasets": rows["datasets"],
        "findings": findings[:MOST],
        "left_out": len(findings) - len(findings[:MOST]),
        "cleaned": [
            row | {"words": DONE[row["what"]]}
            for row in rows["cleaned"]
            if row["count"] or row["what"] in ("outliers", "breaks")
        ][:MOST],
        "questions": rows["questions"][:MOST],
        "more_questions": max(0, len(rows["questions"]) - MOST),
        "splits": [row for row in models if row["model"] == models[0]["model"]],
        "partly": rows["partly"],
        "tickers": rows["tickers"][:MOST],
        "more_tickers": max(0, len(rows["tickers"]) - MOST),
        "of_first": [row for row in values["features"] if row["scenario"] == first],
    }


SECTION = Section(
    name="data",
    title="Data",
    link="Data",
    queries={
        "datasets": """
            SELECT * FROM datasets ORDER BY rowid""",
        "findings": """
            SELECT * FROM findings
            ORDER BY list_position(['error', 'warning', 'note'], severity), rowid""",
        "questions": "SELECT * FROM questions ORDER BY decision IS NULL, rowid",
        "cleaned": "SELECT * FROM cleaned ORDER BY rowid",
        "partly": """
            SELECT partly FROM assessment.market_scenarios
            WHERE scenario_kind = 'full' AND partly != ''""",
        "tickers": "SELECT * FROM assessment.bars_a_year ORDER BY rowid",
    },
    view=view,
)
