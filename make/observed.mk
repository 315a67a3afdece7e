# What the steps were seen to depend on: artifacts/.deps/ has it of each step that ran.

# A module that is gone is no error: who used it runs again.
$(if $(CODE),$(eval vpath scripts/% $(CODE)))
scripts/%.py: ;
# $(call missing,files) is FORCE when one of the files is gone: a deleted output reruns its step.
missing = $(if $(filter-out $(wildcard $1),$1),FORCE)
depfiles := $(CHECKPOINTS:artifacts/%.ok=artifacts/.deps/%.d)
known := $(wildcard $(depfiles))
ifdef about
include $(known)
endif
$(patsubst artifacts/.deps/%.d,artifacts/%.ok,$(filter-out $(known),$(depfiles))): FORCE
