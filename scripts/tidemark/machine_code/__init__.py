"""Plain Python loops turned into machine code: compiled once, kept, and loaded where they run.

A function that is nothing but loops over arrays is compiled by Numba in a process of its own, kept
with the environment, and called through `ctypes` by whoever has the source.

Never: uses what one processor can do and another of its kind cannot.
Never: imports `numba` or `llvmlite` before they are needed.
Never: imports `bars`, `market`, `backtest`, `config`, `harness`.
"""
