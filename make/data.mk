# From the sources to validated data: fetch_data, validate_schema.

STEPS += fetch_data validate_schema

raw := $(RAW:%=data/raw/%.parquet)
lines := $(RAW:%=data/raw/%.lines.parquet)

CHECKPOINTS_fetch_data := artifacts/fetch_data.ok
CHECKPOINTS_validate_schema := artifacts/validate_schema.ok

# Make knows a source by the key that names it, never by its file name; changed.sh sees when its files change.
artifacts/fetch_data.ok: $(SOURCES)
	$(STEP) scripts/fetch_data.py
$(raw) $(raw:=.sha256) $(lines): artifacts/fetch_data.ok ; $(KEPT)

artifacts/validate_schema.ok: $(raw) $(lines) $(RAW:%=schemas/%.json)
	$(STEP) scripts/validate_schema.py
artifacts/validation_report.json artifacts/sessions.parquet: artifacts/validate_schema.ok ; $(KEPT)
