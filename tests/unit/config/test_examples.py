"""The configurations in examples/ are whole, and say of their data what is so."""

from dataclasses import asdict

from tidemark.config import beside, load
from tidemark.features import contract
from tidemark.project import HERE
from tidemark.sources import prices

import pandas as pd
import pytest

EXAMPLES = sorted((HERE / "examples").glob("*.yaml"))


@pytest.fixture(scope="module")
def rates():
    whole = load.load(HERE, "examples/fx.yaml")
    section = asdict(whole.fetch_data)["prices"]
    return prices.read({section["path"]: (HERE / section["path"]).read_bytes()}, section).records


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_asks_for_what_there_is(path):
    whole = load.load(HERE, f"examples/{path.name}")
    recipe = whole.feature_engineering
    written = beside.written_contract(HERE, recipe.contract)
    assert not contract.difference(written, contract.columns(recipe))


def test_rates_are_closes_alone_each_from_its_first_day_to_its_last(rates):
    assert len(rates) == 10 * 7126 + 5527 + 4333
    assert rates[["open", "high", "low", "volume"]].isna().all(axis=None)
    assert (rates["close"] == rates["adj_close"]).all()
    spans = rates.groupby("ticker")["timestamp"].agg(["min", "max"])
    assert tuple(spans.loc["CNY"]) == (pd.Timestamp("2005-04-01"), pd.Timestamp("2026-10-30"))
    assert tuple(spans.loc["RUB"]) == (pd.Timestamp("2005-04-01"), pd.Timestamp("2022-03-01"))


# What the sources of the example's windows say, where the rates themselves can show it.
def test_windows_of_rates_are_what_they_are_called(rates):
    windows = load.load(HERE, "examples/fx.yaml").market_scenarios.historical
    table = rates.pivot(index="timestamp", columns="ticker", values="close")

    def within(name, ticker):
        return table.loc[windows[name].start : windows[name].end, ticker]

    dollar = table["USD"]
    rebound = within("dollar_rebound_2008", "USD")
    assert dollar[: rebound.index[0]].iloc[-2] == dollar.max() == 1.599
    assert rebound.iloc[-1] == dollar["2008"].min() == 1.246
    franc = within("franc_2015", "CHF")
    assert (table["CHF"].shift()[franc.index[0]], franc.iloc[0]) == (1.201, 1.028)
    assert franc.iloc[-1] == table["CHF"]["2015"].min() == 0.9816
    assert within("swiss_floor", "CHF").min() > 1.2
    assert within("war_2022", "USD").iloc[-1] == dollar["2003":].min() == 0.9565
    assert within("tariffs_2025", "USD").iloc[-1] == dollar["2025-04"].max() == 1.1476
