"""What the best set of each strategy did on all of history: its course, its years, its trading.

Returns are net decimal fractions of an equal part in each ticker; (bars,) of each strategy's best
set, and of the benchmark's, stand in a frame with the index `timestamp` and a column a strategy.
"""

from collections.abc import Mapping

from tidemark.arrays import Floats
from tidemark.assessment.averages import TRADING, Averages
from tidemark.assessment.scoring import DIGITS
from tidemark.statistics.returns import drawdown, equity_of

import numpy as np
import pandas as pd

STRATEGY = "strategy_name"
BY_DATE = [STRATEGY, "set", "timestamp", "excess_return", "bars_a_year"]
WITHOUT = ["kept_within", "kept_between", "keeping_cost"]  # see backtest.rebalancing


def courses(returns: pd.DataFrame) -> pd.DataFrame:
    """Equity and drawdown bar by bar.

    Returns:
        strategy_name, timestamp, net_return, equity (what 1 has grown to), drawdown (share below
        the highest so far, the 1 before the first bar counted; 0 or less); a row a bar, strategies
        in the order of the columns.
    """
    tables = []
    for name in returns:
        earned = returns[name].to_numpy()
        equity = equity_of(earned)
        columns = {
            STRATEGY: name,
            "timestamp": returns.index,
            "net_return": earned,
            "equity": equity,
            "drawdown": drawdown(equity, before=1.0),
        }
        tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def by_date(
    returns: pd.DataFrame, best: Mapping[str, str], cash: Floats, bars_a_year: float
) -> pd.DataFrame:
    """What two runs are compared by: bar by bar, what Sharpe ratios are of.

    A run may be compared with one of another version, so a column that changes its meaning changes
    its name.

    Args:
        returns: as above.
        best: the set of each strategy.
        cash: (bars,) returns of no position at all.
        bars_a_year: by which ratios become annual.

    Returns:
        BY_DATE; a row a bar, strategies in the order of the columns.
    """
    tables = [
        pd.DataFrame(
            {
                STRATEGY: name,
                "set": best[str(name)],
                "timestamp": returns.index,
                "excess_return": returns[name].to_numpy() - cash,
                "bars_a_year": bars_a_year,
            }
        )
        for name in returns
    ]
    return pd.concat(tables, ignore_index=True)[BY_DATE]


def calendar_years(returns: pd.DataFrame) -> pd.DataFrame:
    """Compound return in each calendar year; the first and the last may be parts of one.

    Returns:
        strategy_name, year, total_return; strategies in the order of the columns.
    """
    years = pd.Index(pd.DatetimeIndex(returns.index).year, dtype=np.int64, name="year")
    earned = (1.0 + returns).groupby(years).prod() - 1.0
    tables = [
        earned[name].rename("total_return").reset_index().assign(**{STRATEGY: name})
        for name in earned
    ]
    return pd.concat(tables, ignore_index=True)[[STRATEGY, "year", "total_return"]]


def trading(
    best: Mapping[str, str], averages: Averages, courses: pd.DataFrame, rebalancing: pd.DataFrame
) -> pd.DataFrame:
    """How each set traded, mean over tickers, its deepest drawdown, and what it trades for nothing.

    Args:
        best: the set of each strategy.
        averages: of all cells.
        courses: of `courses`.
        rebalancing: `strategy_name`, `set`, and what each set trades for nothing, a year: WITHOUT.

    Returns:
        strategy_name, set, deepest_drawdown, TRADING, WITHOUT; a row a strategy, in the order of
        `best`.
    """
    means = averages.on_full_history()[TRADING].round(DIGITS)
    means = means.reset_index("strategy_category", drop=True)
    without = rebalancing.set_index([STRATEGY, "set"])[WITHOUT].round(DIGITS)
    deepest = courses.groupby(STRATEGY)["drawdown"].min()
    return pd.DataFrame(
        {
            STRATEGY: list(best),
            "set": list(best.values()),
            "deepest_drawdown": deepest.reindex(list(best)).to_numpy(),
            **means.reindex(list(best.items())).reset_index(drop=True).to_dict("series"),
            **without.reindex(list(best.items())).reset_index(drop=True).to_dict("series"),
        }
    )
