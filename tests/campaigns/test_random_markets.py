"""The referee on random markets: other tickers, holes, clocks and rules than the sample has.

The long form looks at every cell of many markets, thousands of cells.
"""

import random
import re

from random_market import generate
from referee.__main__ import judged
from referee.families import FAMILIES
from referee.results import Results

BACKTESTS = ("sources", "markets", "cells", "targets", "portfolios")


def test_it_agrees_on_a_random_market(tmp_path):
    tree = generate(tmp_path / "market", random.Random(34), strategies=1)
    _require_agreement(tree, ("backtest",), BACKTESTS)


def test_it_agrees_on_many_random_markets(tmp_path, chance, long):
    for number in range(30 if long else 0):
        tree = generate(tmp_path / f"market_{number}", chance, strategies=5)
        _require_agreement(tree, ("scenario_compare", "market_metrics", "assess"), FAMILIES)


def _require_agreement(tree, goals, families):
    outcome = tree.make(*goals)
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    for line, agrees in judged(Results(tree.path), list(families), 10**4, 1):
        assert agrees, (tree.path, line)
        assert not re.match(r"\w+ +not looked at", line), (tree.path, line)
