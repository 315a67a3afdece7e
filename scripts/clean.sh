#!/bin/sh
# Remove what the pipeline generated. History and people's words are not generated.
set -eu
generated="data/raw data/processed data/splits data/predictions data/scenarios data/backtests
    features models logs reports/figs artifacts"
# A step of a make that was killed may still be writing.
rm -rf $generated 2>/dev/null || { sleep 3; rm -rf $generated; }
[ ! -d metrics ] || find metrics -mindepth 1 -maxdepth 1 ! -name history -exec rm -rf {} +
rm -f reports/*.md reports/*.csv
rmdir metrics 2>/dev/null || true
rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
find scripts tests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
