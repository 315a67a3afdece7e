"""Ranks of volatility."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tidemark.bounds import Window
from tidemark.features.families.volatility import Volatility
from tidemark.features.feature import CrossSection, Market
from tidemark.features.ranks import centred

if TYPE_CHECKING:
    from tidemark.arrays import Floats


@dataclass(frozen=True, kw_only=True)
class VolatilityRank(CrossSection):
    """The rank of a ticker's volatility among all tickers of the bar.

    Ang, Hodrick, Xing and Zhang (2006), The cross-section of volatility and expected returns,
    Journal of Finance 61.

    Attributes:
        window: returns of the volatility.
    """

    name: ClassVar[str] = "volatility_rank_{window}"
    needs: ClassVar[tuple[str, ...]] = Volatility.needs
    window: Window = 63

    def formula(self) -> str:
        """Of the volatility's."""
        return f"centred rank of ({Volatility(window=self.window).formula()}) among tickers"

    def values(self, market: Market) -> "Floats":
        """Where the ticker has a volatility."""
        return centred(market.each(Volatility(window=self.window).values))
