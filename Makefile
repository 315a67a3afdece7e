# Tidemark: from raw prices to compared models, ranked strategies and reports. `make help` lists the targets.
#
# Each step is scripts/<step>.py. Each instance of it leaves a checkpoint, artifacts/<step>[_<instance>].ok, its
# tide mark, which is its target. A rule in make/*.mk names the files that the step may read. Which modules and
# configuration keys it really used, the step itself writes to artifacts/.deps/, which Make includes.
#
# A scenario is a way to prepare the data; a market scenario is a stretch or a simulation of the market. Names of these
# and others come from config.yaml, those of tables from scripts/tidemark/tables/.
#
# data/ features/ models/ metrics/ hold results (metrics/history/ what came before), reports/ what people read and
# its figures, logs/ a log a step, artifacts/ the checkpoints, the database and what steps tell other steps.

ifeq ($(filter grouped-target,$(.FEATURES)),)
$(error Tidemark needs GNU Make 4.3 or newer; this is $(MAKE_VERSION). Cure: install it (macOS: `brew install make`, then type gmake))
endif

# The code's folder with a slash at its end, or nothing if the project is that folder. A project elsewhere has
# config.yaml, schemas/, reports/templates/ and its data, and is built by `make -f CODE/Makefile`.
override CODE := $(filter-out ./,$(dir $(lastword $(MAKEFILE_LIST))))
$(if $(wildcard $(CODE)make/machinery.mk),,$(error $(lastword $(MAKEFILE_LIST)): make/machinery.mk is not beside it, or its path has a blank. Cure: restore it, or move the code to a folder without one))
include $(CODE)make/machinery.mk

# --- The DAG, a file for each branch, from top to bottom; each says which steps it has, in order

STEPS :=
include $(CODE)make/data.mk
include $(CODE)make/models.mk
include $(CODE)make/strategies.mk
include $(CODE)make/reports.mk

# Make starts steps in the order of this list: first what takes long or what most others wait for, last what
# nobody waits for.
first := fetch_data validate_schema data_gate market_scenarios backtest
last := plots reports
CHECKPOINTS := $(foreach step,$(first) $(filter-out $(first) $(last),$(STEPS)) $(last),$(CHECKPOINTS_$(step)))

# Make would merge the rules of `train` of x_y and `train_x` of y.
$(if $(filter-out $(words $(CHECKPOINTS)),$(words $(sort $(CHECKPOINTS)))),$(error two instances share a checkpoint: $(sort $(foreach one,$(CHECKPOINTS),$(if $(filter-out 1,$(words $(filter $(one),$(CHECKPOINTS)))),$(one)))). Cure: rename one of the two))

# --- Names to type

## all: the whole pipeline, a step on each core; only what an edit affects runs again
all: $(CHECKPOINTS)
# Each step is a name to type, too: all of its instances.
$(foreach step,$(STEPS),$(eval $(step): $(CHECKPOINTS_$(step))))
# Four pipelines, which one after the other are the whole, for whatever starts them by a clock or a button. Each is a list of
# steps in make/.
PIPELINES := data-pipeline scenarios-pipeline metrics-pipeline assessment-pipeline
export TIDEMARK_PIPELINES := $(foreach one,$(PIPELINES),$(one)=$(subst $(space),$(comma),$(strip $($(one)))))
of_pipeline = $(foreach step,$($1),$(CHECKPOINTS_$(step)))
## data-pipeline: from the sources to validated data
data-pipeline: $(call of_pipeline,data-pipeline)
## scenarios-pipeline: data and models of each scenario, and the market scenarios
scenarios-pipeline: $(call of_pipeline,scenarios-pipeline)
## metrics-pipeline: what the markets were like, and every strategy on them
metrics-pipeline: $(call of_pipeline,metrics-pipeline)
## assessment-pipeline: what strategies are worth, the database and the reports
assessment-pipeline: $(call of_pipeline,assessment-pipeline)
# With -k, Make goes on although configure.py refused the configuration, but not with what waits for its result.
$(if $(PIPELINE),$(eval $(CHECKPOINTS) $(STEPS) $(PIPELINES) all: | artifacts/config.mk))
# The last one typed waits for the others, and says the closing line.
closing := $(lastword $(filter all $(STEPS) $(PIPELINES),$(MAKECMDGOALS)))
export TIDEMARK_CLOSING := $(closing)
others := $(filter-out $(closing) $(OUTSIDE) push,$(MAKECMDGOALS))
$(if $(closing),$(eval $(closing): | $(foreach goal,$(others),$(if $(call odd,$(goal)),,$(goal)))))
$(STEPS) $(PIPELINES) all: ; $(if $(filter $@,$(closing)),@$(CODE)scripts/summary.sh $@ $(words $^) reports/page.html reports/index.html)

