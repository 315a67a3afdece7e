# What the steps were seen to depend on, from the file that each step which ran left in artifacts/.deps/.

# A deleted module is no error: the steps that used it run again.
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
