"""Arrays in, numbers out: what models, backtests and their assessment estimate alike.

Never: reads or writes: imports `pathlib`, `os`, `pandas`.
Never: imports any other room.
"""
