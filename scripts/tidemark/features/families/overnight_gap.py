"""The overnight gap."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tidemark.features.feature import OwnTicker

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class OvernightGap(OwnTicker):
    """The return from the close before to the open, as a fraction.

    On intraday bars most gaps are those between neighbours within a day. Lou, Polk and Skouras
    (2019), A tug of war: overnight versus intraday expected returns, Journal of Financial Economics
    134.
    """

    name: ClassVar[str] = "overnight_gap"
    needs: ClassVar[tuple[str, ...]] = ("open", "close")

    def formula(self) -> str:
        """The open over the close before it."""
        return "open[t] / close[t-1] - 1"

    def values(self, bars: "pd.DataFrame") -> "pd.Series":
        """From the second bar on."""
        return bars["open"] / bars["close"].shift() - 1.0