# What people write reaches the scripts unchanged, through the environment, so no shell interprets it.
export T N A B REASON SOURCE SNAPSHOT FROM WITHOUT OTHER FORMAT DETAILS VERIFY RESTORE PRUNE Q CELLS SEED FAMILIES FILE WRITE OWNER AT ONLY GAP ACCEPT REJECT CORRECT VALUE
export $(ANSWERS)
export MAKE_COMMAND  # status, why and dag ask it for the rules of steps that never ran
# `-S`: Python starts without its libraries, in half the time, for what needs none.
status why dag store timings diff compare-tree history snapshots gate gate-update sql: $(if $(wildcard $(VENV)/.ok),,$(VENV)/.ok)  # any environment will do, so none is updated
## adopt: look at FILE="My Data.csv", a folder or a pattern; WRITE=yes writes config.mine.yaml, a configuration for it
adopt: unasked = $(filter-out CONFIG FILE WRITE $(ANSWERS),$(sort $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))))
adopt: $(VENV)/.ok
	@$(if $(FILE),,$(error make adopt needs FILE=<a file, a folder or a pattern>, e.g. make adopt FILE="My Data.csv"))$(if $(unasked),$(error make adopt takes no $(unasked). Cure: leave it out, or use one of $(ANSWERS)))$(PYTHON) $(COMMANDS)/adopt.py --config $(CONFIG)
## status: every step's state and first reason to run (FORMAT=json for machines); changes nothing
status:
	@$(PYTHON) $(COMMANDS)/status.py --config $(CONFIG) --steps "$(STEPS)"
## why: why T=<step, checkpoint or output> will run, down to the root; if it is fresh, what it was built from (DETAILS=1: in full)
why:
	@$(if $T,,$(error make why needs T=<step, checkpoint or output>, e.g. make why T=evaluate))$(PYTHON) $(COMMANDS)/why.py --config $(CONFIG)
## dag: draw every step instance, coloured by state: artifacts/dag.svg, artifacts/dag.mmd
dag:
	@$(PYTHON) $(COMMANDS)/dag.py --config $(CONFIG) --steps "$(STEPS)"
## accept: let the results of T=<step, checkpoint, output or all> stay valid after a change that alters no result; needs REASON="..."
accept: artifacts/config.mk
	@$(if $T,,$(error make accept needs T=<step, checkpoint, output or all> and REASON="..."))$(PYTHON) $(COMMANDS)/accept.py
# In `make all push`, push comes after the other goals, with what they made; in `make pull all`, pull comes before them.
## push: let the remote of the results store (store.remote) have what it lacks
push: artifacts/config.mk $(clients) | $(filter-out push pull,$(PIPELINE))
	@$(PYTHON) $(COMMANDS)/remote.py push
## pull: let the results store have what its remote holds for this configuration, the newest first
pull: artifacts/config.mk $(clients)
	@$(file >artifacts/.pulled,$(CHECKPOINTS))$(PYTHON) $(COMMANDS)/remote.py pull --checkpoints artifacts/.pulled
$(CHECKPOINTS): | $(extras) $(if $(filter push pull,$(MAKECMDGOALS)),$(clients),$(clients:-ok=-tried)) $(filter pull,$(MAKECMDGOALS))
## contract: write the feature contract that the configuration names, show what changed, and keep REASON="..."
contract: $(VENV)/.ok
	@$(PYTHON) $(COMMANDS)/contract.py --config $(CONFIG)
## acknowledge: say that you have read the schema of SOURCE=<name> as it is now, and keep REASON="..."
acknowledge: $(VENV)/.ok
	@$(if $(SOURCE),,$(error make acknowledge needs SOURCE=<name of a source> and REASON="..."))$(PYTHON) $(COMMANDS)/acknowledge.py --config $(CONFIG)
## timings: what each step cost, slowest first, with a hash of its outputs
timings:
	@$(PYTHON) $(COMMANDS)/timings.py
## diff: what differs between two runs: A=, B= name a run, a commit, or last (FORMAT=markdown, json); docs/diff.md
diff:
	@$(PYTHON) $(COMMANDS)/diff.py --config $(CONFIG)
## compare-tree: the first step whose outputs differ from those in OTHER=path, and why
compare-tree:
	@$(if $(OTHER),,$(error make compare-tree needs OTHER=path of another checkout))$(PYTHON) -S $(COMMANDS)/compare_tree.py
## store: what the results store holds, what it spared, and what is pinned (FORMAT=json; VERIFY=yes, PRUNE=yes)
store:
	@$(PYTHON) $(COMMANDS)/store.py --config $(CONFIG)
## snapshots: what each fetch of live data brought and restated, newest first (N=20, FORMAT=json, VERIFY=yes; RESTORE=<number or time>)
snapshots:
	@$(PYTHON) $(COMMANDS)/snapshots.py
## history: the last runs that changed something, newest first: how they ended, what ran and why (N=20, FORMAT=json)
history:
	@$(PYTHON) $(COMMANDS)/history.py
## override: show the gaps in prices that stop the pipeline, or let some pass: GAP="<id> ..." REASON="..."
override: $(VENV)/.ok
	@$(PYTHON) $(COMMANDS)/override.py
## review: show moves of prices that nobody reviewed, or decide: ACCEPT=, REJECT= or CORRECT=<id> VALUE=, with REASON="..."
review: $(VENV)/.ok
	@$(PYTHON) $(COMMANDS)/review.py
