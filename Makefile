# Tidemark: from raw prices to compared models, ranked strategies and reports. `make help` lists the targets.
#
# Each step is scripts/<step>.py; its target is artifacts/<step>_<instance>.ok, its tide mark. A rule in
# make/*.mk names the files that the step may read. Which modules and configuration keys it really used,
# the step itself writes to artifacts/.deps/, which Make includes. Lists of names come from config.yaml, that of tables from
# scripts/tidemark/tables/.

ifeq ($(filter grouped-target,$(.FEATURES)),)
$(error Tidemark needs GNU Make 4.3 or newer; this is $(MAKE_VERSION). Cure: install it (macOS: `brew install make`, then type gmake))
endif

# The code's folder with a slash at its end, or nothing if the project is that folder. A project elsewhere has
# config.yaml, schemas/, reports/templates/ and its data, and is built by `make -f CODE/Makefile`.
override CODE := $(filter-out ./,$(dir $(lastword $(MAKEFILE_LIST))))
$(if $(wildcard $(CODE)make/machinery.mk),,$(error $(lastword $(MAKEFILE_LIST)): the path to this Makefile has a blank in it. Cure: move the code to a folder without one))
include $(CODE)make/machinery.mk

# --- The DAG, a file for each branch, from top to bottom; each says which steps it has, in order

STEPS :=
include $(CODE)make/data.mk
include $(CODE)make/models.mk
include $(CODE)make/strategies.mk
include $(CODE)make/reports.mk

# --- Names to type
# Each step is a target. What others wait for comes first, and what nobody waits for last: Make starts steps in this order.
urgent := fetch_data validate_schema data_gate market_scenarios backtest
idle := plots reports
CHECKPOINTS := $(foreach step,$(urgent) $(filter-out $(urgent) $(idle),$(STEPS)) $(idle),$(CHECKPOINTS_$(step)))

# The closing line, said once, when all goals are done.
SUMMARY = $(if $(filter $@,$(closing)),@$(CODE)scripts/summary.sh $@ $(words $^))

## all: the whole pipeline; only what an edit affects runs again
all: $(CHECKPOINTS)
$(foreach step,$(STEPS),$(eval $(step): $(CHECKPOINTS_$(step))))
$(STEPS) all: ; $(SUMMARY)
closing := $(lastword $(filter all $(STEPS),$(MAKECMDGOALS)))
$(if $(closing),$(eval $(closing): | $(foreach goal,$(filter-out $(closing) $(OUTSIDE),$(MAKECMDGOALS)),$(if $(call odd,$(goal)),,$(goal)))))

# What people write reaches the scripts unchanged, through the environment, so no shell interprets it.
export T REASON OTHER FORMAT DETAILS Q
export MAKE_COMMAND
status why dag timings compare-tree sql: $(if $(wildcard $(VENV)/.ok),,$(VENV)/.ok)  # any environment will do, so none is updated
## status: every step's state and first reason to run (FORMAT=json for machines); changes nothing
status:
	@$(PYTHON) $(COMMANDS)/status.py --config $(CONFIG) --steps "$(STEPS)"
## why: why T=<step, checkpoint or output> will run, down to the root; or, with DETAILS=1 in full, what it was built from
why:
	@$(if $T,,$(error make why needs T=<step, checkpoint or output>, e.g. make why T=evaluate))$(PYTHON) $(COMMANDS)/why.py --config $(CONFIG)
## dag: draw every step instance, coloured by state: artifacts/dag.svg, artifacts/dag.mmd
dag:
	@$(PYTHON) $(COMMANDS)/dag.py --config $(CONFIG) --steps "$(STEPS)"
## accept: let the results of T=<step, checkpoint, output or all> stand after a cosmetic change, with REASON="..."
accept: artifacts/config.mk
	@$(if $T,,$(error make accept needs T=<step, checkpoint, output or all> and REASON="..."))$(PYTHON) $(COMMANDS)/accept.py
## timings: what each step cost, slowest first, with a hash of its outputs
timings:
	@$(PYTHON) -S $(COMMANDS)/timings.py
## compare-tree: the first step whose outputs differ from those in OTHER=path, and why
compare-tree:
	@$(if $(OTHER),,$(error make compare-tree needs OTHER=path of another checkout))$(PYTHON) -S $(COMMANDS)/compare_tree.py
## sql: ask artifacts/metrics.duckdb: Q="select ..."; Q="show all tables" lists its tables and views
sql:
	@$(if $Q,,$(error make sql needs Q="select ...", e.g. make sql Q="show all tables"))$(PYTHON) $(COMMANDS)/sql.py
.PHONY: all $(STEPS) accept $(OUTSIDE) FORCE
## test: the test suite
test: $(VENV)/.dev-ok
	@cd $(CODE). && .venv/bin/python -m pytest -n 4 --dist worksteal
## campaigns: the long form of tests/campaigns: kills, interrupts, full disks, clocks; half an hour
campaigns: $(VENV)/.dev-ok
	@cd $(CODE). && .venv/bin/python -m pytest tests/campaigns --long
## lint: ruff and mypy
lint: $(VENV)/.dev-ok
	@cd $(CODE). && .venv/bin/ruff check && .venv/bin/ruff format --check && .venv/bin/mypy
## sample: rebuild data/sample/ from its public packages
sample: $(VENV)/.ok
	@cd $(CODE). && .venv/bin/python scripts/commands/rebuild_sample.py
## config-schema: regenerate schemas/config.schema.json, after an edit of what config.yaml may say
config-schema: $(VENV)/.ok
	@cd $(CODE). && .venv/bin/python scripts/launch/configure.py --write-schema
## lock: pin the newest versions that pyproject.toml admits (needs uv)
lock:
	cd $(CODE). && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header -o requirements.lock pyproject.toml
	cd $(CODE). && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header -o requirements-dev.lock --group dev -c requirements.lock pyproject.toml
## clean: remove what is generated; metrics/history/, artifacts/edited_by_hand/ and what is yours stay
clean:
	@$(CODE)scripts/clean.sh
## distclean: clean, and remove .venv and metrics/history/
distclean: clean
	@rm -rf .venv metrics/history
## help: this list, and the current configuration
help:
	@$(CODE)scripts/help.sh $(CODE)Makefile $(CONFIG)

include $(CODE)make/observed.mk
