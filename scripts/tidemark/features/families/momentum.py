"""Momentum."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tidemark.bounds import Window
from tidemark.features.feature import OwnTicker

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Momentum(OwnTicker):
    """The return over a window, as a fraction, with outliers treated.

    Jegadeesh and Titman (1993), Returns to buying winners and selling losers: implications for
    stock market efficiency, Journal of Finance 48.

    Attributes:
        window: bars.
    """

    name: ClassVar[str] = "momentum_{window}"
    needs: ClassVar[tuple[str, ...]] = ("treated_index",)
    window: Window = 21

    def formula(self) -> str:
        """The index over what it was a window ago."""
        return f"index[t] / index[t-{self.window}] - 1"

    def values(self, bars: "pd.DataFrame") -> "pd.Series":
        """From the first bar with one a window before it."""
        return bars["treated_index"] / bars["treated_index"].shift(self.window) - 1.0
