"""What backtests are worth together: scores, ranks, the statistics against a ranking, in words.

Never: trades, or reads a file: imports `harness`, `config`, `pathlib`.
"""
