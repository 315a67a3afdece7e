"""A copy of the store and of the metrics database in a PostgreSQL server, and the way back.

`migrating` makes its tables by the files in migrations/; `sending` copies rows to them: those of
the current snapshot by `partitions`, tables of the metrics database by `results`; `keeping` has
what brings a snapshot back, byte by byte, and `restoring` does that.

Never: shows or keeps a password: the `server` alone has it.
Never: sends rows of a source whose terms do not let them be shared (`terms`).
Never: asks providers or knows Make, steps, runs: imports `fetching`, `providers`, `harness`, `dag`.
"""
