"""What each cell of a strategy was worth, and its returns bar by bar."""

CELLS = "metrics/backtests/{strategy}.parquet"
RETURNS = "data/backtests/{strategy}.parquet"

CASH = "cash"  # the column of RETURNS that is no set's: what no position at all earns in each bar
