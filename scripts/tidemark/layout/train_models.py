"""A fitted model, and its cross-validation."""

MODEL = "models/{scenario}_{model}.pkl"
CROSS_VALIDATION = "artifacts/{scenario}_{model}_cv.json"
