"""Gaps stop the pipeline until somebody lets them pass; moves are reviewed, and data corrected."""

import json
import re

from conftest import Tree

import pandas as pd

PRICES = "data/sample/prices.csv"
OF_ALL = ("validate_schema:\n", "validate_schema:\n  gaps: {of: all}\n")
GATED = {"validate_schema prices", "data_gate"}


def line_of(tree: Tree, day: str, ticker: str) -> str:
    return next(line for line in tree.text(PRICES).splitlines() if day in line and ticker in line)


def test_a_gap_blocks_until_somebody_lets_it_pass_and_comes_back_with_other_values(tree: Tree):
    tree.edit("config.yaml", *OF_ALL)
    gone, beside = line_of(tree, "2012-06-14", "AAPL"), line_of(tree, "2012-06-13", "AAPL")
    tree.edit(PRICES, gone + "\n", "")
    stopped = tree.make("preprocess")
    assert stopped.code == 2
    assert "blocked by 1 gap" in stopped.stderr
    assert not {step for step in stopped.ran if step.startswith("preprocess")}
    id_ = re.search(r"([0-9a-f]{8}) AAPL: no bars for 1 session", stopped.stderr)[1]
    assert f'make override GAP="{id_}"' in stopped.stderr
    alerts = [json.loads(line) for line in tree.text("logs/alerts.jsonl").splitlines()]
    assert any(one["message"].startswith("data-gap: 1 gap: AAPL") for one in alerts)
    told = json.loads(tree.make("status", FORMAT="json").stdout)
    states = {(one["step"], one["state"]) for one in told["instances"]}
    assert ("data_gate", "blocked") in states
    assert ("preprocess", "blocked") in states
    assert "waits for a decision" in tree.make("status").stdout

    assert id_ in tree.make("override").stdout
    assert "REASON: is empty" in tree.make("override", f"GAP={id_}").stderr
    assert "is no question that waits" in tree.make("override", "GAP=abc", REASON="x").stderr
    assert tree.make("override", f"GAP={id_}", REASON="no trading").code == 0
    passed = tree.make("data_gate")
    assert (passed.code, passed.ran) == (0, {"data_gate"})
    report = json.loads(tree.text("artifacts/validation_report.json"))
    (decision,) = report["decisions"]
    assert (decision["id"], decision["decision"]) == (id_, "let pass")
    assert decision["told"].endswith(": no trading")
    assert tree.make("data_gate").ran == set()

    close = beside.split(",")[5]
    tree.edit(PRICES, beside, beside.replace(close, f"{float(close) + 0.01:.2f}"))
    again = tree.make("data_gate")
    assert (again.code, id_ in again.stderr) == (2, False), "asked anew"


def test_a_move_is_accepted_taken_out_or_corrected_and_the_source_stays(tree: Tree):
    before = tree.text(PRICES)
    listed = json.loads(tree.make("review", FORMAT="json").stdout)["open"]
    one = next(move for move in listed if "AAPL 2013-01-24" in move["words"])
    assert "AAPL 2013-01-24" in tree.make("review").stdout
    assert "REASON: is empty" in tree.make("review", f"ACCEPT={one['id']}").stderr
    assert "goes with CORRECT=" in tree.make(
        "review", f"REJECT={one['id']}", "VALUE=3", REASON="x").stderr  # fmt: skip
    assert (
        "is no price" in tree.make("review", f"CORRECT={one['id']}", "VALUE=-1", REASON="x").stderr
    )

    assert tree.make("review", f"ACCEPT={one['id']}", REASON="profit warning").code == 0
    accepted = tree.make("data_gate", "preprocess")
    assert (accepted.code, accepted.ran) == (0, {"data_gate"}), "no value changed"

    assert tree.make("review", f"REJECT={one['id']}", REASON="no such trade").code == 0
    taken = tree.make("data_gate")
    assert taken.ran == {"fetch_data prices", *GATED}
    assert "AAPL 2013-01-24: close 450.5 taken out" in taken.stdout
    raw = pd.read_parquet(tree.path / "data/raw/prices.parquet")
    here = (raw["ticker"] == "AAPL") & (raw["timestamp"] == pd.Timestamp("2013-01-24"))
    assert raw.loc[here, "close"].isna().all()
    assert raw.loc[~here, "close"].notna().all()

    assert tree.make("review", f"CORRECT={one['id']}", "VALUE=505.5", REASON="a digit").code == 0
    corrected = tree.make("data_gate")
    assert corrected.code == 0, corrected.stderr
    raw = pd.read_parquet(tree.path / "data/raw/prices.parquet")
    assert raw.loc[here, "close"].item() == 505.5
    (decision,) = json.loads(tree.text("artifacts/validation_report.json"))["decisions"]
    assert decision["decision"] == "corrected to 505.5"
    assert tree.text(PRICES) == before
    assert "corrected to 505.5 by" in tree.make("review").stdout
