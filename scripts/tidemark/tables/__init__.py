"""The tables of artifacts/metrics.duckdb: their columns, and how they are written.

Never: computes a figure, because a step has measured what stands in a table.
Never: imports `harness`, `market`, `backtest`, `models`.
"""
