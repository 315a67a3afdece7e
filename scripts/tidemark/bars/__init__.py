"""Tables of bars and the times in them, whatever the prices are used for later.

Clocks and zones, an exchange's sessions and closes, the form of a table of bars, holes, splits and
dividends, and joins in which no row is lost unnoticed.

Never: reads or writes a file: imports `pathlib`, `os`.
Never: imports `harness`, `config`, `sources`.
"""
