# What every goal of the pipeline needs: the configuration, file times that agree with contents, an
# environment, and how a rule of the DAG is written.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-builtin-variables --no-print-directory

# What commands are told under such names counts only if it was typed: the environment may have one by chance.
ANSWERS := SHEET DATES NUMBERS PRICES ZONE COLUMN MISSING TICKER
$(foreach name,FILE WRITE $(ANSWERS) A B N VERIFY RESTORE PRUNE SNAPSHOT FROM WITHOUT OWNER AT ONLY GAP ACCEPT REJECT CORRECT VALUE,$(if $(filter environment,$(firstword $(origin $(name)))),$(eval override $(name) :=)))
# Variables from the environment or the command line are text: a `$` in them calls no function of Make. (LAUNCH, see
# below, is a command and may have one.)
given = $(filter environment command,$(firstword $(origin $1)))
$(foreach name,$(filter-out LAUNCH,$(.VARIABLES)),$(if $(findstring $$,$(value $(name))),$(if $(call given,$(name)),$(eval override $(name) := $$(value $(name))))))
# $(call odd,name) gives the characters in a name that Make or a shell could misread; with a blank, it is two words.
comma := ,
space := $() $()
number_sign := \#
odd = $(strip $(foreach sign,$$ $(number_sign) % : ; | & < > ( ) { } [ ] ' " \ ` * ? ! ~ ^ = $(comma),$(findstring $(sign),$1)) $(filter -%,$1) $(if $(filter-out 1,$(words .$1.)),blank))

CONFIG ?= config.yaml
export TIDEMARK_PROJECT := $(CURDIR)
$(if $(call odd,$(CONFIG)),$(error CONFIG=$(CONFIG): has $(firstword $(call odd,$(CONFIG))) in its name, which Make cannot handle. Cure: rename the file; use letters, digits and . _ - / only))
VENV := $(CODE).venv
PYTHON := $(VENV)/bin/python
COMMANDS := $(CODE)scripts/commands
# Settings for another Python. `unexport` has no effect on $(shell), which therefore unsets them itself.
FOREIGN := PYTHONHOME PYTHONPATH PYTHONSAFEPATH PYTHONPLATLIBDIR PYTHONSTARTUP PYTHONINSPECT PYTHONOPTIMIZE PYTHONWARNINGS
unexport $(FOREIGN)
# Ctrl-C is ignored while an interpreter starts, because it would print a traceback; a script listens to it again
# from its first lines on.
START := trap '' INT; exec $(PYTHON)
# Steps are children of one interpreter that has the libraries loaded; with WARM=0 they are plain processes.
# LAUNCH, if set, is a prefix for every step, e.g. LAUNCH="srun -n1 -c1".
WARM ?= 1
# The results store: `off`, or a folder in place of the one in the configuration.
STORE ?=
export STORE
$(if $(filter-out off,$(STORE)),$(if $(findstring /,$(STORE)),,$(error STORE=$(STORE): is neither `off` nor a folder, which has a / in it. Cure: STORE=off, or STORE=./$(STORE))))
quoted_store := '$(subst ','\'',$(STORE))'

# --- The configuration, and file times that agree with contents

# artifacts/config.mk sets these, with FORECASTS_<strategy>, SCHEMA_<source> and CONFIG_FILE, the file that it was made of. A variable of
# the same name from outside would change the pipeline, so it is emptied.
LISTS := SCENARIOS MODELS BASELINE STRATEGIES MARKET_FORECASTS MARKET_SCENARIO SOURCES SERIES LIVE LIVE_EXTRAS EXTRAS CLIENTS CONTRACT TABLES
$(foreach list,$(LISTS),$(if $(call given,$(list)),$(eval override $(list) :=)))
OUTSIDE := help contract acknowledge clean distclean lock test campaigns referee lint sample config-schema adopt status why dag store timings diff compare-tree history snapshots override review gate gate-update sql alert-test mirror restore schedule daily
cleaning := $(filter clean distclean,$(MAKECMDGOALS))
$(if $(and $(cleaning),$(filter-out $(cleaning),$(MAKECMDGOALS))),$(error $(firstword $(cleaning)) removes what other goals make. Cure: type two commands: make $(firstword $(cleaning)) && make $(filter-out $(cleaning),$(MAKECMDGOALS))))

# Goals of the DAG. Without one, nothing down to the end of the block is asked, and all lists stay empty.
PIPELINE := $(filter-out $(OUTSIDE),$(or $(MAKECMDGOALS),help))
ifneq ($(PIPELINE),)

# A run is named by Make's process and the second at which it began, which one that started anew has in a file.
began := artifacts/.run/began
run_and_cores := $(shell $(if $(MAKE_RESTARTS),read -r began <$(began)-$$PPID && rm $(began)-$$PPID ||) began=$$(date +%s); echo $$PPID-$$began $$(getconf _NPROCESSORS_ONLN))
export TIDEMARK_RUN := $(firstword $(run_and_cores))
export TIDEMARK_GOALS := $(MAKECMDGOALS)
export TIDEMARK_TARGET = $@# expanded in each recipe
export TIDEMARK_CONFIG := $(CONFIG)
export TIDEMARK_WARM := $(if $(LAUNCH),0,$(WARM))
$(if $(LAUNCH),$(eval export TIDEMARK_HOST := $(subst .,_,$(shell uname -n))))
# The same for $(shell), which knows no `export` before Make 4.4; nothing is warm there.
THIS_RUN := TIDEMARK_WARM=0 TIDEMARK_RUN=$(TIDEMARK_RUN) TIDEMARK_CONFIG=$(CONFIG) TIDEMARK_GOALS='$(subst ','\'',$(MAKECMDGOALS))'
$(if $(filter -j%,$(MAKEFLAGS)),,$(eval MAKEFLAGS += -j$(lastword $(run_and_cores))))

