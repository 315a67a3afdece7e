# What every goal of the pipeline needs: the configuration, times that say what contents say, an
# environment, and how a rule of the DAG is written.

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
export TIDEMARK_PROJECT := $(CURDIR)
$(if $(call odd,$(CONFIG)),$(error CONFIG=$(CONFIG): has $(firstword $(call odd,$(CONFIG))) in its name, which Make cannot handle. Cure: rename the file; use letters, digits and . _ - / only))
VENV := $(CODE).venv
PYTHON := $(VENV)/bin/python
COMMANDS := $(CODE)scripts/commands
# Settings of another Python's; a shell that Make asks does not know of `unexport`.
FOREIGN := PYTHONHOME PYTHONPATH PYTHONSAFEPATH PYTHONPLATLIBDIR PYTHONSTARTUP PYTHONINSPECT PYTHONOPTIMIZE PYTHONWARNINGS
unexport $(FOREIGN)
# While an interpreter starts, Ctrl-C would print a traceback; the scripts' first lines heed it again.
START := trap '' INT; exec $(PYTHON)
# Steps are children of one interpreter that has the libraries loaded; WARM=0: plain processes.
# LAUNCH, if set, is a prefix for every step, e.g. LAUNCH="srun -n1 -c1".
WARM ?= 1

# --- The configuration, and times that say what contents say

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
look := $(shell $(CODE)scripts/changed.sh $(if $(MAKE_RESTARTS),,$(CONFIG)) 2>&1 || echo verify)

include artifacts/config.mk
ifndef MAKE_RESTARTS
artifacts/config.mk: $(CONFIG) $(VENV)/.ok $(CODE)scripts/launch/configure.py $(patsubst %,$(CODE)scripts/tidemark/%.py,errors ohlcv bounds bars/zones)
artifacts/config.mk: $(wildcard $(patsubst %,$(CODE)scripts/tidemark/%.py,config/* files/* */settings */*/settings models/estimators/*))
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
# An output's time says when its content last changed, so it may be older than its checkpoint; the
# recipe $(KEPT) does nothing, after which Make looks at the file again. (Not `&:`, for which the
# dry run of Make 4.3 would miss everything downstream.) `|` means: only after.

# The harness lets a step read only what this lists; a list that stands is left alone, for dry runs write too.
same = $(if $(subst x$1x,,x$2x)$(subst x$2x,,x$1x),,same)
STEP = @$(if $(call same,$(strip $(file <artifacts/.promised/$(@F))),$^),,$(file >artifacts/.promised/$(@F),$^))$(if $(LAUNCH),$(LAUNCH) $(PYTHON),$(START)) -S $(CODE)scripts/launch/launch.py
KEPT :=
