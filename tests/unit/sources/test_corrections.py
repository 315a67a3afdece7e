"""What was decided about bars, applied to what a source sent."""

from tidemark.sources import corrections

import numpy as np
import pandas as pd


def records():
    days = pd.date_range("2020-01-06", periods=3, unit="us")
    return pd.DataFrame(
        {
            "timestamp": days,
            "ticker": "A",
            "open": [10.0, 11.0, 12.0],
            "high": [12.0, 13.0, 14.0],
            "low": [9.0, 10.0, 11.0],
            "close": [11.0, 12.0, 13.0],
            "adj_close": [5.5, 6.0, 6.5],
            "volume": [1.0, 2.0, 3.0],
        }
    )


def decided(**more):
    return {"ticker": "A", "timestamp": "2020-01-07", "close": 12.0, "value": None, "told": "Ann"
            } | more  # fmt: skip


def test_a_bar_that_is_taken_out_keeps_its_row_without_prices():
    changed, notes = corrections.applied(records(), [decided()])
    assert changed.loc[1, [*corrections.PRICES]].isna().all()
    assert changed.loc[1, "volume"] == 2.0
    pd.testing.assert_frame_equal(changed.drop(1), records().drop(1))
    assert notes == ["A 2020-01-07: close 12 taken out, as reviewed by Ann"]


def test_a_close_within_its_bar_is_corrected_alone_and_another_moves_the_bar():
    changed, _ = corrections.applied(records(), [decided(value=10.5)])
    assert changed.loc[1, ["open", "high", "low", "close"]].tolist() == [11.0, 13.0, 10.0, 10.5]
    assert changed.loc[1, "adj_close"] == 6.0 * 10.5 / 12.0
    changed, notes = corrections.applied(records(), [decided(value=1.2)])
    assert np.allclose(changed.loc[1, ["open", "high", "low"]].astype(float), [1.1, 1.3, 1.0])
    assert "corrected to 1.2" in notes[0]


def test_a_value_that_was_restated_is_asked_about_again():
    for close, what in ((12.5, "its close is 12.0 now"), (12.0, "no longer there")):
        own = records() if close == 12.5 else records().drop(1).reset_index(drop=True)
        changed, notes = corrections.applied(own, [decided(close=close)])
        pd.testing.assert_frame_equal(changed, own)
        assert what in notes[0]
        assert "make review" in notes[0]


def test_tickers_of_other_prices_are_no_matter_here():
    assert corrections.applied(records(), [decided(ticker="B")])[1] == []


def test_a_bar_without_a_close_can_be_taken_out():
    own = records()
    own.loc[1, "close"] = np.nan
    changed, notes = corrections.applied(own, [decided(close=None)])
    assert changed.loc[1, [*corrections.PRICES]].isna().all()
    assert notes == ["A 2020-01-07: prices without a close taken out, as reviewed by Ann"]
    assert "its close is 12.0 now" in corrections.applied(records(), [decided(close=None)])[1][0]
