# From the sources to validated data: fetch_data, validate_schema, data_gate.

data-pipeline := fetch_data validate_schema data_gate
STEPS += fetch_data validate_schema data_gate

CHECKPOINTS_fetch_data := $(SOURCES:%=artifacts/fetch_data_%.ok)
CHECKPOINTS_validate_schema := $(SOURCES:%=artifacts/validate_schema_%.ok)
CHECKPOINTS_data_gate := artifacts/data_gate.ok

# Libraries that a kind of file takes are installed before it is read. A step goes by the versions that it ran with,
# so their stamps are no reason to run.
extras := $(EXTRAS:%=$(VENV)/.%-ok)
# What speaks to a remote, push and pull require; steps run without it as well.
clients := $(CLIENTS:%=$(VENV)/.%-ok)
# Providers are asked when somebody types fetch_data, and for a source of which nothing is stored yet. What is stored says
# which files of rows hold, and these have their hashes for names.
asked := $(foreach source,$(LIVE),$(if $(and $(wildcard data/store/current/$(source).json),$(if $(filter fetch_data,$(MAKECMDGOALS)),,stored)),,$(source)))
$(asked:%=data/store/current/%.json): asked_providers ; $(KEPT)
asked_providers: | $(LIVE_EXTRAS:%=$(VENV)/.%-ok)
	@$(START) $(COMMANDS)/fetch.py --config $(CONFIG) $(asked)
.PHONY: asked_providers
data/store/objects: ;

# Make knows a source by the key that names it, never by its file name; changed.sh sees when its files change.
define OF_SOURCE
artifacts/fetch_data_$1.ok: artifacts/.config/fetch_data.$(if $(filter $1,$(SERIES)),economic.)$1.path $(STORED_$1) | $(extras) $(if $(STORED_$1),data/store/objects)
	$$(STEP) scripts/fetch_data.py --source $1
data/raw/$1.parquet data/raw/$1.parquet.sha256 data/raw/$1.lines.parquet: artifacts/fetch_data_$1.ok ; $$(KEPT)

artifacts/validate_schema_$1.ok: data/raw/$1.parquet data/raw/$1.lines.parquet $(SCHEMA_$1)
	$$(STEP) scripts/validate_schema.py --source $1
artifacts/$1_findings.json: artifacts/validate_schema_$1.ok ; $$(KEPT)
endef
$(foreach s,$(SOURCES),$(eval $(call OF_SOURCE,$s)))
artifacts/sessions.parquet artifacts/questions.json: artifacts/validate_schema_prices.ok ; $(KEPT)

# Prices and corporate actions are held against each other.
both := $(filter prices corporate_actions,$(SOURCES))
artifacts/data_gate.ok: $(SOURCES:%=artifacts/%_findings.json) artifacts/sessions.parquet artifacts/questions.json $(both:%=data/raw/%.parquet) \
		$(both:%=data/raw/%.lines.parquet) $(if $(filter corporate_actions,$(both)),$(SCHEMA_corporate_actions))
	$(STEP) scripts/data_gate.py
artifacts/validation_report.json $(SOURCES:%=artifacts/%_passed.json): artifacts/data_gate.ok ; $(KEPT)
# Who asks for validation wants to hear of errors, and only the gate stops at them.
validate_schema: artifacts/data_gate.ok
