"""Lagged returns."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tidemark.bounds import Bars
from tidemark.features.feature import OwnTicker

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class ReturnLag(OwnTicker):
    """The return of some bars before, with outliers treated.

    Jegadeesh (1990), Evidence of predictable behavior of security returns, Journal of Finance 45.

    Attributes:
        lag: bars back, 0 for the bar's own return.
    """

    name: ClassVar[str] = "return_lag_{lag}"
    needs: ClassVar[tuple[str, ...]] = ("return_treated",)
    lag: Bars = 0

    def formula(self) -> str:
        """The return of that bar."""
        return f"return_treated[t-{self.lag}]" if self.lag else "return_treated[t]"

    def values(self, bars: "pd.DataFrame") -> "pd.Series":
        """The returns, later by the lag."""
        return bars["return_treated"].shift(self.lag)
