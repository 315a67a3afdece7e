"""Tables of the assessment, what they mean, and the returns that another run is compared by."""

ASSESSED = "metrics/assessment/{table}.parquet"
ASSESSMENT = "metrics/assessment/summary.json"
STRATEGY_EVIDENCE = "metrics/evidence/strategies.parquet"
