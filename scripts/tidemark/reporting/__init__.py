"""Figures and reports: what was measured, in pictures and words.

Never: measures anything, because every number is a row of a table first.
Never: imports `harness`, `config`, `sources`.
"""
