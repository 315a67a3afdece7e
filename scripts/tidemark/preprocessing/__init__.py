"""From raw bars to a scenario's clean ones: filled, treated for outliers, joined with the economy.

Never: looks at a later row.
Never: imports `harness`, `config`, `sources`, `validation`.
"""