## gate: hold the results against the baseline in git: fails if one is worse than gate.tolerances allows (FORMAT=markdown, json)
gate:
	@$(PYTHON) $(COMMANDS)/gate.py --config $(CONFIG)
## gate-update: from now on the results, or those of the run A=, are the baseline; needs REASON="..."
gate-update:
	@$(PYTHON) $(COMMANDS)/gate_update.py --config $(CONFIG)
## sql: ask artifacts/metrics.duckdb: Q="select ..."; without Q, a prompt; Q="show all tables" lists its tables and views
sql:
	@$(PYTHON) $(COMMANDS)/sql.py
## alert-test: send a test message by each channel of OWNER="..." (without it: of all owners), and say which took it
alert-test: $(VENV)/.ok $(VENV)/.alerts-ok
	@$(PYTHON) $(COMMANDS)/alert_test.py --config $(CONFIG)
## mirror: copy the store and the database's tables to PostgreSQL (mirror.postgres); goes on where it was interrupted
mirror: $(VENV)/.ok $(VENV)/.postgres-ok
	@$(PYTHON) $(COMMANDS)/mirror.py --config $(CONFIG)
## restore: bring SNAPSHOT=<number or time> back from a mirror: FROM=postgres (WITHOUT=sources that it lacks)
restore: $(VENV)/.ok $(VENV)/.postgres-ok
	@$(PYTHON) $(COMMANDS)/restore.py --config $(CONFIG)
## schedule: print what wakes `make daily`: crontab, systemd, launchd, and how to install each (FORMAT= AT="19:00" ZONE= WRITE=folder)
schedule: $(VENV)/.ok
	@$(PYTHON) $(COMMANDS)/schedule.py --config $(CONFIG) --pipelines "$(PIPELINES)"
## daily: what a schedule runs: fetch, pipelines, gate and one alert, if a session is over that was not done (ONLY=one pipeline)
daily: $(VENV)/.ok
	@$(PYTHON) $(COMMANDS)/daily.py --config $(CONFIG) --pipelines "$(PIPELINES)"
.PHONY: all $(STEPS) $(PIPELINES) accept push pull $(OUTSIDE) FORCE
## test: the test suite
test: $(VENV)/.dev-ok
	@cd $(CODE). && .venv/bin/python -m pytest -n 4 --dist worksteal
## campaigns: the long form of tests that run make: kills, interrupts, full disks, clocks, and all variants; an hour
campaigns: $(VENV)/.dev-ok
	@cd $(CODE). && .venv/bin/python -m pytest tests/campaigns tests/dag --long
## referee: work the results out once more, by other means, and say where they disagree (CELLS=2000 SEED= FAMILIES="cells evidence")
referee: $(VENV)/.dev-ok
	@PYTHONPATH=$(CODE)tests:$(CODE)scripts $(PYTHON) -m referee --config $(CONFIG)
## lint: ruff and mypy
lint: $(VENV)/.dev-ok
	@cd $(CODE). && .venv/bin/ruff check && .venv/bin/ruff format --check && .venv/bin/mypy
## sample: rebuild data/sample/ from its public packages
sample: $(VENV)/.ok
	@cd $(CODE). && .venv/bin/python scripts/commands/rebuild_sample.py
## config-schema: regenerate schemas/config.schema.json and docs/estimators.md, after an edit of what config.yaml may say
config-schema: $(VENV)/.ok
	@$(PYTHON) $(CODE)scripts/launch/configure.py --write-schema
## lock: pin the newest versions that pyproject.toml admits (needs uv)
lock:
	cd $(CODE). && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header -o requirements.lock pyproject.toml
	cd $(CODE). && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header -o requirements-dev.lock --group dev -c requirements.lock
	cd $(CODE). && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header -o requirements-excel.lock --group excel -c requirements.lock
	cd $(CODE). && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header -o requirements-s3.lock --group s3 -c requirements.lock
	cd $(CODE). && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header -o requirements-live.lock --group live -c requirements.lock
	cd $(CODE). && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header -o requirements-yahoo.lock --group yahoo -c requirements.lock
	cd $(CODE). && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header -o requirements-alerts.lock --group alerts -c requirements.lock
	cd $(CODE). && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header -o requirements-calendars.lock --group calendars -c requirements.lock
	cd $(CODE). && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header -o requirements-sentiment.lock --group sentiment -c requirements.lock
	cd $(CODE). && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header -o requirements-postgres.lock --group postgres -c requirements.lock
## clean: remove what is generated; artifacts/store/, metrics/history/, artifacts/edited_by_hand/ and files elsewhere are kept
clean:
	@$(CODE)scripts/clean.sh
## distclean: clean, and remove .venv, artifacts/store/ and metrics/history/
distclean: clean
	@rm -rf .venv artifacts/store metrics/history  # of this project: an environment elsewhere is that of the code there
## help: this list, and the current configuration
help:
	@$(CODE)scripts/help.sh $(CODE)Makefile $(CONFIG)

include $(CODE)make/observed.mk
