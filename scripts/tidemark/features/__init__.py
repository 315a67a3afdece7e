"""Each bar's features and target return, and the contract that they are checked against.

Never: looks at a later bar, except for the target.
Never: imports `harness`, `config`, `models`, `market`.
"""
