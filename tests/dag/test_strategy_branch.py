"""Strategies: what an edit reruns, a user's own strategy, and strategies that look ahead."""

import contextlib
import json
import re

from conftest import ASSESS, ROOT, Tree, instances
from tidemark.tables.catalogue import TABLES

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

OWN = '''"""Long after two closes in a row that rose."""

from tidemark.market.indicators import lag
from tidemark.market.signals import above

CATEGORY = "momentum"
DEFAULTS = {"apart": 1}


def targets(prices, apart):
    close = prices.close
    before = lag(close, apart)
    return (above(close, before) & above(before, lag(close, 2 * apart))).astype(float)
'''
ENTRY = "  two_rises: {strategy: two_rises, parameters: {apart: [1, 2]}}\n"


def add_own(tree: Tree, text: str = OWN) -> None:
    """Add a strategy by one file and one entry, as docs/strategies.md says."""
    path = tree.path / "scripts/tidemark/backtest/strategies/two_rises.py"
    path.write_text(text, "utf-8")
    tree.edit("config.yaml", "  sma_cross: {", f"{ENTRY}  sma_cross: {{")


def table(tree: Tree, query: str) -> list[tuple]:
    """Ask from the project's folder, because views read records by paths relative to it."""
    with (
        contextlib.chdir(tree.path),
        duckdb.connect("artifacts/metrics.duckdb", read_only=True) as base,
    ):
        return base.sql(query).fetchall()


def test_one_parameter_list_reruns_one_backtest(tree):
    tree.edit("config.yaml", "fast: [5, 10]", "fast: [5, 20]")
    expected = {"backtest sma_cross"} | ASSESS
    assert tree.planned() == expected
    outcome = tree.make("all")
    assert outcome.ran == expected
    assert "config strategies.sma_cross.parameters.fast [5, 10] -> [5, 20]" in outcome.stdout
    assert tree.make("all").ran == set()


@pytest.mark.long
def test_costs_rerun_backtests_and_leave_the_market_alone(tree):
    tree.edit("config.yaml", "cost_basis_points: 5", "cost_basis_points: 50")
    assert tree.make("assess").ran == instances("backtest") | {"assess"}


def test_a_model_that_changes_reaches_the_strategy_that_trades_it(tree):
    tree.edit(
        "config.yaml",
        "model_forecast, forecasts: {scenario: mean_impute, model: baseline}",
        "model_forecast, forecasts: {scenario: mean_impute, model: ridge}",
    )
    assert tree.make("assess").ran == {"backtest model_forecast", "assess"}
    tree.edit("config.yaml", "alpha: 1.0", "alpha: 99999.0")
    outcome = tree.make("assess")
    assert "backtest model_forecast" in outcome.ran
    assert "backtest sma_cross" not in outcome.ran


PROBABILITY = re.search(r"  # (model_probability: .*)$", (ROOT / "config.yaml").read_text(), re.M)


@pytest.mark.long
def test_what_stands_there_commented_forecasts_and_trades_a_probability(tree):
    entry = PROBABILITY[1].replace("median_impute", "mean_impute")
    boosted = entry.replace("model: logistic", "model: gradient_boosting_classifier")
    tree.edit(
        "config.yaml", "  # gradient_boosting_classifier: {", "  gradient_boosting_classifier: {"
    )
    tree.edit("config.yaml", "  sma_cross: {", f"  {boosted}\n  sma_cross: {{")
    outcome = tree.make("artifacts/backtest_model_probability.ok")
    model = "mean_impute gradient_boosting_classifier"
    assert outcome.code == 0, outcome.stderr
    assert outcome.ran == {
        *("backtest model_probability", f"train_models {model}", f"evaluate {model}")
    }
    cells = pd.read_parquet(tree.path / "metrics/backtests/model_probability.parquet")
    assert sorted(cells["set"].unique()) == [f"threshold={value}" for value in (0.5, 0.52, 0.55)]
    assert cells.groupby("set")["trades"].sum().iloc[0] > 100
    read = {
        name: json.loads(tree.text(f"artifacts/train_models_mean_impute_{name}.ok"))["config"]
        for name in ("gradient_boosting_classifier", "logistic")
    }
    assert ["split_data.embargo" in keys for keys in read.values()] == [True, False]

    tree.edit("config.yaml", boosted, entry.replace("model: logistic", "model: ridge"))
    refused = tree.make("all")
    assert refused.code == 2
    assert (
        "strategies.model_probability.forecasts.model: ridge forecasts returns, and"
        " model_probability trades probabilities of a rise: name one of logistic,"
        " gradient_boosting_classifier"
    ) in refused.stderr


def test_a_strategy_of_ones_own_is_a_file_and_an_entry(tree):
    add_own(tree)
    assert tree.make("all").ran == {"backtest two_rises"} | ASSESS
    ranked = table(tree, "SELECT strategy_name FROM assessment.strategy_rankings")
    assert ("two_rises",) in ranked
    assert "two_rises" in tree.text("reports/strategy_assessment.md")


def test_who_looks_ahead_is_refused_with_the_bar(tree):
    before = tree.results()
    add_own(tree, OWN.replace("lag(close, apart)", "close.mean(axis=0) + 0 * close"))
    outcome = tree.make("all")
    assert outcome.code == 2
    assert "Traceback" not in outcome.stderr
    assert "strategies/two_rises.py with apart=1: it looks ahead: its target for" in outcome.stderr
    assert {path: tree.results()[path] for path in before} == before


