"""A commit of the project in a tree of its own, and what its results are there.

`git` answers what a name stands for, `checkout` makes the tree and gives it what git does not have:
data outside it (`borrowed`) and an environment (`environments`); `running` lets Make do the rest.
Trees and environments lie in artifacts/, and the oldest go when there are too many.

Never: computes a result: imports `harness`, `models`, `market`, `backtest`, `assessment`.
Never: changes the project's own tree, or what it borrows from it.
"""
