"""Forecasts of the test rows, and what they were worth."""

FORECASTS = "data/predictions/{scenario}_{model}.parquet"
MODEL_SCORES = "metrics/{scenario}_{model}.json"
MODEL_INTERVALS = "metrics/{scenario}_{model}_bootstrap.json"
MODEL_SPREAD = "metrics/spread/{scenario}_{model}.json"
