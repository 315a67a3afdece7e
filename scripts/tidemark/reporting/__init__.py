"""Figures and reports: what was measured, in pictures and words.

Never: measures a number that it prints, because that is a row of a table first.
Never: imports `harness`, `config`, `sources`.
"""
