"""The verdict in words: what it says, what it rests on, and that it names each doubt."""

from dataclasses import replace

from tidemark.assessment import verdict
from tidemark.assessment.evidence import ALL

import pandas as pd
import pytest

HOLD = "buy_and_hold"
NAN = float("nan")
PROVEN = verdict.Evidence(
    strategy="cross",
    parameters="fast 20, slow 100",
    strategies=12,
    strategies_distinct=12,
    tried=1234,
    distinct=900,
    guardrails="passed",
    confidence=0.95,
    level=0.05,
    draws_beyond=50,
    least_beyond=50,
    block_length=21,
    fewest_dates=210,
    p_zero=0.012,
    p_benchmark=0.05,
    sharpe=0.82,
    sharpe_interval=(0.21, 1.44),
    no_skill_sharpe=0.31,
    no_skill_share=0.008,
    flat_years=0.0,
    sharpe_since=0.84,
    benchmark_sharpe_since=0.42,
    difference_since=0.42,
    difference_since_interval=(0.05, 0.7),
    annual_return=0.123,
    benchmark=HOLD,
    benchmark_return=0.101,
    return_since=0.123,
    benchmark_return_since=0.101,
    chance_hurdle=0.33,
    deflated_sharpe=0.97,
    overfitting=0.04,
    overfitting_sets=900,
    left_out="",
    winner_left_out=False,
    walk_forward_sharpe=0.61,
    walk_forward_benchmark_sharpe=0.45,
    agreement=0.62,
)


def in_words(evidence, passed=True):
    return [row["sentence"] for row in verdict.in_words(evidence, passed=passed)]


def test_a_proven_winner_is_met_with_suspicion():
    first, luck, compared, earned, deflated, overfitted, walked, agreed, past = in_words(PROVEN)
    assert first == (
        "cross (fast 20, slow 100) ranks first of 12 strategies, and luck explains neither that "
        "nor its lead over buy_and_hold. That is rare: look for an error in the data or the rules "
        "before you believe it."
    )
    assert "0.82 a year on all dates (95 % interval 0.21 to 1.44)" in luck
    assert "the 1,234 sets tried" in luck
    assert "the best would show 0.31 on average. On its own dates" in luck
    assert luck.count(" %") == 3, "level of the interval, p, and what is asked of it"
    assert "luck hardly explains it: p = 1.2 %" in luck
    assert (
        "0.84 a year, against 0.42: a difference of 0.42 (95 % interval 0.05 to 0.70)" in compared
    )
    assert compared.endswith("better than buy_and_hold by more than luck (p = 5.0 %).")
    assert earned == "It returned 12.3 % a year after costs, buy_and_hold 10.1 %."
    assert "97.0 % (at least the 95 %" in deflated
    assert "is above 0.33" in deflated
    assert "4.0 % took one that was no better than the middle" in overfitted
    assert overfitted.endswith("the best sets stayed good.")
    assert "0.61 a year, against 0.45 of buy_and_hold" in walked
    assert "decided in hindsight all the same" in walked
    assert "0.62 (Kendall's W" in agreed
    assert "past" in past


def test_what_speaks_of_the_set_is_told_apart_from_what_speaks_of_choosing():
    about = [row["about"] for row in verdict.in_words(PROVEN, passed=True)]
    assert about == ["verdict", *["set"] * 4, *["choice"] * 3, "limits"]


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ("b: why; cross: a position in 15 of 16 blocks", True),
        ("b: why", False),
        ("", False),
    ],
)
def test_a_choice_that_the_winner_was_not_part_of_says_so(left_out, said):
    sentence = in_words(replace(PROVEN, left_out=left_out, winner_left_out=said))[5]
    assert ("stayed good. cross itself was not among them. Left out: " in sentence) == said


def test_what_rounds_to_zero_has_no_sign():
    close = -0.0004
    ratios = ("sharpe", "sharpe_since", "difference_since", "walk_forward_sharpe", "annual_return")
    doubtful = replace(PROVEN, **dict.fromkeys(ratios, close), sharpe_interval=(close, 0.2))
    assert "-0.0" not in " ".join(in_words(doubtful))


LUCK, LEAD = "luck may explain that", "not shown to be better than buy_and_hold"


