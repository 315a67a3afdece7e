"""What validation found in all sources."""

VALIDATION_REPORT = "artifacts/validation_report.json"
