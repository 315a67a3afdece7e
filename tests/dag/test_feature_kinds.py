"""Features that are added: their lines of the contract, the referee on them, those that cheat."""

import re

from conftest import ROOT, Tree

import pytest

CONTRACT = "schemas/feature_contract.yaml"
FEATURES = "artifacts/feature_engineering_mean_impute.ok"
REFEREE = """import sys; sys.path[:0] = ["scripts", "{tests}"]
from pathlib import Path
from referee.__main__ import judged
from referee.results import Results
print(*next(judged(Results(Path()), ["features"], 300, 1)))
"""  # by the code of the tree, which has the feature
CHEAT = '''"""Tomorrow's range."""

from dataclasses import dataclass
from typing import ClassVar

from tidemark.features.feature import OwnTicker

import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Tomorrow(OwnTicker):
    """The range of the next bar, which nobody knows."""

    name: ClassVar[str] = "tomorrow"
    needs: ClassVar[tuple[str, ...]] = ("high", "low")

    def formula(self) -> str:
        return "high[t+1] / low[t+1] - 1"

    def values(self, bars: pd.DataFrame) -> pd.Series:
        return (bars["high"] / bars["low"] - 1.0).shift(-1)
'''
AHEAD = 'return (bars["high"] / bars["low"] - 1.0).shift(-1)'
KEPT = """self._kept.append(bars["high"].mean())
        return bars["high"] / self._kept[0]

    _kept: ClassVar[list[float]] = []"""


def uncomment(tree: Tree) -> None:
    """Take the remark away from `features`."""
    text = tree.text("config.yaml")
    block = re.search(r"^  # features:.*\n(  # .*\n)+", text, re.M)[0]
    plain = re.sub(r"^  # ", "  ", block, flags=re.M)
    (tree.path / "config.yaml").write_text(text.replace(block, plain), "utf-8")


def add_documented(tree: Tree) -> None:
    """Add the feature that docs/features.md shows, with a window longer than all others."""
    page = (ROOT / "docs/features.md").read_text("utf-8")
    shown = re.search(r'\n    """The move within a bar(.*\n)+?(?=- )', page)[0]
    path = tree.path / "scripts/tidemark/features/families/intraday_move.py"
    path.write_text(re.sub(r"^    ", "", shown.lstrip("\n"), flags=re.M), "utf-8")
    tree.edit("config.yaml", "  features:", "  features:\n    intraday_move: {window: [5, 90]}")


def test_further_features_need_their_lines_in_the_contract_and_agree_with_the_referee(tree):
    uncomment(tree)
    add_documented(tree)
    stopped = tree.make(FEATURES)
    assert stopped.code == 2
    assert f"{CONTRACT} lacks intraday_move_5, intraday_move_90, relative_v" in stopped.stderr
    assert 'type make contract REASON="..."' in stopped.stderr
    before = tree.text(CONTRACT)
    assert tree.make("contract").code == 2, "for lack of a reason"
    assert tree.text(CONTRACT) == before
    told = tree.make("contract", REASON="all that there are").stdout
    after, lines = re.search(r"Below `(.*)`, add:\n((?:  \w+: \w+\n)+)", told).groups()
    assert after == "term_spread: float64"
    assert lines.count("\n") == 11
    assert tree.text(CONTRACT) == before.replace(f"  {after}\n", f"  {after}\n{lines}")
    (record,) = (tree.path / "data/decisions/contracts").glob("0*.json")
    assert "all that there are" in record.read_text("utf-8")
    outcome = tree.make("feature_engineering", "split_data")
    assert outcome.code == 0, outcome
    told = tree.python("-c", REFEREE.format(tests=ROOT / "tests")).stdout.strip()
    assert told.endswith("; not looked at: intraday_move (no formula is written down here) True")


@pytest.mark.long
def test_a_users_feature_that_looks_ahead_is_refused_with_ticker_and_bar(tree):
    path = "scripts/tidemark/features/families/tomorrow.py"
    (tree.path / path).write_text(CHEAT, "utf-8")
    term = "  term_spread: [yield_10y, yield_3m]"
    tree.edit("config.yaml", term, f"  features: {{tomorrow: {{}}}}\n{term}")
    assert tree.make("contract", REASON="tomorrow").code == 0
    refused = tree.make(FEATURES)
    assert refused.code == 2
    assert re.search(rf"{path}: it looks ahead: its tomorrow for [A-Z]+ at 20", refused.stderr)
    tree.edit(path, 'bars["high"]', 'bars["hihg"]')
    told = tree.make(FEATURES).stderr
    assert f"{path}:22: tomorrow raises KeyError: 'hihg'" in told
    (tree.path / path).write_text(CHEAT.replace(AHEAD, KEPT), "utf-8")
    refused = tree.make(FEATURES)
    assert refused.code == 2
    assert re.search(rf"{path}: it looks ahead: its tomorrow for [A-Z]+ at 20", refused.stderr)


def test_a_feature_without_its_columns_is_told_with_the_line_and_the_cure(tree):
    uncomment(tree)
    tree.edit("config.yaml", "      volume: Volume\n", "")
    told = tree.make(FEATURES).stderr
    for name in ("relative_volume", "signed_volume", "volume_rank"):
        assert re.search(
            rf"config.yaml:\d+:\d+: feature_engineering.features.{name}: needs volume, which"
            r" fetch_data.prices.columns does not name. Cure: name the file's columns there",
            told,
        )
    assert "features.parkinson" not in told
