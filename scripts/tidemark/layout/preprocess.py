"""Clean bars, and what was done to get them."""

PROCESSED = "data/processed/{scenario}.parquet"
CLEANED = "artifacts/{scenario}_cleaned.json"
