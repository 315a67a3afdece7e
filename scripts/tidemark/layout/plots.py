"""Figures of a model, and a list of them."""

MODEL_FIGURE = "reports/figs/{scenario}_{model}_{kind}.png"
MODEL_FIGURES = "artifacts/{scenario}_{model}_figures.json"
