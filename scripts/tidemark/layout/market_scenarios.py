"""What market scenarios are, and the bars of all of history and of simulations."""

MARKET_SCENARIOS = "data/scenarios/market_scenarios.json"
HISTORY = "data/scenarios/history.parquet"
STRESS = "data/scenarios/stress.parquet"
STOCHASTIC = "data/scenarios/stochastic.parquet"
BARS_A_YEAR = "data/scenarios/bars_a_year.json"
