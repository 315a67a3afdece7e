"""Checks of raw data against declarative schemas, which return findings and raise no exceptions.

Never: changes a value.
Never: imports `harness`, `config`, `sources`, `preprocessing`.
"""
