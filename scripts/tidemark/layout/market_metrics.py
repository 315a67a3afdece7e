"""What markets were like."""

MARKET_METRICS = "metrics/market/market_metrics.parquet"
