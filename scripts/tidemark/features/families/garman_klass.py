"""Garman and Klass's volatility."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tidemark.bounds import Window
from tidemark.features.feature import OwnTicker
from tidemark.ohlcv import OHLC

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class GarmanKlass(OwnTicker):
    """Volatility of one bar from the opens, highs, lows and closes of a window.

    It leaves out what happens between a close and the next open. A mean variance below 0, which
    only opens or closes beyond their own high and low make, counts as 0.
    Garman and Klass (1980), On the estimation of security price volatilities from historical data,
    Journal of Business 53.

    Attributes:
        window: bars, the last one being this bar.
    """

    name: ClassVar[str] = "garman_klass_{window}"
    needs: ClassVar[tuple[str, ...]] = OHLC
    window: Window = 21

    def formula(self) -> str:
        """The root of the mean variance."""
        variance = "(ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2)"
        return f"sqrt(max(0, mean({variance}[t-{self.window - 1}..t])))"

    def values(self, bars: "pd.DataFrame") -> "pd.Series":
        """From the first full window on."""
        import numpy as np

        reach = np.log(bars["high"] / bars["low"])
        move = np.log(bars["close"] / bars["open"])
        variance = 0.5 * reach**2 - (2.0 * np.log(2.0) - 1.0) * move**2
        root: pd.Series = np.sqrt(variance.rolling(self.window).mean().clip(lower=0.0))
        return root
