"""Features and targets, and how they were built."""

FEATURES = "features/{scenario}.parquet"
FEATURES_BUILD = "features/{scenario}_build.json"
