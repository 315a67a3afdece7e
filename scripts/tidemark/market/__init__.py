"""The market that strategies see: bars as arrays, indicators, signals, market scenarios.

Arrays are (bars, tickers).

Never: trades, or knows positions or costs: imports `backtest`, `assessment`.
Never: imports `harness`, `config`, `models`.
"""
