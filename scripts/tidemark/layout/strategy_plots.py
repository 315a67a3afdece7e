"""Figures of strategies, and a list of them."""

STRATEGY_FIGURE = "reports/figs/{figure}.png"
STRATEGY_FIGURES = "artifacts/strategy_figures.json"
