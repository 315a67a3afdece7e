"""The sweep by vectorbt, with either of its engines, and a given number of sets at a time.

With all sets at once, as in its documentation, arrays are far larger than the cache; parts are
faster.
"""

import os

import numpy as np
import vectorbt as vbt
from measuring import BARS_A_YEAR, COST, SETS, TIE, WINDOWS, Figures, contend

vbt.settings["engine"] = os.environ["VECTORBT_ENGINE"]
TOGETHER = int(os.environ["VECTORBT_SETS"])
YEAR = f"{BARS_A_YEAR} days"


def sweep(closes: np.ndarray) -> Figures:
    """Trade all sets, TOGETHER of them at a time."""
    averages = _averages(closes)
    parts = [SETS[first : first + TOGETHER] for first in range(0, len(SETS), TOGETHER)]
    found = [_traded(closes, averages, part) for part in parts]
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def _averages(closes: np.ndarray) -> dict[int, np.ndarray]:
    bars, tickers = closes.shape
    averages = vbt.MA.run(closes, window=WINDOWS).ma.to_numpy().reshape(bars, -1, tickers)
    return {window: averages[:, place] for place, window in enumerate(WINDOWS)}


def _traded(closes: np.ndarray, averages: dict[int, np.ndarray], sets: list) -> Figures:
    above = np.hstack([averages[fast] > averages[slow] + TIE for fast, slow in sets])
    portfolio = vbt.Portfolio.from_signals(
        np.tile(closes, len(sets)), above, ~above, fees=COST, freq="1D"
    )
    found = {
        "total_return": portfolio.total_return(),
        "sharpe_ratio": portfolio.sharpe_ratio(year_freq=YEAR),
        "max_drawdown": portfolio.max_drawdown(),
        "trades": portfolio.trades.count(),
    }
    return {name: values.to_numpy().reshape(len(sets), -1) for name, values in found.items()}


if __name__ == "__main__":
    contend(sweep)
