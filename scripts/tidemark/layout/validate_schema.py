"""What validation found, and when each exchange was open."""

VALIDATION_REPORT = "artifacts/validation_report.json"
SESSIONS = "artifacts/sessions.parquet"
