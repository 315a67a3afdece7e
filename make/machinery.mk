# What every goal of the pipeline needs: the configuration, file times that agree with contents, an
# environment, and how a rule of the DAG is written.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-builtin-variables --no-print-directory

# Variables from outside are text: a `$` in them calls no function of Make. (LAUNCH is a command and may have one.)
given = $(filter environment command,$(firstword $(origin $1)))
$(foreach name,$(filter-out LAUNCH,$(.VARIABLES)),$(if $(findstring $$,$(value $(name))),$(if $(call given,$(name)),$(eval override $(name) := $$(value $(name))))))
# $(call odd,name) gives the characters in a name that Make or a shell could misread.
hash := \#
odd = $(strip $(foreach sign,$$ $(hash) % : ; | & < > ( ) { } [ ] ' " \ ` * ? ! ~ ^ = $(comma),$(findstring $(sign),$1)) $(filter -%,$1) $(if $(filter-out 1,$(words .$1.)),blank))
comma := ,

CONFIG ?= config.yaml
export TIDEMARK_PROJECT := $(CURDIR)
$(if $(call odd,$(CONFIG)),$(error CONFIG=$(CONFIG): has $(firstword $(call odd,$(CONFIG))) in its name, which Make cannot handle. Cure: rename the file; use letters, digits and . _ - / only))
VENV := $(CODE).venv
PYTHON := $(VENV)/bin/python
COMMANDS := $(CODE)scripts/commands
# Settings for another Python. `unexport` has no effect on $(shell), which therefore unsets them itself.
FOREIGN := PYTHONHOME PYTHONPATH PYTHONSAFEPATH PYTHONPLATLIBDIR PYTHONSTARTUP PYTHONINSPECT PYTHONOPTIMIZE PYTHONWARNINGS
unexport $(FOREIGN)
# Ctrl-C is ignored while an interpreter starts, because it would print a traceback; the scripts' first lines
# heed it again.
START := trap '' INT; exec $(PYTHON)
# Steps are children of one interpreter that has the libraries loaded; with WARM=0 they are plain processes.
# LAUNCH, if set, is a prefix for every step, e.g. LAUNCH="srun -n1 -c1".
WARM ?= 1

# --- The configuration, and file times that agree with contents

LISTS := SCENARIOS MODELS BASELINE STRATEGIES MARKET_FORECASTS MARKET_SCENARIO SOURCES SERIES TABLES
$(foreach list,$(LISTS),$(if $(call given,$(list)),$(eval override $(list) :=)))
OUTSIDE := help clean distclean lock test campaigns lint sample config-schema status why dag timings compare-tree sql
ifneq ($(filter-out $(OUTSIDE),$(or $(MAKECMDGOALS),help)),)

about := $(shell echo $$PPID-$$(date +%s) $$(getconf _NPROCESSORS_ONLN))
export TIDEMARK_RUN := $(firstword $(about))
export TIDEMARK_GOALS := $(MAKECMDGOALS)
export TIDEMARK_TARGET = $@
export TIDEMARK_CONFIG := $(CONFIG)
export TIDEMARK_WARM := $(if $(LAUNCH),0,$(WARM))
$(if $(filter -j%,$(MAKEFLAGS)),,$(eval MAKEFLAGS += -j$(lastword $(about))))

$(if $(wildcard $(CONFIG)),,$(error $(CONFIG) is missing. Cure: restore it (git checkout $(CONFIG)), or name another one: make CONFIG=...))

# Make compares times, but contents decide. If any file changed since the last look, verify.py compares contents
# and sets the times of the checkpoints accordingly; a no-op costs only the quick look by a few `find`s. The
# configuration is looked at once in a make, because a file from the future would always count as changed.
look := $(shell $(CODE)scripts/changed.sh $(if $(MAKE_RESTARTS),,$(CONFIG)) 2>&1 || echo verify)

include artifacts/config.mk
ifndef MAKE_RESTARTS
artifacts/config.mk: $(CONFIG) $(VENV)/.ok $(CODE)scripts/launch/configure.py $(patsubst %,$(CODE)scripts/tidemark/%.py,errors ohlcv bounds bars/zones)
artifacts/config.mk: $(wildcard $(patsubst %,$(CODE)scripts/tidemark/%.py,config/* files/* */settings */*/settings models/estimators/* tables/*))
artifacts/config.mk: $(if $(and $(filter $(CONFIG),$(CONFIG_FILE)),$(wildcard artifacts/.promised/.)),$(if $(filter configure,$(look)),FORCE),FORCE)
endif
artifacts/config.mk:
	@$(START) $(CODE)scripts/launch/configure.py --config $(CONFIG)

ifneq ($(if $(TIDEMARK_PLANNING),,$(if $(wildcard $(PYTHON)),$(filter-out configure,$(look)))),)
$(shell unset $(FOREIGN); $(START) -S $(CODE)scripts/launch/verify.py >&2)
ifneq ($(.SHELLSTATUS),0)
$(error file times could not be brought in line with contents; the lines above say why)
endif
endif
endif

# --- The environment

$(VENV)/.ok: $(CODE)requirements.lock $(CODE)scripts/environment.sh
	@$(CODE)scripts/environment.sh requirements.lock
$(VENV)/.dev-ok: $(CODE)requirements-dev.lock $(VENV)/.ok
	@$(CODE)scripts/environment.sh requirements-dev.lock

# --- How a rule of the DAG is written
# An output's time says when its content last changed, so it may be older than its checkpoint. The recipe
# $(KEPT) does nothing, but makes Make look at the file again. (`&:` would not do: with it, the dry run of
# Make 4.3 misses everything downstream.) What follows `|` must only come first.

# The harness lets a step read only the files listed here. A list that is right already is not written again,
# because dry runs write too.
same = $(if $(subst x$1x,,x$2x)$(subst x$2x,,x$1x),,same)
STEP = @$(if $(call same,$(strip $(file <artifacts/.promised/$(@F))),$^),,$(file >artifacts/.promised/$(@F),$^))$(if $(LAUNCH),$(LAUNCH) $(PYTHON),$(START)) -S $(CODE)scripts/launch/launch.py
KEPT :=
