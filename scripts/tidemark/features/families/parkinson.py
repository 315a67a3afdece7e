"""Parkinson's volatility."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tidemark.bounds import Window
from tidemark.features.feature import OwnTicker

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Parkinson(OwnTicker):
    """Volatility of one bar from the highs and lows of a window.

    Parkinson (1980), The extreme value method for estimating the variance of the rate of return,
    Journal of Business 53.

    Attributes:
        window: bars, the last one being this bar.
    """

    name: ClassVar[str] = "parkinson_{window}"
    needs: ClassVar[tuple[str, ...]] = ("high", "low")
    window: Window = 21

    def formula(self) -> str:
        """The root of the mean squared range."""
        return f"sqrt(mean((ln(high / low)^2)[t-{self.window - 1}..t]) / (4 ln 2))"

    def values(self, bars: "pd.DataFrame") -> "pd.Series":
        """From the first full window on."""
        import numpy as np

        squares = np.log(bars["high"] / bars["low"]) ** 2
        root: pd.Series = np.sqrt(squares.rolling(self.window).mean() / (4.0 * np.log(2.0)))
        return root
