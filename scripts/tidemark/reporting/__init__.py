"""Figures and reports: what is measured, drawn and worded.

Never: measures: every number is a row of a table first.
Never: imports `harness`, `config`, `sources`.
"""
