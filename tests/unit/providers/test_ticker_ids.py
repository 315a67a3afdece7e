"""A ticker has the id that the configuration gives it, or its own name; nothing is guessed."""

from datetime import date

from tidemark.errors import BadValue
from tidemark.providers.actions import Action, one_a_day
from tidemark.providers.contract import PayloadError
from tidemark.providers.ids import Candidate, named, only

import pytest
from hypothesis import given
from hypothesis import strategies as some

PROVIDERS = ("coingecko", "massive", "yahoo")
TICKERS = {
    "BTC": {"yahoo": "BTC-USD", "coingecko": "bitcoin", "massive": "X:BTCUSD", "currency": "USD"},
    "VOD": {"yahoo": "VOD.L", "currency": "GBp", "exchange": "XLON"},
}


def test_a_ticker_has_another_id_at_each_provider():
    ids = [named("BTC", provider, TICKERS, PROVIDERS) for provider in PROVIDERS]
    assert [each.id for each in ids] == ["bitcoin", "X:BTCUSD", "BTC-USD"]
    assert {(each.mapped, each.currency, each.exchange) for each in ids} == {(True, "USD", None)}


def test_what_is_not_mapped_is_asked_for_by_its_own_name():
    assert named("AAPL", "yahoo", TICKERS, PROVIDERS) == ("AAPL", False, None, None)
    assert named("VOD", "massive", TICKERS, PROVIDERS) == ("VOD", False, "GBp", "XLON")


def test_a_misspelt_provider_is_told():
    with pytest.raises(BadValue, match=r"BTC names coingeko \(did you mean coingecko\?\)"):
        named("BTC", "yahoo", {"BTC": {"coingeko": "bitcoin"}}, PROVIDERS)


def test_one_of_many_candidates_is_not_chosen():
    many = [Candidate(f"coin-{n}", f"Coin {n}") for n in range(30)]
    assert only("X", "coingecko", many[:1]) == "coin-0"
    with pytest.raises(BadValue, match="and 22 more"):
        only("X", "coingecko", many)


DAYS = some.dates(date(2000, 1, 1), date(2000, 1, 4))
ACTIONS = some.builds(Action, DAYS, some.sampled_from(["split", "dividend"]),
                      some.floats(0.01, 100), some.none())  # fmt: skip


@given(some.lists(ACTIONS, max_size=8))
def test_actions_are_one_a_day_and_kind_and_nothing_of_them_is_lost(actions):
    records = one_a_day("A", actions)
    keys = [(each["timestamp"], each["kind"]) for each in records]
    assert keys == sorted(set(keys))
    assert {(f"{a.day}T00:00:00Z", a.kind) for a in actions} == set(keys)
    paid = sum(a.value for a in actions if a.kind == "dividend")
    assert sum(r["value"] for r in records if r["kind"] == "dividend") == pytest.approx(paid)


def test_dividends_of_one_day_in_two_currencies_are_not_added():
    day = date(2026, 11, 2)
    with pytest.raises(PayloadError, match="are in EUR, USD"):
        one_a_day("A", [Action(day, "dividend", 1, "USD"), Action(day, "dividend", 1, "EUR")])


@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_an_action_without_a_value_is_refused(value):
    with pytest.raises(PayloadError, match="the split of 2026-11-02 is"):
        one_a_day("A", [Action(date(2026, 11, 2), "split", value)])
