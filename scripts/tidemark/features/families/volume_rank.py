"""Ranks of the value traded."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tidemark.bounds import Window
from tidemark.features.feature import CrossSection, Market
from tidemark.features.ranks import centred

if TYPE_CHECKING:
    from tidemark.arrays import Floats


@dataclass(frozen=True, kw_only=True)
class VolumeRank(CrossSection):
    """The rank of what was traded of a ticker in a window, in money, among all tickers of the bar.

    Numbers of shares do not compare, their value at the close does. Brennan, Chordia and
    Subrahmanyam (1998), Alternative factor specifications, security characteristics, and the
    cross-section of expected stock returns, Journal of Financial Economics 49.

    Attributes:
        window: bars, the last one being this bar.
    """

    name: ClassVar[str] = "volume_rank_{window}"
    needs: ClassVar[tuple[str, ...]] = ("close", "volume")
    window: Window = 63

    def formula(self) -> str:
        """Of the mean value."""
        return f"centred rank of (mean((close * volume)[t-{self.window - 1}..t])) among tickers"

    def values(self, market: Market) -> "Floats":
        """From the first full window on."""
        return centred(
            market.each(lambda bars: (bars["close"] * bars["volume"]).rolling(self.window).mean())
        )
