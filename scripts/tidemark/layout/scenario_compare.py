"""All models side by side: as a table, in words, as records."""

COMPARISON_TABLE = "reports/scenario_table.csv"
COMPARISON_SUMMARY = "reports/scenario_summary.md"
COMPARISON = "metrics/scenario_compare.json"
