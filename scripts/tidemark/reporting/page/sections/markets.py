"""The market scenarios: where each strategy did well, and what each market was like."""

from collections.abc import Mapping
from typing import Any

from tidemark.reporting.page.section import Rows, Section, Values

MOST_STRATEGIES, MOST_GROUPS, MOST_MARKETS = 40, 60, 120
MIDDLE = 0.5  # a score that is neither good nor bad
STRONGEST = 60  # percent of a colour in a cell, so that its number stays readable
KINDS = {
    "full": "all of history",
    "historical": "stretches of history",
    "stress": "stress (simulated)",
    "stochastic": "paths (simulated)",
}


def view(rows: Mapping[str, Rows], values: Values) -> dict[str, Any]:
    """Scores by strategy and group of market scenarios, and the markets themselves."""
    found = {
        (row["scenario_kind"], row["group"]): row["market_scenarios"] for row in rows["scores"]
    }
    groups = [
        {"scenario_kind": kind, "group": group, "market_scenarios": count}
        for kind in KINDS
        for (of_kind, group), count in found.items()
        if of_kind == kind
    ]
    shown = groups[:MOST_GROUPS]
    strategies = [row["strategy_name"] for row in rows["strategies"]]
    scores = {
        (row["strategy_name"], row["scenario_kind"], row["group"]): row["score"]
        for row in rows["scores"]
    }
    markets = values["markets"]
    return {
        **values,
        "kinds": [
            {"words": KINDS[kind], "groups": of_kind, "columns": len(of_kind)}
            for kind in KINDS
            if (of_kind := [group for group in shown if group["scenario_kind"] == kind])
        ],
        "heat": [
            {
                "strategy": strategy,
                "cells": [
                    _cell(scores.get((strategy, group["scenario_kind"], group["group"])))
                    for group in shown
                ],
            }
            for strategy in strategies[:MOST_STRATEGIES]
        ],
        "left_out": {
            "groups": len(groups) - len(shown),
            "strategies": max(0, len(strategies) - MOST_STRATEGIES),
            "markets": max(0, len(markets) - MOST_MARKETS),
        },
        "kind_words": KINDS,
        "markets": markets[:MOST_MARKETS],
    }


def _cell(score: float | None) -> dict[str, Any]:
    if score is None:
        return {"score": None, "side": "untried", "strength": 0}
    strength = min(1.0, abs(score - MIDDLE) / MIDDLE)
    side = "above" if score >= MIDDLE else "below"
    return {"score": score, "side": side, "strength": round(STRONGEST * strength)}


SECTION = Section(
    name="markets",
    title="Market scenarios",
    link="Markets",
    queries={
        "strategies": """
            SELECT strategy_name FROM assessment.strategy_rankings
            WHERE copy_of IS NULL ORDER BY rowid""",
        "scores": """
            SELECT strategy_name, scenario_kind, "group", market_scenarios, score
            FROM assessment.strategy_scores ORDER BY rowid""",
    },
    view=view,
)
