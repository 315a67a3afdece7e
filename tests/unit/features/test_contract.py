from pathlib import Path

from tidemark.config import load
from tidemark.errors import InputError
from tidemark.features import contract
from tidemark.features.settings import FeatureEngineering
from tidemark.project import Tree

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
RECIPE = FeatureEngineering(lags=[0], windows=[2], economic=["rate"], contract="mine.yaml")


def test_the_shipped_contract_is_that_of_the_shipped_configuration():
    recipe = load.load(Tree.at(ROOT), str(ROOT / "config.yaml")).feature_engineering
    assert (ROOT / recipe.contract).read_text("utf-8") == contract.text(contract.columns(recipe))


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (
            lambda c: c.pop("volatility_2"),
            "Below `mean_gap_2: float64`, add:\n  volatility_2: float64\n",
        ),
        (lambda c: c.update(extra="float64"), "Remove:\n  extra: float64\n"),
        (lambda c: c.update(rate="int64"), "Remove:\n  rate: int64\nBelow `"),
        (lambda c: c.update(ticker=c.pop("ticker")), "Below `timestamp: datetime64[us]`, add:\n"),
        (
            lambda c: c.pop("timestamp"),
            "At the top of `columns:`, add:\n  timestamp: datetime64[us]\n",
        ),
    ],
)
def test_a_contract_that_differs_tells_the_lines_as_they_stand_there(edit, told):
    given = contract.columns(RECIPE)
    written = yaml.safe_load(contract.text(given))
    contract.check(RECIPE.contract, written, given)
    edit(written["columns"])
    with pytest.raises(InputError) as caught:
        contract.check(RECIPE.contract, written, given)
    assert caught.value.where == "mine.yaml"
    assert told in str(caught.value)


@pytest.mark.parametrize("written", [None, [], {"columns": ["a"]}, {"colums": {}}])
def test_a_contract_without_columns(written):
    with pytest.raises(InputError, match="columns"):
        contract.check(RECIPE.contract, written, {})
