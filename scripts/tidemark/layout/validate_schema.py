"""What validation found in a source, what it asks of people, and when the exchange was open."""

FINDINGS = "artifacts/{source}_findings.json"
SESSIONS = "artifacts/sessions.parquet"
QUESTIONS = "artifacts/questions.json"
