"""What the evidence means, in sentences: the verdict first, then what each figure says.

The verdict rests on the test of all sets together (`data_snooping`): is a set better than luck, and
better than the benchmark? What speaks about the set itself, and what about choosing among sets, are
told apart. Fractions are decimal, returns net, Sharpe ratios annual.
"""

from typing import Any

from tidemark.assessment.evidence import ALL, Evidence
from tidemark.assessment.rankings import percent
from tidemark.naming import counted

import numpy as np
import pandas as pd

VERDICT, SET, CHOICE, LIMITS = "verdict", "set", "choice", "limits"  # what a sentence is about
CONFIDENT = 0.95  # deflated Sharpe ratio that is usually asked for
LEAST_SHOWN = 0.001  # of probabilities, in words
WAITED = 0.05  # years without a position from which that is said
LOW_OVERFITTING = 0.1  # 10 sets of pure noise get below it about once in twenty histories
FEW_SETS = 10  # fewer do so more often
TOO_GOOD = 3.0  # a year, of choosing by the past alone; hardly a fund has kept it up over years


def in_words(evidence: Evidence, *, passed: bool) -> list[dict[str, str]]:
    """What the figures mean for the winner, one to three sentences a figure, the verdict first.

    Args:
        evidence: as returned by `evidence.of_winner`.
        passed: whether the winner passes the guardrails.

    Returns:
        `about` (VERDICT, SET, CHOICE or LIMITS) and `sentence`.
    """
    told = [
        (VERDICT, _verdict(evidence, passed)),
        (SET, _luck(evidence)),
        (SET, _compared(evidence)),
        (SET, _earned(evidence)),
        (SET, _deflated(evidence)),
        (CHOICE, _overfitted(evidence)),
        (CHOICE, _walked(evidence)),
        (CHOICE, _agreed(evidence)),
        (LIMITS, "All this is about the past, and about what was tested."),
    ]
    return [{"about": about, "sentence": sentence} for about, sentence in told]


def beside(examined: pd.DataFrame, benchmark: str, level: float) -> pd.DataFrame:
    """The evidence with a column `verdict`: in a few words, what the joint test says of each.

    Args:
        examined: the strategies, as returned by `evidence.examine`.
        benchmark: its name.
        level: of the tests.
    """
    verdicts = [
        None if row.strategy_name == ALL else _briefly(row, level, benchmark)
        for row in examined.itertuples()
    ]
    return examined.assign(verdict=pd.Series(verdicts, dtype="str"))


def _briefly(row: Any, level: float, benchmark: str) -> str:
    if np.isnan(row.p_zero):
        return f"{_untold(row.flat_years, row.sharpe_since)} to tell"
    if row.p_zero <= level:
        shown = "better" if row.p_benchmark <= level else "not shown to be better"
        return f"more than luck, {shown} than {benchmark}"
    if row.p_benchmark <= level:
        return f"better than {benchmark}, but luck may explain that it earned anything"
    return "earned no more than cash" if row.sharpe_since <= 0.0 else "luck may explain it"


def _untold(flat_years: float, sharpe_since: float) -> str:
    """Why there is no p-value: on enough dates, a draw may still hold none with a position."""
    if np.isnan(flat_years):
        return "no positions"
    return "too few dates" if np.isnan(sharpe_since) else "too few positions"


def _verdict(evidence: Evidence, passed: bool) -> str:
    name = f"{evidence.strategy} ({evidence.parameters})"
    alike = evidence.strategies_distinct < evidence.strategies
    differ = f" ({evidence.strategies_distinct} of which differ)" if alike else ""
    place = f"ranks first of {evidence.strategies} strategies{differ}"
    if not passed:
        name = f"No strategy passes the guardrails; {name}"
        place = f"{place} all the same ({evidence.guardrails})"
    other = evidence.benchmark
    lucky = not evidence.p_zero <= evidence.level
    ahead = evidence.p_benchmark <= evidence.level
    if np.isnan(evidence.p_zero):
        why = _untold(evidence.flat_years, evidence.sharpe_since)
        return f"{name} {place}, but with {why} to tell that from luck."
    if lucky and ahead:
        return (
            f"{name} {place} and did better than {other}, but luck may explain that it earned "
            "anything at all."
        )
    if lucky:
        return (
            f"{name} {place}, but luck may explain that, and it is not shown to be better than "
            f"{other}."
        )
    if not ahead:
        return (
            f"{name} {place}, and luck hardly explains that, but it is not shown to be better than "
            f"{other}."
        )
    return (
        f"{name} {place}, and luck explains neither that nor its lead over {other}. That is rare: "
        "look for an error in the data or the rules before you believe it."
    )


def _luck(evidence: Evidence) -> str:
    if not np.isfinite(evidence.sharpe):
        return "Better than luck? It has no Sharpe ratio, so that cannot be asked."
    found = (
        f"Better than luck? Its Sharpe ratio is {evidence.sharpe:z.2f} a year on all dates "
        f"({_interval(evidence, evidence.sharpe_interval)})"
    )
    if not np.isfinite(evidence.p_zero):
        why = _untold(evidence.flat_years, evidence.sharpe_since)
        return f"{found}; since it began, there are {why} to tell that from luck."
    explains = "hardly explains" if evidence.p_zero <= evidence.level else "may explain"
    return (
        f"{found}. If none of the {evidence.tried:,} sets tried had any skill, but moved together "
        f"as these do, the best would show {evidence.no_skill_sharpe:z.2f} on average. On its own "
        f"dates, luck {explains} it: p {_equals(evidence.p_zero)}, tested together with all other "
        "sets; "
        f"{100 * evidence.level:g} % or less is more than luck."
    )