@pytest.mark.parametrize(
    ("p_zero", "p_benchmark", "said"),
    [
        (0.051, 0.9, f"but {LUCK}, and it is {LEAD}."),
        (0.05, 0.051, f"and luck hardly explains that, but it is {LEAD}."),
        (0.051, 0.05, f"did better than buy_and_hold, but {LUCK} it earned anything at all."),
        (NAN, NAN, "but with too few positions to tell that from luck."),
        (0.9, NAN, f"but {LUCK}, and it is {LEAD}."),
    ],
)
def test_the_verdict_rests_on_the_joint_test(p_zero, p_benchmark, said):
    doubtful = replace(PROVEN, p_zero=p_zero, p_benchmark=p_benchmark)
    first = in_words(doubtful)[0]
    assert first.endswith(said)
    others = {"deflated_sharpe": 0.1, "overfitting": 0.9, "walk_forward_sharpe": -1.0}
    assert in_words(replace(doubtful, **others))[0] == first


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"p_zero": 0.08}, "luck may explain it: p = 8.0 %"),
        ({"p_benchmark": 0.9}, "not shown to be better than buy_and_hold (p = 90.0 %)"),
        ({"deflated_sharpe": 0.9499}, "less than the 95 %"),
        ({"overfitting": 0.11}, "did not reliably stay good"),
        ({"left_out": "b: a position in 3 of 16 blocks"}, "Left out: b: a position in 3 of 16"),
        ({"walk_forward_sharpe": 0.44}, "0.44 a year, against"),
        ({"walk_forward_sharpe": 3.01}, "Look for an error: hardly a fund"),
        ({"overfitting_sets": 9}, "of 9 sets that differ, that tells little."),
        ({"flat_years": NAN}, "(it never had a position)"),
    ],
)
def test_each_doubt_is_named(change, said):
    before, after = in_words(PROVEN), in_words(replace(PROVEN, **change))
    assert sum(said in sentence for sentence in after) == 1
    assert not any(said in sentence for sentence in before)


def test_years_without_a_position_are_told_and_left_out():
    waited = replace(PROVEN, flat_years=1.01, return_since=0.13, benchmark_return_since=0.18)
    _, _, compared, earned, *_ = in_words(waited)
    assert "The Sharpe ratio since its first position is 0.84" in compared
    assert "no position in the first 1.0 years; since then 13.0 % against 18.0 %" in earned
    assert not any("position" in sentence for sentence in in_words(PROVEN))


def test_the_verdict_says_how_many_strategies_differ():
    first, *_ = in_words(replace(PROVEN, strategies=38, strategies_distinct=18))
    assert "ranks first of 38 strategies (18 of which differ), and luck" in first


def test_few_draws_do_not_show_that_something_never_happens():
    sure = replace(PROVEN, p_zero=1 / 2001, p_benchmark=1 / 2001)
    _, luck, compared, *_ = in_words(sure)
    assert "luck hardly explains it: p < 0.1 %, tested" in luck
    assert compared.endswith("by more than luck (p < 0.1 %).")


def test_what_is_unknown_speaks_for_nothing():
    unknown = replace(
        PROVEN,
        **dict.fromkeys(
            ("p_zero", "p_benchmark", "deflated_sharpe", "chance_hurdle", "overfitting"), NAN
        ),
        **dict.fromkeys(("sharpe_since", "difference_since", "walk_forward_sharpe"), NAN),
        difference_since_interval=(NAN, NAN),
        agreement=NAN,
    )
    first, *others = in_words(unknown)
    assert "too few dates" in first
    assert not any("nan" in sentence for sentence in [first, *others])
    assert not any("nan" in sentence for sentence in in_words(replace(unknown, sharpe=NAN)))


def test_a_winner_that_fails_the_guardrails():
    failing = replace(PROVEN, guardrails="a drawdown of 71.0 %")
    first = in_words(failing, passed=False)[0]
    assert first.startswith("No strategy passes the guardrails; cross")
    assert "(a drawdown of 71.0 %)" in first


def test_every_strategy_has_a_verdict_of_its_own():
    examined = pd.DataFrame(
        {
            "strategy_name": [
                "both",
                "lucky",
                "held",
                "hedged",
                "lost",
                "late",
                "rare",
                "none",
                ALL,
            ],
            "p_zero": [0.01, 0.06, 0.05, 0.2, 1.0, NAN, NAN, NAN, NAN],
            "p_benchmark": [0.05, 0.06, 0.06, 0.01, 1.0, NAN, NAN, NAN, NAN],
            "flat_years": [0.0, 0.0, 1.0, 0.0, 0.0, 9.0, 0.1, NAN, NAN],
            "sharpe_since": [0.9, 0.4, 0.8, 0.1, -0.2, NAN, 0.6, NAN, NAN],
        }
    )
    found = verdict.beside(examined, HOLD, 0.05)["verdict"]
    assert found.tolist()[:8] == [
        "more than luck, better than buy_and_hold",
        "luck may explain it",
        "more than luck, not shown to be better than buy_and_hold",
        "better than buy_and_hold, but luck may explain that it earned anything",
        "earned no more than cash",
        "too few dates to tell",
        "too few positions to tell",
        "no positions to tell",
    ]
    assert pd.isna(found.iloc[8])
