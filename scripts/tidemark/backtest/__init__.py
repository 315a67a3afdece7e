"""Strategies traded on bars: the engine, what its results were worth, all cells of a strategy.

Strategies speak (bars, tickers), the engine (sets, tickers, bars).

Never: reads or writes a file; imports `harness`, `config`, `assessment`, `reporting`.
"""
