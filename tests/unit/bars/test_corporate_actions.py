"""Corporate actions against adjustment factors."""

from tidemark.bars import corporate_actions
from tidemark.validation import adjustments, steps

import numpy as np
import pandas as pd
import pytest

DAYS = pd.to_datetime(["2003-02-13", "2003-02-14", "2003-02-18", "2003-02-19"])
CLOSES = [46.99, 48.30, 24.96, 24.53]
ACTIONS = pd.DataFrame(
    {
        "timestamp": DAYS[2:],
        "ticker": "MSFT",
        "kind": ["split", "dividend"],
        "value": [2.0, 0.08],
    }
)


def bars(adj_close):
    return pd.DataFrame(
        {"timestamp": DAYS, "ticker": "MSFT", "close": CLOSES, "adj_close": adj_close}
    )


def test_yahoos_worked_example_of_the_crsp_convention_passes():
    factor = np.array([0.5, 0.5, 1, 1]) * np.array([*[1 - 0.08 / 24.96] * 3, 1])
    adjusted = np.array(CLOSES) * factor
    assert list(adjusted.round(2)) == [23.42, 24.07, 24.88, 24.53]
    assert corporate_actions.mismatches(bars(adjusted), ACTIONS, 1e-9).empty


def test_wiki_convention_passes_and_is_inverted_exactly():
    factor = np.array([0.5, 0.5, 1, 1]) * np.array([*[24.53 / 24.61] * 3, 1])
    prices = bars(np.array(CLOSES) * factor)
    assert corporate_actions.mismatches(prices, ACTIONS, 1e-9).empty
    implied = corporate_actions.implied(prices)
    assert list(implied["kind"]) == ["split", "dividend"]
    assert implied["value"].to_numpy() == pytest.approx([2.0, 0.08], abs=1e-9)


def test_reverse_and_odd_splits_are_recognised():
    for ratio in (0.1, 1.5, 7.0):
        prices = bars(np.array(CLOSES) * [1 / ratio, 1 / ratio, 1, 1])
        events = corporate_actions.implied(prices)
        assert [tuple(event) for event in events[["kind", "value"]].to_numpy()] == [
            ("split", pytest.approx(ratio))
        ]


def test_a_step_without_an_event_and_an_event_without_a_step_are_found():
    unadjusted = bars(CLOSES)
    wrong = corporate_actions.mismatches(unadjusted, ACTIONS, 1e-4)
    assert list(wrong["timestamp"]) == list(DAYS[2:])
    assert list(wrong["step"]) == [1.0, 1.0]
    stepped = bars(np.array(CLOSES) * [0.9, 0.9, 1, 1])
    wrong = corporate_actions.mismatches(stepped, ACTIONS.iloc[:0], 1e-4)
    assert list(wrong["timestamp"]) == [DAYS[2]]


def test_an_event_on_a_day_without_a_bar():
    holiday = ACTIONS.assign(timestamp=pd.to_datetime(["2003-02-17", "2003-02-19"]))
    assert list(corporate_actions.without_bar(bars(CLOSES), holiday)["kind"]) == ["split"]
    elsewhere = ACTIONS.assign(ticker="NONE")
    assert corporate_actions.without_bar(bars(CLOSES), elsewhere).empty


def test_events_that_nobody_could_look_at_have_not_passed():
    days = [*DAYS, pd.Timestamp("2003-02-12"), pd.Timestamp("2003-03-01")]
    one = pd.DataFrame({"timestamp": days, "ticker": "MSFT", "kind": "dividend", "value": 1.0})
    actions = pd.concat([one, one.iloc[[2]].assign(ticker="NONE")], ignore_index=True)
    prices = bars(np.array(CLOSES)).assign(close=[*CLOSES[:3], np.nan])
    why = corporate_actions.unjudged(prices, actions)
    outside = corporate_actions.OUTSIDE
    assert why.to_dict() == {
        0: outside,
        3: corporate_actions.UNKNOWN,
        4: outside,
        5: outside,
        6: corporate_actions.WITHOUT_PRICES,
    }
    found = {finding.message: finding for finding in adjustments.cross_check(prices, actions, 1.0)}
    severities = [finding.severity for finding in found.values() if finding.check == "unjudged"]
    assert sorted(severities) == ["note", "warning", "warning"]


def test_an_ex_date_is_a_day_of_the_exchange_whatever_the_hour_in_utc():
    """In summer, Sydney opens on the day before in UTC."""
    hours = pd.date_range("2019-02-04 10:00", "2019-02-08 15:00", freq="1h")
    local = hours[(hours.hour >= 10) & (hours.hour < 16)].tz_localize("Australia/Sydney")
    day = local.tz_localize(None).normalize()
    split = pd.DataFrame(
        {"timestamp": pd.to_datetime(["2019-02-06"]), "ticker": "A", "kind": "split", "value": 2.0}
    )
    close = np.where(day < pd.Timestamp("2019-02-06"), 200.0, 100.0)
    utc = local.tz_convert(None)
    prices = pd.DataFrame({"timestamp": utc, "ticker": "A", "close": close, "adj_close": 100.0})
    assert not corporate_actions.mismatches(prices, split, 1e-9).empty
    assert corporate_actions.mismatches(prices.assign(day=day), split, 1e-9).empty
    undone = prices.assign(day=day, adj_close=close)
    (finding,) = steps.check(undone, split, undone["close"] < 0)
    assert "a split that is listed but that older prices do not show" in finding.message
