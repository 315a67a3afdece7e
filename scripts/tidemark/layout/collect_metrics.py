"""Everything that was measured."""

DATABASE = "artifacts/metrics.duckdb"
