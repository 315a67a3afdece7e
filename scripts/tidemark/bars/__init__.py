"""Bars and their times: what holds of them before anybody asks what they are worth.

Clocks and zones, an exchange's sessions and closes, the form of tables of bars, holes, splits and
dividends, joins that say what they dropped.

Never: reads or writes a file: imports `pathlib`, `os`.
Never: imports `harness`, `config`, `sources`.
"""
