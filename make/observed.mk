# File times that agree with contents, and what the steps were seen to depend on, from the file that each step which ran left in artifacts/.deps/, such as
#   artifacts/evaluate_s_m.ok: artifacts/.config/evaluate.baseline scripts/evaluate.py ... $(call missing,metrics/s_m.json ...)

$(if $(CODE),$(eval vpath scripts/% $(CODE)))
# A deleted module, or what lies beside it, is no error: the steps that used it run again.
$(addprefix scripts/%.,py j2 css js): ;
# $(call missing,files) is FORCE when one of the files is gone: a deleted output reruns its step.
missing = $(if $(filter-out $(wildcard $1),$1),FORCE)

# TIDEMARK_PLANNING: the first step counts the steps with `make -n`, when times are right already.
# What the goals need comes back from the results store, unless Make only lists steps or asks (-n, -q, -t). It is listed
# in a file, because a command line has no room for thousands of checkpoints.
ifneq ($(if $(PIPELINE),$(if $(TIDEMARK_PLANNING),,$(if $(wildcard $(PYTHON)),$(filter-out configure,$(look))))),)
only_asks := $(foreach flag,n q t,$(findstring $(flag),$(filter-out --%,$(firstword -$(MAKEFLAGS)))))
needed = $(if $(filter all,$1),$(CHECKPOINTS),$(or $(CHECKPOINTS_$1),$1))
wanted := $(if $(strip $(only_asks)),,$(foreach goal,$(MAKECMDGOALS),$(if $(call odd,$(goal)),,$(call needed,$(goal)))))
$(if $(wanted),$(file >artifacts/.wanted,$(wanted)))
$(shell unset $(FOREIGN); export STORE=$(quoted_store) $(THIS_RUN) TIDEMARK_BRING_BACK='$(if $(wanted),artifacts/.wanted)'; $(START) -S $(CODE)scripts/launch/verify.py >&2)
ifneq ($(.SHELLSTATUS),0)
$(error file times could not be brought in line with contents; the lines above say why)
endif
endif

depfiles := $(CHECKPOINTS:artifacts/%.ok=artifacts/.deps/%.d)
known := $(wildcard $(depfiles))
ifneq ($(PIPELINE),)
include $(known)
endif
$(patsubst artifacts/.deps/%.d,artifacts/%.ok,$(filter-out $(known),$(depfiles))): FORCE