def test_who_opens_a_file_is_refused_with_the_line_whatever_it_catches(tree):
    peek = """    try:
        open("data/raw/prices.parquet", "rb").read()
    except BaseException:
        pass
    close = prices.close"""
    add_own(tree, OWN.replace("    close = prices.close", peek))
    outcome = tree.make("backtest")
    assert outcome.code == 2
    assert "Traceback" not in outcome.stderr
    refused = "strategies/two_rises.py:12: it opens a file: data/raw/prices.parquet. Cure: "
    assert refused in outcome.stderr


def test_an_edit_of_what_only_other_processes_load_reruns_the_step(tree):
    path = "scripts/tidemark/backtest/strategies/sma_cross.py"
    tree.edit(path, '"slow": 100', '"slow": 101')
    assert f"<- code {path}" in tree.make("why", "T=backtest_sma_cross").stdout
    assert tree.make("backtest").ran == {"backtest sma_cross"}


def test_a_warning_of_a_strategy_shows_once(tree):
    text = OWN.replace(
        "    close = prices.close",
        """    import warnings

    with warnings.catch_warnings():
        pass  # which has Python forget what it warned of
    warnings.warn(f"{apart} bars")
    close = prices.close""",
    )
    assert text != OWN
    add_own(tree, text)
    outcome = tree.make("backtest")
    assert outcome.ran == {"backtest two_rises"}
    assert outcome.stderr.count("UserWarning: ") == 1


def test_a_window_without_data_is_told(cold):
    tree, outcome = cold
    assert "covid_crash: no data: they span 2009-01-0" in outcome.stdout
    records = json.loads(tree.text("data/scenarios/market_scenarios.json"))
    (crash,) = [record for record in records if record["name"] == "covid_crash"]
    assert (crash["bars"], crash["covered_share"]) == (0, 0.0)
    assert "covid_crash" in tree.text("reports/strategy_assessment.md")


def test_cells_that_are_scored_a_part_at_a_time_give_the_same(tree):
    results = "metrics/assessment/backtest_results.parquet"
    before, cells = tree.results(), pd.read_parquet(tree.path / results)
    tree.edit("scripts/assess.py", "CELLS = 250_000", "CELLS = 20")
    assert tree.make("assess").ran == {"assess"}
    after = tree.results()
    assert {path for path in before if before[path] != after[path]} <= {results}  # row groups
    pd.testing.assert_frame_equal(pd.read_parquet(tree.path / results), cells, check_exact=True)
    assert pq.ParquetFile(tree.path / results).num_row_groups > 1


def test_tables_and_their_columns_are_those_declared_each_with_its_description(cold):
    columns = table(
        cold[0],
        """SELECT replace(schema_name || '.' || table_name, 'main.', ''), column_name, data_type,
        comment FROM duckdb_columns() WHERE NOT internal ORDER BY ALL""",
    )
    assert columns == sorted(
        (name, column, about.kind, about.about)
        for name, declared in TABLES.items()
        for column, about in declared.columns.items()
    )
    whole = """SELECT replace(schema_name || '.' || {0}_name, 'main.', ''), comment
        FROM duckdb_{0}s() WHERE NOT internal"""
    found = [*table(cold[0], whole.format("table")), *table(cold[0], whole.format("view"))]
    assert dict(found) == {name: declared.about for name, declared in TABLES.items()}


def test_every_cell_is_in_the_database_with_the_time_of_its_run(cold):
    tree, _ = cold
    parts = [pd.read_parquet(path) for path in (tree.path / "metrics/backtests").glob("*.parquet")]
    rows = table(
        tree,
        """SELECT count(*), count(DISTINCT (strategy_name, "set", scenario_name, symbol)),
        count(run_date), min(score), max(score) FROM assessment.backtest_results""",
    )
    ((count, distinct, dated, least, most),) = rows
    assert count == distinct == dated == sum(map(len, parts))
    assert 0 <= least < most <= 1
    runs = table(
        tree,
        "SELECT pipeline_name, status, end_time >= start_time, records_processed > 0"
        " FROM assessment.pipeline_runs",
    )
    assert {name for name, *_ in runs} == {
        f"{name}-pipeline" for name in ("data", "scenarios", "metrics", "assessment")
    }
    assert all(fine and records for _, _, fine, records in runs)


def test_a_year_has_the_bars_that_each_ticker_shows_and_the_report_says_so(cold):
    tree, _ = cold
    prices = pd.read_parquet(tree.path / "data/raw/prices.parquet")
    span = prices.groupby("ticker")["timestamp"].agg(["min", "max", "count"])
    years = (span["max"] - span["min"]) / pd.Timedelta(days=365.25)
    expected = ((span["count"] - 1) / years).to_dict()
    found = dict(table(tree, "SELECT ticker, bars_a_year FROM assessment.bars_a_year"))
    assert found == pytest.approx(expected)
    assert f"That is {max(expected.values()):.2f} for" in tree.text(
        "reports/strategy_assessment.md"
    )
    cells = table(
        tree,
        "SELECT symbol, total_return, annual_return, bars FROM assessment.backtest_results"
        " WHERE scenario_name = 'full' AND strategy_name = 'buy_and_hold'",
    )
    for symbol, total, annual, bars in cells:
        assert annual == pytest.approx((1 + total) ** (expected[symbol] / bars) - 1)
