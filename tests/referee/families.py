"""The families of figures, in the order in which they are looked at."""

from collections.abc import Callable

from referee import (
    cells,
    comparison,
    evidence,
    features,
    forecasts,
    market_metrics,
    markets,
    portfolios,
    rankings,
    sources,
    targets,
)
from referee.results import Results

FAMILIES: dict[str, Callable[[Results, int, int], str]] = {
    "sources": sources.look,
    "features": features.look,
    "forecasts": forecasts.look,
    "comparison": comparison.look,
    "markets": markets.look,
    "market_metrics": market_metrics.look,
    "cells": cells.look,
    "targets": targets.look,
    "portfolios": portfolios.look,
    "rankings": rankings.look,
    "evidence": evidence.look,
}
