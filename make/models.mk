# Forecasting models for each scenario ($1) and model ($2), and the comparison of all of them.

scenarios-pipeline := preprocess feature_engineering split_data train_models evaluate plots scenario_compare
STEPS += preprocess feature_engineering split_data train_models evaluate plots scenario_compare

PAIRS := $(foreach s,$(SCENARIOS),$(MODELS:%=$s_%))
metrics := $(PAIRS:%=metrics/%.json) $(PAIRS:%=metrics/%_bootstrap.json)

$(foreach step,preprocess feature_engineering split_data,$(eval CHECKPOINTS_$(step) := $(SCENARIOS:%=artifacts/$(step)_%.ok)))
$(foreach step,train_models evaluate plots,$(eval CHECKPOINTS_$(step) := $(PAIRS:%=artifacts/$(step)_%.ok)))
CHECKPOINTS_scenario_compare := artifacts/scenario_compare.ok

define SCENARIO
artifacts/preprocess_$1.ok: data/raw/prices.parquet $(SERIES:%=data/raw/%.parquet) artifacts/sessions.parquet \
		artifacts/prices_passed.json $(SERIES:%=artifacts/%_passed.json)
	$$(STEP) scripts/preprocess.py --scenario $1
data/processed/$1.parquet artifacts/$1_cleaned.json: artifacts/preprocess_$1.ok ; $$(KEPT)

artifacts/feature_engineering_$1.ok: data/processed/$1.parquet $(CONTRACT)
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
metrics/$1_$2.json metrics/$1_$2_bootstrap.json metrics/spread/$1_$2.json metrics/evidence/$1_$2.parquet data/predictions/$1_$2.parquet: artifacts/evaluate_$1_$2.ok ; $$(KEPT)

artifacts/plots_$1_$2.ok: data/predictions/$1_$2.parquet metrics/$1_$2.json metrics/spread/$1_$2.json
	$$(STEP) scripts/plots.py --scenario $1 --model $2
artifacts/$1_$2_figures.json: artifacts/plots_$1_$2.ok ; $$(KEPT)
endef

$(foreach s,$(SCENARIOS),$(eval $(call SCENARIO,$s)))
$(foreach s,$(SCENARIOS),$(foreach m,$(MODELS),$(eval $(call MODEL,$s,$m))))

artifacts/scenario_compare.ok: $(PAIRS:%=data/predictions/%.parquet) $(metrics) reports/templates/scenario_summary.md.j2
	$(STEP) scripts/scenario_compare.py
reports/scenario_table.csv reports/scenario_summary.md metrics/scenario_compare.json: artifacts/scenario_compare.ok ; $(KEPT)
