"""What each cell of a strategy was worth, what it did bar by bar, and how it was tried."""

CELLS = "metrics/backtests/{strategy}.parquet"
RETURNS = "data/backtests/{strategy}.parquet"
LOOK_AHEAD = "metrics/look_ahead/{strategy}.json"
NOT_TRIED = "metrics/not_tried/{strategy}.json"
REBALANCING = "metrics/rebalancing/{strategy}.parquet"

CASH = "cash"  # the column of RETURNS that is no set's: what no position at all earns in each bar
