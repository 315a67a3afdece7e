"""Runs that are over: what each did and left behind, kept as a record of the history.

`settling` finds the journals of makes that are gone, and turns each into one record, once: what the
journal says of the run (`record`), what the tree holds (`results`), and what of that `moved` since
the run before, and which snapshot of the store that is made of (`stored`). `listing` puts records
in a table, `evidence` finds the figures by date that a record names, and `pinning` lets the results
store keep the data.

Never: is asked by a step: what depends on the run is input of none.
Never: imports `duckdb`, `pandas`, `matplotlib`.
"""
