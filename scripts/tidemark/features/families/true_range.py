"""The true range."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tidemark.bounds import Window
from tidemark.features.feature import OwnTicker

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class TrueRange(OwnTicker):
    """The mean true range of a window, as a share of the close.

    The true range is the bar's own, widened to the close before it. Wilder (1978), New concepts in
    technical trading systems; here with equal weights.

    Attributes:
        window: bars, the last one being this bar.
    """

    name: ClassVar[str] = "true_range_{window}"
    needs: ClassVar[tuple[str, ...]] = ("high", "low", "close")
    window: Window = 14

    def formula(self) -> str:
        """The mean over the close."""
        reach = "(max(high, close before) - min(low, close before))"
        return f"mean({reach}[t-{self.window - 1}..t]) / close[t]"

    def values(self, bars: "pd.DataFrame") -> "pd.Series":
        """From the first window on in which every bar has one before it."""
        before = bars["close"].shift()
        top, bottom = bars["high"], bars["low"]
        reach = top.where(top > before, before) - bottom.where(bottom < before, before)
        known = reach.where(top.notna() & bottom.notna())
        return known.rolling(self.window).mean() / bars["close"]
