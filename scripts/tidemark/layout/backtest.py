"""What each cell of a strategy was worth, and its returns bar by bar."""

CELLS = "metrics/backtests/{strategy}.parquet"
RETURNS = "data/backtests/{strategy}.parquet"
