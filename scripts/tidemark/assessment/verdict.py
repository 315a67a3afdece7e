"""What the evidence for a winner means, in sentences: the verdict first, then figure by figure.

Fractions are decimal, returns net, Sharpe ratios annual.
"""

from tidemark.assessment.evidence import Evidence
from tidemark.assessment.rankings import percent

import numpy as np

CONFIDENT = 0.95  # deflated Sharpe ratio from which luck is no sufficient explanation
LIKELY_LUCK = 0.5  # below this the luckiest of the trials would be expected to show more
WAITED = 0.05  # years without a position from which that is said
LOW_OVERFITTING = 0.1  # 10 sets of pure noise get below it about once in twenty histories


def in_words(evidence: Evidence, *, passed: bool) -> list[str]:
    """What the figures mean for the winner, one sentence or two a figure, the verdict first.

    Args:
        evidence: as returned by `evidence.of_winner`.
        passed: whether the winner passes the guardrails.
    """
    return [
        _verdict(evidence, passed),
        _deflated(evidence),
        _overfitted(evidence),
        _walked(evidence),
        _compared(evidence),
        f"Over the market scenarios, the order of the sets agrees to {evidence.agreement:.2f} "
        "(Kendall's W: 1 is the same order everywhere, near 0 none in common)."
        if np.isfinite(evidence.agreement)
        else "There are too few market scenarios to see whether they agree on an order.",
        "All this is about the past, and about the tickers that were tested.",
    ]


def _checks(evidence: Evidence) -> dict[str, bool]:
    """Whether each check speaks for skill; the unknown does not. Two concern the choice itself."""
    return {
        "the deflated Sharpe ratio": evidence.deflated_sharpe >= CONFIDENT,
        "the probability of backtest overfitting among all sets": (
            evidence.overfitting <= LOW_OVERFITTING
        ),
        "the walk-forward among all sets": (
            evidence.walk_forward_sharpe > evidence.walk_forward_benchmark_sharpe
        ),
        f"the comparison with {evidence.benchmark}": evidence.difference_interval[0] > 0,
    }


def _verdict(evidence: Evidence, passed: bool) -> str:
    name, among = (
        evidence.strategy,
        f"{evidence.parameters}; strategies ranked: {evidence.strategies}",
    )
    first = (
        f"{name} ({among}) ranks first"
        if passed
        else f"No strategy passes the guardrails; {name} ({among}) ranks first all the same "
        f"({evidence.guardrails})"
    )
    checks = _checks(evidence)
    against = [check for check, holds in checks.items() if not holds]
    if not against:
        return (
            f"{first}, and all {len(checks)} checks below speak for it or, where they say so, for "
            "choosing among all sets. That is rare: "
            "look for an error in the data or the rules before you believe it."
        )
    if evidence.deflated_sharpe < LIKELY_LUCK:
        doubt = "that is likely luck"
    elif evidence.deflated_sharpe < CONFIDENT:
        doubt = "luck may explain that"
    else:
        doubt = "is not shown to be worth trading"
    return (
        f"{first}, but {doubt}: {_spoken(len(against), len(checks))} for it ({', '.join(against)})."
    )


def _spoken(against: int, checks: int) -> str:
    if against == checks:
        return f"none of {checks} checks speaks"
    return f"{against} of {checks} checks do not speak"


def _deflated(evidence: Evidence) -> str:
    if not np.isfinite(evidence.deflated_sharpe):
        return "Whether its Sharpe ratio is more than luck cannot be computed."
    lower, upper = evidence.sharpe_interval
    meaning = (
        "luck among so many hardly explains it, though a rising market may"
        if evidence.deflated_sharpe >= CONFIDENT
        else f"with less than {100 * CONFIDENT:g} %, luck among so many may explain it"
    )
    return (
        f"Its Sharpe ratio is {evidence.sharpe:.2f} a year ({100 * evidence.confidence:g} % "
        f"interval {lower:.2f} to {upper:.2f}). The luckiest of {evidence.trials:,} sets tried, "
        f"had none any skill, would be expected to show {evidence.chance_hurdle:.2f}. The "
        "confidence that the true ratio is above that, the deflated Sharpe ratio, is "
        f"{percent(evidence.deflated_sharpe)}: {meaning}."
    )


def _overfitted(evidence: Evidence) -> str:
    if np.isnan(evidence.overfitting):
        return "The probability of backtest overfitting needs two sets or more to choose from."
    low = evidence.overfitting <= LOW_OVERFITTING
    meaning = "the best sets stayed good" if low else "the best sets did not reliably stay good"
    return (
        "Choosing among all sets, whatever the strategy: of all ways to take the best on one half "
        f"of history, {percent(evidence.overfitting)} took one that was no better than the middle "
        "on the other half (probability of backtest overfitting; choosing blindly gives 50 % on "
        f"average): {meaning}."
    )


def _walked(evidence: Evidence) -> str:
    ours, theirs = evidence.walk_forward_sharpe, evidence.walk_forward_benchmark_sharpe
    if not np.isfinite([ours, theirs]).all():
        return "Choosing among all sets on the past alone (walk-forward) gave nothing to compare."
    return (
        "Choosing among all sets on the past alone and trading what came next (walk-forward) gave "
        f"a Sharpe ratio of {ours:.2f} a year, against {theirs:.2f} of {evidence.benchmark} on the "
        "same dates. Which strategies, parameters and tickers there were to choose from was "
        "decided in hindsight all the same."
    )


def _since(evidence: Evidence) -> str:
    """A rule that had to wait for its first bars may owe its lead to what it missed meanwhile."""
    if np.isnan(evidence.flat_years):
        return " (it never had a position)"
    if evidence.flat_years < WAITED:
        return ""
    return (
        f" (it had no position in the first {evidence.flat_years:.1f} years; since then "
        f"{percent(evidence.return_since)} against {percent(evidence.benchmark_return_since)})"
    )


def _compared(evidence: Evidence) -> str:
    lower, upper = evidence.difference_interval
    returns = (
        f"It returned {percent(evidence.annual_return)} a year after costs, {evidence.benchmark} "
        f"{percent(evidence.benchmark_return)}{_since(evidence)}"
    )
    if not np.isfinite([lower, upper]).all():
        return f"{returns}; their Sharpe ratios cannot be compared."
    if lower > 0:
        meaning = f"more for its risk than {evidence.benchmark}, beyond what chance explains"
    elif upper < 0:
        meaning = f"less for its risk than {evidence.benchmark}"
    else:
        meaning = f"not shown to be better than {evidence.benchmark}"
    return (
        f"{returns}; the difference of their Sharpe ratios lies in {lower:.2f} to {upper:.2f} "
        f"({100 * evidence.confidence:g} % interval): {meaning}."
    )
