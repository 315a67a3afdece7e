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
    groups = [group for kind in KINDS for group in rows["groups"] if group["scenario_kind"] == kind]
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
            {"words": KINDS[kind], "groups": [g for g in shown if g["scenario_kind"] == kind]}
            for kind in KINDS
            if any(group["scenario_kind"] == kind for group in shown)
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
        "groups": """
            SELECT scenario_kind, "group", max(market_scenarios) AS market_scenarios
            FROM assessment.strategy_scores GROUP BY ALL ORDER BY min(rowid)""",
        "strategies": """
            SELECT strategy_name FROM assessment.strategy_rankings
            WHERE copy_of IS NULL ORDER BY rowid""",
        "scores": """
            SELECT strategy_name, scenario_kind, "group", score FROM assessment.strategy_scores""",
    },
    view=view,
)
