# What the steps were seen to depend on, from the file that each step which ran left in artifacts/.deps/, such as
#   artifacts/evaluate_s_m.ok: artifacts/.config/evaluate.baseline scripts/evaluate.py ... $(call missing,metrics/s_m.json ...)

$(if $(CODE),$(eval vpath scripts/% $(CODE)))
# A deleted module, or what lies beside it, is no error: the steps that used it run again.
$(addprefix scripts/%.,py j2 css js): ;
# $(call missing,files) is FORCE when one of the files is gone: a deleted output reruns its step.
missing = $(if $(filter-out $(wildcard $1),$1),FORCE)
depfiles := $(CHECKPOINTS:artifacts/%.ok=artifacts/.deps/%.d)
known := $(wildcard $(depfiles))
ifneq ($(PIPELINE),)
include $(known)
endif
$(patsubst artifacts/.deps/%.d,artifacts/%.ok,$(filter-out $(known),$(depfiles))): FORCE
