"""What a course was worth in a window, by empyrical where it has the figure."""

from math import floor, nan

from referee.results import Floats
from referee.trading import Course, Terms

import empyrical
import numpy as np

ANNUAL = ("annual_return", "volatility", "sharpe_ratio", "sortino", "calmar", "turnover")
SHORTEST = 0.95  # of a year, for a figure that is stated by the year
NO_VARIANCE = 1e-10  # of the mean square
TIE = 1e-12  # a trade that gained less, relatively, gained nothing that rounding could not


def measured(
    course: Course, listed: Floats, start: int, stop: int, yearly: float, terms: Terms
) -> tuple[dict[str, float], float]:
    """The figures of a window, and how many trades neither gained nor lost beyond rounding."""
    there = listed[start:stop]
    earned = np.array(course.earned[start:stop])[there]
    bars = len(earned)
    years = bars / yearly
    beyond = earned - terms.cash
    begin, end = course.worth[start], course.worth[stop]
    inside = [fill for fill in course.fills if start <= fill[0] < stop]
    trades, wins, ties = _trades(course, start, stop)
    drawdown = empyrical.max_drawdown(earned) if begin else nan
    growth = end / begin if begin else nan
    annual = empyrical.annual_return(earned, annualization=yearly) if begin else nan
    varies = np.var(beyond, ddof=1) > NO_VARIANCE * np.mean(beyond**2) if bars > 1 else False
    figures = {
        "total_return": growth - 1,
        "annual_return": annual,
        "volatility": _deviation(beyond, varies) * np.sqrt(yearly),
        "sharpe_ratio": empyrical.sharpe_ratio(beyond, annualization=yearly) if varies else nan,
        "sortino": (
            empyrical.sortino_ratio(beyond, annualization=yearly) if beyond.min() < 0 else nan
        ),
        "calmar": annual / -drawdown if drawdown < 0 else nan,
        "max_drawdown": drawdown,
        "value_at_risk": np.percentile(earned, 5),
        "expected_shortfall": np.sort(earned)[: floor(0.05 * (bars - 1)) + 1].mean(),
        "trades": trades,
        "win_rate": wins / trades if trades else nan,
        "exposure": np.count_nonzero(np.array(course.held[start:stop])[there]) / bars,
        "turnover": sum(traded for _, traded, _ in inside) / years,
        "costs": sum(lost for _, _, lost in inside),
        "bars": bars,
    }
    if years < SHORTEST:
        figures |= dict.fromkeys(ANNUAL, nan)
    return figures, ties


def _deviation(beyond: Floats, varies: bool) -> float:
    if len(beyond) < 2:
        return nan
    return float(np.std(beyond, ddof=1)) if varies else 0.0


def _trades(course: Course, start: int, stop: int) -> tuple[int, int, int]:
    """Spells with a position or a fill in the window; those that gained in it; ties."""
    count = wins = ties = 0
    for spell in course.spells:
        if spell.entered >= stop or (spell.left is not None and spell.left < start):
            continue
        count += 1
        begin = spell.worth_before if spell.entered >= start else course.worth[start]
        over = spell.left is not None and spell.left < stop
        end = spell.worth_after if over else course.worth[stop]
        assert end is not None
        if abs(end - begin) <= TIE * begin:
            ties += 1
        wins += end > begin
    return count, wins, ties