def _equals(p_value: float) -> str:
    """Draws are too few to show that something never happens."""
    return f"= {percent(p_value)}" if p_value >= LEAST_SHOWN else f"< {percent(LEAST_SHOWN)}"


def _interval(evidence: Evidence, ends: tuple[float, float]) -> str:
    lower, upper = ends
    return f"{100 * evidence.confidence:g} % interval {lower:z.2f} to {upper:z.2f}"


def _waited(evidence: Evidence) -> bool:
    return bool(evidence.flat_years >= WAITED)


def _compared(evidence: Evidence) -> str:
    other = evidence.benchmark
    if not np.isfinite([evidence.difference_since, *evidence.difference_since_interval]).all():
        return f"Better than {other}? Their Sharpe ratios cannot be compared."
    since = "since its first position" if _waited(evidence) else "on the same dates"
    meaning = (
        f"better than {other} by more than luck"
        if evidence.p_benchmark <= evidence.level
        else f"not shown to be better than {other}"
    )
    tested = f" (p {_equals(evidence.p_benchmark)})" if np.isfinite(evidence.p_benchmark) else ""
    return (
        f"Better than {other}? The Sharpe ratio {since} is {evidence.sharpe_since:z.2f} a year, "
        f"against {evidence.benchmark_sharpe_since:z.2f}: a difference of "
        f"{evidence.difference_since:z.2f} "
        f"({_interval(evidence, evidence.difference_since_interval)}), {meaning}{tested}."
    )


def _earned(evidence: Evidence) -> str:
    returns = (
        f"It returned {percent(evidence.annual_return)} a year after costs, {evidence.benchmark} "
        f"{percent(evidence.benchmark_return)}"
    )
    if np.isnan(evidence.flat_years):
        return f"{returns} (it never had a position)."
    if not _waited(evidence):
        return f"{returns}."
    return (
        f"{returns}. It had no position in the first {evidence.flat_years:.1f} years; since then "
        f"{percent(evidence.return_since)} against {percent(evidence.benchmark_return_since)}."
    )


def _deflated(evidence: Evidence) -> str:
    if not np.isfinite(evidence.deflated_sharpe):
        return "The deflated Sharpe ratio, as published, cannot be computed."
    asked = "at least" if evidence.deflated_sharpe >= CONFIDENT else "less than"
    return (
        "As published, the deflated Sharpe ratio on its own dates is "
        f"{percent(evidence.deflated_sharpe)} ({asked} the {100 * CONFIDENT:g} % usually asked "
        f"for): the confidence that the true ratio is above {evidence.chance_hurdle:z.2f}. That "
        f"hurdle takes each of the {evidence.distinct:,} sets that differ as a try of its own, and "
        "all of the spread of their ratios as luck; the test above does neither."
    )


def _overfitted(evidence: Evidence) -> str:
    without = _without(evidence)
    if np.isnan(evidence.overfitting):
        return (
            "The probability of backtest overfitting needs two sets or more to choose from, with "
            f"positions in every block of history.{without}"
        )
    if evidence.overfitting > LOW_OVERFITTING:
        meaning = "the best sets did not reliably stay good"
    elif evidence.overfitting_sets < FEW_SETS:
        meaning = f"of {counted(evidence.overfitting_sets, 'set')} that differ, that tells little"
    else:
        meaning = "the best sets stayed good"
    return (
        "Of all ways to take the best set on one half of history, "
        f"{percent(evidence.overfitting)} took one that was no better than the middle on the other "
        "half (probability of backtest overfitting; choosing blindly gives about 50 %): "
        f"{meaning}.{without}"
    )


def _without(evidence: Evidence) -> str:
    """What the choice was not among, the winner first: a figure beside it seems to be about it."""
    if not evidence.left_out:
        return ""
    itself = f" {evidence.strategy} itself was not among them."
    doubt = itself if evidence.winner_left_out else ""
    return f"{doubt} Left out: {evidence.left_out}."


def _walked(evidence: Evidence) -> str:
    ours, theirs = evidence.walk_forward_sharpe, evidence.walk_forward_benchmark_sharpe
    if not np.isfinite([ours, theirs]).all():
        return "Choosing on the past alone (walk-forward) gave nothing to compare."
    too_good = (
        f" Look for an error: hardly a fund has kept up more than {TOO_GOOD:g}; one of the "
        "strategies may know the future, whatever the verdict on this one."
    )
    return (
        "Choosing on the past alone and trading what came next (walk-forward) gave a Sharpe ratio "
        f"of {ours:z.2f} a year, against {theirs:z.2f} of {evidence.benchmark} on the same dates. "
        "What there was to choose from was decided in hindsight all the same."
        f"{too_good if ours > TOO_GOOD else ''}"
    )


def _agreed(evidence: Evidence) -> str:
    if not np.isfinite(evidence.agreement):
        return "There are too few stretches of history to see whether they agree on an order."
    return (
        f"Over stretches of history, the order of the sets agrees to {evidence.agreement:.2f} "
        "(Kendall's W: 1 is the same order everywhere, near 0 none in common)."
    )
