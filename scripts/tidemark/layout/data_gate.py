"""What validation found in all sources, and which data of each source it let pass."""

VALIDATION_REPORT = "artifacts/validation_report.json"
PASSED = "artifacts/{source}_passed.json"
