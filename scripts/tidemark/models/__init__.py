"""Forecasting models: splits, fitting, what forecasts were worth, comparisons.

Never: imports `harness`, `config`, `backtest`, `assessment`.
"""
