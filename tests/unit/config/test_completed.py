"""What follows from something else in config.yaml."""

import re
from pathlib import Path

from tidemark.config import load
from tidemark.config.completed import left_out
from tidemark.config.settings import Config
from tidemark.errors import InputError
from tidemark.project import Tree

import pytest

ROOT = Path(__file__).resolve().parents[3]
TREE = Tree(Path(), ROOT)
SHIPPED = (ROOT / "config.yaml").read_text("utf-8")
LEAST = """
fetch_data:
  prices:
    path: mine/prices.csv
    date_format: "%Y-%m-%d"
    columns: {timestamp: Date, ticker: Ticker, adj_close: Close}
"""
SERIES = """
  economic:
    {name}:
      path: mine/{name}.csv
      date_format: "%Y-%m-%d"
      release_lag_days: 1
      columns: {{timestamp: day, {name}: value}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def loaded(text: str) -> Config:
    Path("config.yaml").write_text(text, "utf-8")
    return load.load(TREE, "config.yaml")


def test_prices_alone_are_a_configuration():
    whole = loaded(LEAST)
    assert (whole.feature_engineering.economic, whole.feature_engineering.term_spread) == ([], None)
    assert whole.evaluate.baseline == "baseline"
    assert whole.models["baseline"].estimator == "mean"
    assert whole.market_metrics.forecasts.scenario in whole.scenarios
    assert whole.market_metrics.forecasts.model == "ridge"
    assert whole.assess.benchmark in whole.strategies
    assert whole.validate_schema.schemas == {"prices": "schemas/prices.json"}


@pytest.mark.parametrize(
    ("written", "value", "follows"),
    [
        ("", lambda c: c.backtest.fill, "next_close"),
        ("adj_close: Close", lambda c: c.backtest.fill, "next_open"),
        ("backtest: {fill: next_open}", lambda c: c.backtest.fill, "next_open"),
        ("", lambda c: c.split_data.embargo, 5),
        ("feature_engineering: {horizon: 8}", lambda c: c.split_data.embargo, 8),
        ("split_data: {embargo: 7}", lambda c: c.split_data.embargo, 7),
        (
            "models: {r: {estimator: ridge}, m: {estimator: mean}}",
            lambda c: (c.evaluate.baseline, c.market_metrics.forecasts.model),
            ("m", "r"),
        ),
        (
            "models: {m: {estimator: mean}, l: {estimator: logistic}}",
            lambda c: c.market_metrics.forecasts.model,
            "m",
        ),
        (
            "validate_schema: {schemas: {prices: s/a.json, treasury: s/b.json}}",
            lambda c: c.validate_schema.schemas,
            {"prices": "s/a.json"},
        ),
    ],
)
def test_what_follows(written, value, follows):
    text = LEAST.replace(written, f"open: Open, {written}") if written in LEAST else LEAST + written
    assert value(loaded(text if written else LEAST)) == follows


def test_without_a_model_of_the_mean_a_baseline_must_be_named():
    with pytest.raises(InputError, match=r"evaluate\.baseline: is missing, and no model"):
        loaded(LEAST + "models: {r: {estimator: ridge}}")


def test_economic_features_are_all_columns_of_the_series_that_there_are():
    text = LEAST + SERIES.format(name="rate")
    assert loaded(text).feature_engineering.economic == ["rate"]
    none = loaded(text + "feature_engineering: {economic: []}")
    assert none.feature_engineering.economic == []
    with pytest.raises(InputError, match="no economic source has ratte \\(did you mean rate"):
        loaded(text + "feature_engineering: {economic: [ratte]}")


def test_economic_features_of_no_series_do_not_apply_and_that_is_said():
    text = re.sub(r"\n  economic: .*\n(    .*\n)+", "\n  economic: {}\n", SHIPPED)
    given = load._read(TREE, "config.yaml") if loaded(text) else None
    assert given.whole.feature_engineering.economic == []
    assert given.whole.feature_engineering.term_spread is None
    assert [*left_out(given.given, given.whole)] == [
        f"feature_engineering.{key} does not apply: fetch_data.economic has no series"
        for key in ("economic", "term_spread")
    ]


def test_what_the_shipped_configuration_says_stands_as_it_is_written():
    given = load._read(TREE, "config.yaml") if loaded(SHIPPED) else None
    assert given.whole.feature_engineering == given.given.feature_engineering
    assert given.whole.split_data == given.given.split_data
    assert given.whole.backtest == given.given.backtest
    assert given.whole.evaluate == given.given.evaluate
    assert not [*left_out(given.given, given.whole)]


def test_the_readme_says_how_much_the_least_configuration_runs(tmp_path):
    (tmp_path / "config.yaml").write_text(LEAST, "utf-8")
    whole = load.load(Tree(tmp_path, ROOT), "config.yaml")
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "one scenario, one model (`ridge`) beside the baseline, and five strategies" in readme
    assert (len(whole.scenarios), [*whole.models]) == (1, ["baseline", "ridge"])
    assert len(whole.strategies) == 5
