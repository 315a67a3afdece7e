"""Backtests: bars, strategies, the engine, what results are worth, market scenarios."""
