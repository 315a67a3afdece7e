"""A source with a provider: asked when somebody types it, stored, read as of a snapshot."""

import json
import re
from datetime import date

from conftest import ROOT, Tree
from fakes.ecb import Ecb, rates_of

import pandas as pd
import pytest

CONFIG = """
fetch_data:
  prices:
    provider: ecb
    tickers: [USD, GBP, CHF]
    since: 2019-01-01
    asset: currencies
fetch:
  tries: 1
  addresses: {{ecb: "{address}"}}
validate_schema:
  calendar: ECB
feature_engineering: {{contract: schemas/fx_features.yaml}}
"""
FIRST, SECOND = date(2026, 10, 28), date(2026, 10, 30)
PRICES = "fetch_data prices"


@pytest.fixture(scope="module")
def ecb():
    with Ecb(rates_of(ROOT / "data/sample/fx.csv"), FIRST) as served:
        yield served


def raw(tree: Tree) -> pd.DataFrame:
    return pd.read_parquet(tree.path / "data/raw/prices.parquet")


def test_providers_are_asked_when_somebody_types_it_and_snapshots_come_back(cold, tmp_path, ecb):
    tree = cold[0].copied(tmp_path / "live")
    (tree.path / "config.yaml").write_text(CONFIG.format(address=ecb.address), "utf-8")
    first = tree.make("data_gate")
    assert (first.code, first.ran >= {PRICES, "data_gate"}) == (0, True), first
    assert raw(tree)["timestamp"].max() == pd.Timestamp(FIRST)
    before, asked = tree.results(), len(ecb.asked)
    assert asked, "because nothing was stored yet"
    ecb.today = SECOND
    assert tree.make("data_gate").ran == set()
    assert len(ecb.asked) == asked
    outcome = tree.make("fetch_data", "data_gate")
    assert outcome.ran >= {PRICES, "data_gate"}
    assert "6 rows new, 0 restated" in outcome.stdout
    assert raw(tree)["timestamp"].max() == pd.Timestamp(SECOND)
    assert tree.make("fetch_data").ran == set(), "nothing came that is new"
    assert tree.make("fetch_data", "data_gate", "SNAPSHOT=1").ran >= {PRICES, "data_gate"}
    assert tree.results() == before
    tree.edit("config.yaml", ecb.address, "http://127.0.0.1:9/stats")
    outcome = tree.make("fetch_data")
    assert (outcome.code, outcome.ran) == (0, set()), "what is stored does"
    assert "prices is stale" in outcome.stderr
    shown = tree.make("status").stdout
    assert re.search(r"^prices +ecb +2026-10-28 .* stale +", shown, re.M), "and that it is restored"
    (live,) = json.loads(tree.make("status", "FORMAT=json").stdout)["live"]
    assert (live["state"], live["last_fetch"]["state"]) == ("stale", "stale")
    (alert,) = map(json.loads, tree.text("logs/alerts.jsonl").splitlines()[-1:])
    assert (alert["severity"], alert["step"], alert["source"]) == ("warning", *PRICES.split())
    assert tree.make("data_gate").ran == set(), "what is told of a fetch is no input"
