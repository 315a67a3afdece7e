"""Each bar's features and target return, and the contract that they are held against.

Never: looks at a later bar, but for the target.
Never: imports `harness`, `config`, `models`, `market`.
"""
