"""The tables of artifacts/metrics.duckdb: their columns, and how they are written.

Never: computes a figure: what stands in a table was measured by a step.
Never: imports `harness`, `market`, `backtest`, `models`.
"""
