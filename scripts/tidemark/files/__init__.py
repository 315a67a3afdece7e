"""The ground: files that are written whole or not at all, in the same bytes for the same content.

Atomic writes of Parquet, JSON, pickles and figures, hashes, the file system's clock, listings,
locks, tries again, records that only grow, and what is installed.

Never: imports `pandas`, `pyarrow` or `matplotlib` before somebody writes with them.
Never: imports any other room; knows of steps, configuration or markets.
"""
