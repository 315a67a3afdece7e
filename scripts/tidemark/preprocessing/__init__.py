"""From raw bars to one scenario's clean ones: filled, treated, joined with what was known.

Never: looks at a later row.
Never: imports `harness`, `config`, `sources`, `validation`.
"""
