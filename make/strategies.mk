# Trading strategies ($1 is one of them): the markets to try them on and what these were like, backtests, and their
# assessment.

scenarios-pipeline += market_scenarios
metrics-pipeline := market_metrics backtest
assessment-pipeline := assess strategy_plots
STEPS += market_scenarios market_metrics backtest assess strategy_plots

CHECKPOINTS_market_scenarios := artifacts/market_scenarios.ok
CHECKPOINTS_market_metrics := artifacts/market_metrics.ok
CHECKPOINTS_backtest := $(STRATEGIES:%=artifacts/backtest_%.ok)
CHECKPOINTS_assess := artifacts/assess.ok
CHECKPOINTS_strategy_plots := artifacts/strategy_plots.ok

SCENES := $(addprefix data/scenarios/,history.parquet stress.parquet stochastic.parquet market_scenarios.json bars_a_year.json)
ASSESSED := $(filter metrics/assessment/%,$(TABLES))
artifacts/market_scenarios.ok: data/raw/prices.parquet artifacts/prices_passed.json artifacts/sessions.parquet
	$(STEP) scripts/market_scenarios.py
$(SCENES): artifacts/market_scenarios.ok ; $(KEPT)

beside_prices := $(filter-out prices,$(SOURCES))
artifacts/market_metrics.ok: $(SCENES) $(beside_prices:%=data/raw/%.parquet) $(beside_prices:%=artifacts/%_passed.json) artifacts/sessions.parquet \
		data/splits/$(MARKET_SCENARIO)_test.parquet models/$(MARKET_FORECASTS).pkl \
		$(sort $(patsubst %,data/predictions/%.parquet,$(MARKET_FORECASTS) $(MARKET_SCENARIO)_$(BASELINE)))
	$(STEP) scripts/market_metrics.py
metrics/market/market_metrics.parquet: artifacts/market_metrics.ok ; $(KEPT)

define STRATEGY
artifacts/backtest_$1.ok: $(SCENES) $(FORECASTS_$1:%=data/predictions/%.parquet)
	$$(STEP) scripts/backtest.py --strategy $1
metrics/backtests/$1.parquet data/backtests/$1.parquet metrics/rebalancing/$1.parquet metrics/look_ahead/$1.json metrics/not_tried/$1.json: artifacts/backtest_$1.ok ; $$(KEPT)
endef
$(foreach s,$(STRATEGIES),$(eval $(call STRATEGY,$s)))
artifacts/assess.ok: $(STRATEGIES:%=metrics/backtests/%.parquet) $(STRATEGIES:%=data/backtests/%.parquet) $(STRATEGIES:%=metrics/rebalancing/%.parquet) \
		data/scenarios/market_scenarios.json data/scenarios/bars_a_year.json
	$(STEP) scripts/assess.py
$(ASSESSED) metrics/evidence/strategies.parquet: artifacts/assess.ok ; $(KEPT)

artifacts/strategy_plots.ok: $(ASSESSED)
	$(STEP) scripts/strategy_plots.py
artifacts/strategy_figures.json: artifacts/strategy_plots.ok ; $(KEPT)
