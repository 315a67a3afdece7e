"""Rows to train on, rows to test on, and folds of the first."""

TRAIN = "data/splits/{scenario}_train.parquet"
TEST = "data/splits/{scenario}_test.parquet"
FOLDS = "data/splits/{scenario}_folds.json"
