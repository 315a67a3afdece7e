"""The sweep by a plain pandas loop over sets: all tickers of a set in one frame."""

import numpy as np
import pandas as pd
from measuring import BARS_A_YEAR, COST, SETS, TIE, WINDOWS, Figures, contend


def sweep(closes: np.ndarray) -> Figures:
    """Trade one set after the other."""
    close = pd.DataFrame(closes)
    change = close.pct_change().fillna(0.0)
    averages = {window: close.rolling(window).mean() for window in WINDOWS}
    found = [backtest(averages[fast] > averages[slow] + TIE, change) for fast, slow in SETS]
    return {name: np.array([one[name] for one in found]) for name in found[0]}


def backtest(above: pd.DataFrame, change: pd.DataFrame) -> dict[str, pd.Series]:
    """Figures by ticker of holding it while `above`, traded at the close that decides."""
    target = above.astype(float)
    turn = target.diff().fillna(target)
    cost = (turn > 0).astype(float) / (1 + COST) + (turn < 0) * (1 - COST) + (turn == 0)
    returns = (1 + target.shift(fill_value=0.0) * change) * cost - 1
    equity = (1 + returns).cumprod()
    return {
        "total_return": equity.iloc[-1] - 1,
        "sharpe_ratio": returns.mean() / returns.std() * np.sqrt(BARS_A_YEAR),
        "max_drawdown": (equity / equity.cummax().clip(lower=1.0)).min() - 1,
        "trades": (turn > 0).sum(),
    }


if __name__ == "__main__":
    contend(sweep)
