"""Forecasts of the test rows, what they were worth, and the sums by date that this follows from."""

FORECASTS = "data/predictions/{scenario}_{model}.parquet"
MODEL_SCORES = "metrics/{scenario}_{model}.json"
MODEL_INTERVALS = "metrics/{scenario}_{model}_bootstrap.json"
MODEL_SPREAD = "metrics/spread/{scenario}_{model}.json"
MODEL_EVIDENCE = "metrics/evidence/{scenario}_{model}.parquet"
