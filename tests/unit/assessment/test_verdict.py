"""The verdict in words: what it says, and that it names each doubt."""

from dataclasses import replace

from tidemark.assessment import verdict

import pytest

HOLD = "buy_and_hold"
PROVEN = verdict.Evidence(
    strategy="cross",
    parameters="fast 20, slow 100",
    strategies=12,
    trials=1234,
    guardrails="passed",
    confidence=0.95,
    sharpe=0.82,
    sharpe_interval=(0.21, 1.44),
    chance_hurdle=0.31,
    deflated_sharpe=0.97,
    overfitting=0.04,
    walk_forward_sharpe=0.61,
    walk_forward_benchmark_sharpe=0.45,
    annual_return=0.123,
    benchmark=HOLD,
    benchmark_return=0.101,
    flat_years=0.0,
    return_since=0.123,
    benchmark_return_since=0.101,
    difference_interval=(0.05, 0.7),
    agreement=0.62,
)


def in_words(evidence, passed=True):
    return verdict.in_words(evidence, passed=passed)


def test_a_proven_winner_is_met_with_suspicion():
    first, deflated, overfitted, walked, compared, agreed, past = in_words(PROVEN)
    assert first == (
        "cross (fast 20, slow 100; strategies ranked: 12) ranks first, and all 4 checks below "
        "speak for it or, where they say so, for choosing among all sets. That is rare: look for "
        "an error in the data or the rules before you believe it."
    )
    assert "0.82 a year (95 % interval 0.21 to 1.44)" in deflated
    assert "luckiest of 1,234 sets" in deflated
    assert "97.0 %: luck among so many hardly explains it" in deflated
    assert overfitted.startswith("Choosing among all sets, whatever the strategy: ")
    assert "4.0 % took one that was no better than the middle" in overfitted
    assert overfitted.endswith("the best sets stayed good.")
    assert walked.startswith("Choosing among all sets on the past alone")
    assert "0.61 a year, against 0.45 of buy_and_hold" in walked
    assert "decided in hindsight all the same" in walked
    assert "12.3 % a year after costs, buy_and_hold 10.1 %" in compared
    assert compared.endswith("more for its risk than buy_and_hold, beyond what chance explains.")
    assert "0.62 (Kendall's W" in agreed
    assert "past" in past


@pytest.mark.parametrize(
    ("change", "blamed", "said"),
    [
        ({"deflated_sharpe": 0.9499}, "the deflated Sharpe ratio", "may explain it"),
        ({"overfitting": 0.11}, "overfitting among all sets", "not reliably"),
        ({"walk_forward_sharpe": 0.44}, "walk-forward among all sets", "0.44 a year, against"),
        ({"difference_interval": (-0.1, 0.7)}, "buy_and_hold", "not shown to be better than buy"),
        ({"difference_interval": (-0.7, -0.1)}, "buy_and_hold", "less for its risk than buy"),
    ],
)
def test_each_doubt_is_named(change, blamed, said):
    first, *others = in_words(replace(PROVEN, **change))
    assert "1 of 4 checks do not speak for it" in first
    assert blamed in first.rsplit("(", 1)[1]
    assert ("luck may explain that" in first) == ("deflated_sharpe" in change)
    assert ("not shown to be worth trading" in first) == ("deflated_sharpe" not in change)
    assert sum(said in sentence for sentence in others) == 1


def test_years_without_a_position_are_told_and_left_out():
    waited = replace(PROVEN, flat_years=1.01, return_since=0.13, benchmark_return_since=0.18)
    compared = in_words(waited)[4]
    assert "no position in the first 1.0 years; since then 13.0 % against 18.0 %" in compared
    assert "position" not in in_words(PROVEN)[4]
    idle = in_words(replace(PROVEN, flat_years=float("nan")))[4]
    assert "(it never had a position)" in idle


def test_likely_luck_is_called_so():
    first = in_words(replace(PROVEN, deflated_sharpe=0.49, overfitting=0.6))[0]
    assert "but that is likely luck: 2 of 4 checks do not speak for it" in first


def test_what_is_unknown_speaks_for_nothing():
    nan = float("nan")
    unknown = replace(
        PROVEN,
        deflated_sharpe=nan,
        overfitting=nan,
        walk_forward_sharpe=nan,
        difference_interval=(nan, nan),
        agreement=nan,
    )
    first, *others = in_words(unknown)
    assert "none of 4 checks speaks for it" in first
    assert not any("nan" in sentence for sentence in [first, *others])


def test_a_winner_that_fails_the_guardrails():
    failing = replace(PROVEN, guardrails="a drawdown of 71.0 %")
    first = in_words(failing, passed=False)[0]
    assert first.startswith("No strategy passes the guardrails; cross")
    assert "(a drawdown of 71.0 %)" in first
