"""Raw data held against declarative schemas; findings, not exceptions.

Never: changes a value.
Never: imports `harness`, `sources`, `preprocessing`.
"""
