"""The referee agrees with the results of the sample, and can disagree."""

import re

from conftest import ROOT, Tree
from referee import cells, portfolios, targets
from referee.__main__ import judged
from referee.families import FAMILIES
from referee.results import Results
from referee.verdict import DisagreementError

import pandas as pd
import pytest

SEED = 20130301


def test_it_agrees_with_every_family_of_the_sample(cold):
    lines = dict(judged(Results(cold[0].path), list(FAMILIES), 300, SEED))
    assert [line for line, agrees in lines.items() if not agrees] == []
    assert [line for line in lines if "not looked at" in line] == []


def plant(path, column, row, change):
    frame = pd.read_parquet(path)
    row = int(frame[column].abs().argmax()) if row is None else row
    frame.loc[frame.index[row], column] *= 1 + change
    frame.to_parquet(path)


def test_a_changed_figure_is_named_with_file_row_column_and_both_values(tree):
    file = "metrics/backtests/sma_cross.parquet"
    frame = pd.read_parquet(tree.path / file)
    plant(tree.path / file, "sharpe_ratio", 0, 1e-6)
    with pytest.raises(DisagreementError) as raised:
        cells.look(Results(tree.path), 10**4, SEED)
    told = raised.value
    assert (told.file, told.column) == (file, "sharpe_ratio")
    assert told.row.startswith("row 1 (")
    assert told.expected == pytest.approx(frame["sharpe_ratio"][0], rel=1e-11)
    assert told.found == pytest.approx(frame["sharpe_ratio"][0] * (1 + 1e-6), rel=1e-11)


PLANTED = (
    ("sources", "data/raw/prices.parquet", "adj_close"),
    ("features", "features/mean_impute.parquet", "mean_gap_21"),
    ("forecasts", "data/predictions/mean_impute_ridge.parquet", "y_pred"),
    ("markets", "data/scenarios/history.parquet", "open"),
    ("markets", "data/scenarios/stress.parquet", "low"),
    ("portfolios", "data/backtests/sma_cross.parquet", "fast=5 slow=50"),
    ("rankings", "metrics/assessment/backtest_results.parquet", "score"),
    ("rankings", "metrics/assessment/set_rankings.parquet", "avg_sharpe"),
    ("rankings", "metrics/assessment/scores_since.parquet", "score_since"),
    ("evidence", "metrics/assessment/set_evidence.parquet", "p_benchmark"),
)


def test_a_figure_that_is_off_by_a_millionth_is_seen_in_each_family(tree):
    for family, file, column in PLANTED:
        whole = (tree.path / file).read_bytes()
        plant(tree.path / file, column, None, 1e-6)
        ((line, agrees),) = judged(Results(tree.path), [family], 10**4, SEED)
        assert not agrees, (file, column)
        assert f"DISAGREES: {file}: " in line
        assert f": {column}: " in line
        (tree.path / file).write_bytes(whole)


def test_paths_without_a_warm_up_agree_and_blocks_are_looked_at_where_they_are(tree):
    def configure(text, **paths):
        for key, value in paths.items():
            text, count = re.subn(rf"(\n    {key}:) .*", rf"\1 {value}", text)
            assert count == 1, key
        (tree.path / "config.yaml").write_text(text, "utf-8")
        return text

    blocks = "{stationary_bootstrap: 0, moving_block_bootstrap: 3, gbm: 0}"
    text = configure(tree.text("config.yaml"), warm_up=0, paths=blocks, block_length=10)
    assert tree.make("market_scenarios").code == 0
    ((line, agrees),) = judged(Results(tree.path), ["markets"], 10**4, SEED)
    assert agrees, line
    configure(text, block_length=1000)
    ((line, _),) = judged(Results(tree.path), ["markets"], 10**4, SEED)
    assert "bar 11: follows the bar before: False stands there" in line


def test_another_p_value_of_a_model_is_seen(tree):
    tree.edit("metrics/scenario_compare.json", '"adjusted_p": 0.0', '"adjusted_p": 0.1')
    ((line, agrees),) = judged(Results(tree.path), ["comparison"], 300, SEED)
    assert not agrees, line


def test_costs_left_out_are_seen(tree):
    tree.edit("config.yaml", "cost_basis_points: 5", "cost_basis_points: 0")
    with pytest.raises(DisagreementError, match=r"metrics/backtests/.*: total_return"):
        cells.look(Results(tree.path), 10**4, SEED)


def test_a_shifted_target_is_seen(cold, monkeypatch):
    from tidemark.backtest.strategies import sma_cross

    rule = sma_cross.targets

    def shifted(prices, **parameters):
        return rule(prices, **parameters)[[0, *range(len(prices.close) - 1)]]

    monkeypatch.setattr(sma_cross, "targets", shifted)
    with pytest.raises(DisagreementError, match=r"sma_cross.py: .*: target"):
        targets.look(Results(cold[0].path), 100, SEED)
    with pytest.raises(DisagreementError, match=r"data/backtests/sma_cross\.parquet"):
        portfolios.look(Results(cold[0].path), 100, SEED)


def test_results_that_are_not_fresh_are_refused(tree):
    tree.edit("config.yaml", "cost_basis_points: 5", "cost_basis_points: 0")
    outcome = Tree(tree.path, str(ROOT)).make("referee")
    assert outcome.code == 2
    assert "not fresh" in outcome.stderr
    assert "Cure: make all" in outcome.stderr


def test_a_kind_of_model_that_is_not_written_down_is_said_to_be_not_looked_at(tree):
    tree.edit(
        "artifacts/mean_impute_ridge_cv.json", '"estimator": "ridge"', '"estimator": "nearest"'
    )
    ((line, agrees),) = judged(Results(tree.path), ["forecasts"], 300, SEED)
    assert agrees, line
    assert line.endswith("; not looked at: fits of ridge")
