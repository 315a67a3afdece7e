"""Sources as tidy bars or values, each with its origin beside it."""

RAW = "data/raw/{source}.parquet"
RAW_SHA256 = "data/raw/{source}.parquet.sha256"
RAW_LINES = "data/raw/{source}.lines.parquet"
RAW_PRICES = RAW.format(source="prices")
RAW_ACTIONS = RAW.format(source="corporate_actions")
