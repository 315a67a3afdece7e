"""Clean bars."""

PROCESSED = "data/processed/{scenario}.parquet"
