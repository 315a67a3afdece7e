"""The ground: files that are written whole or not at all, in the same bytes for the same content.

Atomic writes of Parquet, JSON, pickles and figures, hashes, the file system's clock, listings,
locks, retries, records that only grow, and the installed libraries.

Never: imports `pandas`, `pyarrow` or `matplotlib` before they are needed to write.
Never: imports any other room; knows of steps, configuration or markets.
"""
