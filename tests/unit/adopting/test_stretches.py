"""Stretches of market history, against closes of the S&P 500."""

from tidemark.adopting.proposal.stretches import STRETCHES

import pandas as pd
import pytest
from skfolio.datasets import load_sp500_index

CLOSES = load_sp500_index()["SP500"]
WITHIN = [
    name
    for name, window in STRETCHES.items()
    if CLOSES.index[0] < pd.Timestamp(window["start"]) < CLOSES.index[-1]
]


@pytest.mark.parametrize("name", WITHIN)
def test_a_stretch_is_from_the_day_after_a_record_to_the_lowest_close(name):
    start, end = pd.Timestamp(STRETCHES[name]["start"]), pd.Timestamp(STRETCHES[name]["end"])
    before, after = CLOSES[:start].iloc[:-1] if start in CLOSES else CLOSES[:start], CLOSES[start:]
    assert before.iloc[-1] == before.max()
    assert before.index[-1] >= start - pd.Timedelta(days=1)
    assert str(before.index[-1].date()) in STRETCHES[name]["source"]
    below = (
        after[: (after > before.iloc[-1]).idxmax()] if (after > before.iloc[-1]).any() else after
    )
    assert below.idxmin() == end


def test_most_stretches_were_looked_at():
    assert {*WITHIN} == {"russian_default_1998", "fourth_quarter_2018", "rate_rise_2022"}
