"""What validation found in a source, and when the exchange was open."""

FINDINGS = "artifacts/{source}_findings.json"
SESSIONS = "artifacts/sessions.parquet"
