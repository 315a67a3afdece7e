"""The store of live data: what providers sent, by hash, and snapshots of it that can be read again.

Rows become Parquet files named by their hash (`objects`), a file for each month or day of a kind of
records. A `manifest` lists those of one source; a snapshot, a record of a log that only grows,
names a manifest for each source. Rows that others replaced stay, with when that was.

Never: asks for the time or the environment: a commit is given when its rows were fetched.
Never: corrects or adjusts what it keeps; adjusting is done on reading.
Never: knows providers, Make, steps or the configuration: imports `providers`, `fetching`,
  `harness`, `config`, `socket`, `os`.
"""
