"""Small data of other people, through the functions of the steps, with the value that is right."""

import gzip
from pathlib import Path

from tidemark import cleaning, features, models, splits
from tidemark.backtest import engine, strategies
from tidemark.backtest.prices import forecasts_on, from_tidy
from tidemark.sources import prices

import numpy as np
import pytest

CASES = Path(__file__).resolve().parents[1] / "cases"
PLAIN = {"impute": "median", "outliers": {"method": "none"}}
LONG = {
    "layout": "long",
    "bar": "daily",
    "date_format": "%Y-%m-%d",
    "time_zone": "UTC",
    "columns": {"timestamp": "Date", "ticker": "Ticker"}
    | {field: field.capitalize() for field in prices.FIELDS[:5]}
    | {"adj_close": "Close"},
}


def raw(name, source=LONG):
    content = gzip.decompress((CASES / f"{name}.csv.gz").read_bytes())
    return prices.read({"p.csv": content}, source)


def test_a_ticker_with_a_small_letter_trades_a_models_forecasts():
    """What it gives in capitals throughout."""
    bars = raw("mixed_case_ticker")
    clean = cleaning.clean(bars, {}, PLAIN, 250).bars
    frame = features.build(clean, features.Recipe(1, [0, 1], [5], [], None))
    parts = splits.divide(frame, splits.Plan("2019-06-01", embargo=5, folds=5), 1)
    pipeline, _ = models.fit("linear", lambda _: {"estimator": "linear"}, parts.train, parts.folds)
    predicted = pipeline.predict(parts.test[list(pipeline.feature_names_in_)])
    history = from_tidy(bars)
    forecasts = forecasts_on(history, parts.test.assign(y_pred=predicted), 1)
    strategy = strategies.load("model_forecast")
    (targets,) = strategies.targets_of(
        strategy, history, [{"threshold": 0.0}], {"forecasts": forecasts}
    )
    rules = engine.Rules("next_open", 5e-4, 5e-4, "long_short", 0.0, 252.0)
    result = engine.simulate(targets, history, rules)
    column = history.ticker.index("KPEPE")
    assert (result.trades.cell == column).sum() == 146
    held = result.position[:, column]
    assert np.mean(held != 0) == pytest.approx(0.47, abs=5e-3)
    assert result.equity[-1, column] - 1 == pytest.approx(-0.559, abs=5e-4)
