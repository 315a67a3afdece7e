"""Tables of the assessment, and what they mean."""

ASSESSED = "metrics/assessment/{table}.parquet"
ASSESSMENT = "metrics/assessment/summary.json"
