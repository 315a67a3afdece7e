"""Outlying returns, pulled to bounds that come from strictly earlier returns of the ticker."""

from tidemark.preprocessing.settings import Iqr, NoOutliers, Winsorise

import numpy as np
import pandas as pd


def bounds(
    returns: pd.Series,
    tickers: pd.Series,
    treatment: NoOutliers | Winsorise | Iqr,
    min_history: int,
) -> pd.DataFrame:
    """The lowest and highest return that pass, at each bar.

    Args:
        returns: decimal fractions; each ticker's in order of time.
        tickers: the ticker of each return, on the same index.
        treatment: none; Winsorise with the quantiles `lower` and `upper`; or Iqr, whose bounds lie
            `factor` interquartile ranges outside the quartiles (Tukey's fences).
        min_history: number of earlier returns that a bound needs; before that nothing is bounded.

    Returns:
        `lower` and `upper` on the index of `returns`, infinite where there is no bound.
    """
    if isinstance(treatment, NoOutliers):
        none = pd.DataFrame(index=returns.index)
        return none.assign(lower=-np.inf, upper=np.inf)

    by_ticker = returns.groupby(tickers, sort=False)

    def past_quantile(quantile: float) -> pd.Series:
        return by_ticker.transform(
            lambda past: past.expanding(min_history).quantile(quantile).shift()
        )

    if isinstance(treatment, Winsorise):
        lower, upper = past_quantile(treatment.lower), past_quantile(treatment.upper)
    else:
        first, third = past_quantile(0.25), past_quantile(0.75)
        reach = treatment.factor * (third - first)
        lower, upper = first - reach, third + reach
    return pd.DataFrame({"lower": lower.fillna(-np.inf), "upper": upper.fillna(np.inf)})


def outside(returns: pd.Series, limits: pd.DataFrame) -> int:
    """How many returns lie beyond their bounds."""
    return int(((returns < limits["lower"]) | (returns > limits["upper"])).sum())
