"""Some of the sweep by backtesting.py, which does one ticker and one set at a time.

It trades whole shares, so it starts with so much money that one share hardly counts. It books a
fill at the close in the next bar, so its drawdowns can differ by a fill's cost. It defines the
Sharpe ratio differently.
"""

import warnings

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy
from measuring import COST, SETS, TIE, Figures, contend

CELLS = [(5 * ticker // 2, ticker) for ticker in range(20)]  # set, ticker: a few of each
MONEY = 1e13
ALL_IN = 1 - 1e-15


class Cross(Strategy):
    """Hold while the fast average is above the slow one."""

    fast, slow = 0, 0

    def init(self) -> None:
        close = pd.Series(self.data.Close)
        averages = [close.rolling(window).mean() for window in (self.fast, self.slow)]
        self.above = self.I(lambda: (averages[0] > averages[1] + TIE).to_numpy(float))

    def next(self) -> None:
        if self.above[-1] and not self.position:
            self.buy(size=ALL_IN)
        elif self.position and not self.above[-1]:
            self.position.close()


def sweep(closes: np.ndarray) -> Figures:
    """The chosen cells, one after the other."""
    names = ("total_return", "max_drawdown", "trades")
    figures = {name: np.full((len(SETS), closes.shape[1]), np.nan) for name in names}
    days = pd.date_range("1990-01-02", periods=len(closes))
    for one, ticker in CELLS:
        bars = pd.DataFrame(dict.fromkeys(("Open", "High", "Low", "Close"), closes[:, ticker]))
        test = Backtest(
            bars.set_index(days), Cross, cash=MONEY, commission=COST, trade_on_close=True
        )
        fast, slow = SETS[one]
        found = test.run(fast=fast, slow=slow)
        figures["total_return"][one, ticker] = found["Return [%]"] / 100
        figures["max_drawdown"][one, ticker] = found["Max. Drawdown [%]"] / 100
        open_still = len(found["_strategy"].trades)
        figures["trades"][one, ticker] = found["# Trades"] + open_still
    return figures


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # trades that are open at the end
    contend(sweep, share=len(CELLS) / (len(SETS) * 20))