$(if $(wildcard $(CONFIG)),,$(error $(CONFIG) is missing. Cure: restore it (git checkout $(CONFIG)), or name another one: make CONFIG=...))

# A killed make's journal goes into the history first, because what follows changes the tree. This is done when Make starts
# anew, too, although the journal that lies there then may be this make's own.
journals := $(if $(TIDEMARK_PLANNING),,$(wildcard artifacts/.run/*.jsonl))
$(if $(and $(journals),$(wildcard $(PYTHON))),$(shell unset $(FOREIGN); $(START) $(CODE)scripts/launch/close.py >&2))

# Make compares times, but contents decide. changed.sh takes a quick look, by a few `find`s, which is all that a no-op
# costs. It prints nothing; or `configure` if config.mk is not of this configuration; or `verify` if any file changed
# since verify.py last compared contents and set the times of the checkpoints accordingly.
look := $(shell $(CODE)scripts/changed.sh $(if $(MAKE_RESTARTS),,$(CONFIG)) 2>&1 || echo verify)

# A step depends on the keys that it was seen to read: configure.py writes each key of the configuration to a file,
# artifacts/.config/<key>, and touches only those whose value changed. Make starts anew when config.mk was made. Then it
# asks no more, because a configuration dated in the future would be read for ever.
include artifacts/config.mk
ifndef MAKE_RESTARTS
# What configure.py imports: these modules, and the rooms' settings.
artifacts/config.mk: $(CONFIG) $(VENV)/.ok $(CODE)scripts/launch/configure.py $(patsubst %,$(CODE)scripts/tidemark/%.py,errors naming ohlcv bounds bars/zones features/contract features/feature isolated/errors_across providers/catalogue providers/ids reading/kinds remotes/address sources/tickers targets validation/schema)
artifacts/config.mk: $(wildcard $(patsubst %,$(CODE)scripts/tidemark/%.py,config/* files/* layout/* */settings */*/settings features/families/* models/estimators/* tables/*))
# It is made anew as well if changed.sh says so, if CONFIG names another file, or if the folder for promises is gone.
current := $(and $(filter $(CONFIG),$(CONFIG_FILE)),$(wildcard artifacts/.promised/.),$(if $(filter configure,$(look)),,yes))
artifacts/config.mk: $(if $(current),,FORCE)
endif
artifacts/config.mk:
	@$(START) $(CODE)scripts/launch/configure.py --config $(CONFIG)
	@mkdir -p $(dir $(began)) && echo $(lastword $(subst -, ,$(TIDEMARK_RUN))) >$(began)-$(firstword $(subst -, ,$(TIDEMARK_RUN)))

endif  # PIPELINE

# --- The environment

$(VENV)/.ok: $(CODE)requirements.lock $(CODE)scripts/environment.sh
	@$(CODE)scripts/environment.sh requirements.lock
# What only some need is added when it is needed: `dev` by tests and lint, `excel` by workbooks, `s3` by a bucket,
# `alerts` by channels, `postgres` by a mirror.
$(VENV)/.%-ok: $(CODE)requirements-%.lock $(VENV)/.ok
	@$(CODE)scripts/environment.sh requirements-$*.lock
# One attempt, for those who get along without it: whether it succeeds or not, it is not made again.
$(VENV)/.%-tried: $(CODE)requirements-%.lock $(VENV)/.ok
	@$(CODE)scripts/environment.sh requirements-$*.lock 2>/dev/null || echo "tidemark: the packages of requirements-$*.lock could not be installed, and steps run without them. Cure: make $(VENV)/.$*-ok, which says why" >&2; touch $@

# --- How a rule of the DAG is written
# checkpoint: the files that the step may read | checkpoints that it only waits for, folders whose files it may read
#	$(STEP) scripts/<step>.py --<kind> <name>
# the files that it writes: checkpoint ; $(KEPT)

# The harness lets a step read only what its rule lists, in artifacts/.promised/. A list that is right already is not
# written again, because dry runs write too. $(call same,one,other): Make has no function that compares texts.
same = $(if $(subst x$1x,,x$2x)$(subst x$2x,,x$1x),,same)
listed = $(strip $^ $(filter-out %.ok,$|))
promise = $(if $(call same,$(strip $(file <artifacts/.promised/$(@F))),$(listed)),,$(file >artifacts/.promised/$(@F),$(listed)))
STEP = @$(promise)$(if $(LAUNCH),$(LAUNCH) $(PYTHON),$(START)) -S $(CODE)scripts/launch/launch.py
# An output's time says when its content last changed, so it may be older than its checkpoint. This empty recipe makes
# Make look at the file again. (`&:` would not do: with it, the dry run of Make 4.3 misses everything downstream.)
KEPT :=
