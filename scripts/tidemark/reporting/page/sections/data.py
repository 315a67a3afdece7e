"""The data: what they are, what was found in them, and what models were shown of them."""

from collections.abc import Mapping
from typing import Any

from tidemark.reporting.page.section import Rows, Section, Values

MOST = 50


def view(rows: Mapping[str, Rows], values: Values) -> dict[str, Any]:
    """Data sets with what was found in each, and how they were split."""
    findings = rows["findings"]
    return {
        **values,
        "datasets": rows["datasets"],
        "findings": findings[:MOST],
        "left_out": len(findings) - len(findings[:MOST]),
        "splits": rows["splits"],
        "partly": rows["partly"],
        "tickers": rows["tickers"][:MOST],
        "more_tickers": max(0, len(rows["tickers"]) - MOST),
        "kinds": rows["kinds"],
    }


SECTION = Section(
    name="data",
    title="Data",
    link="Data",
    queries={
        "datasets": """
            SELECT datasets.*, count(findings.dataset) AS findings
            FROM datasets LEFT JOIN findings USING (dataset)
            GROUP BY ALL ORDER BY min(datasets.rowid)""",
        "findings": """
            SELECT * FROM findings
            ORDER BY list_position(['error', 'warning', 'note'], severity), rowid""",
        "splits": """
            SELECT scenario, any_value(train_rows) AS train_rows,
                any_value(train_first) AS train_first, any_value(train_last) AS train_last,
                any_value(test_rows) AS test_rows, any_value(test_first) AS test_first,
                any_value(test_last) AS test_last
            FROM models GROUP BY scenario ORDER BY min(rowid)""",
        "partly": """
            SELECT partly FROM assessment.market_scenarios
            WHERE scenario_kind = 'full' AND partly != ''""",
        "tickers": "SELECT * FROM assessment.bars_a_year ORDER BY rowid",
        "kinds": """
            SELECT kind, string_agg(feature, ', ' ORDER BY rowid) AS features
            FROM features
            WHERE scenario = (SELECT scenario FROM features ORDER BY rowid LIMIT 1)
            GROUP BY kind ORDER BY min(rowid)""",
    },
    view=view,
)
