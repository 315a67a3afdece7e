"""Ranks of momentum."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tidemark.bounds import Window
from tidemark.features.families.momentum import Momentum
from tidemark.features.feature import CrossSection, Market
from tidemark.features.ranks import centred

if TYPE_CHECKING:
    from tidemark.arrays import Floats


@dataclass(frozen=True, kw_only=True)
class MomentumRank(CrossSection):
    """The rank of a ticker's momentum among all tickers of the bar.

    Jegadeesh and Titman (1993), Returns to buying winners and selling losers: implications for
    stock market efficiency, Journal of Finance 48.

    Attributes:
        window: bars of the momentum.
    """

    name: ClassVar[str] = "momentum_rank_{window}"
    needs: ClassVar[tuple[str, ...]] = Momentum.needs
    window: Window = 63

    def formula(self) -> str:
        """Of the momentum's."""
        return f"centred rank of ({Momentum(window=self.window).formula()}) among tickers"

    def values(self, market: Market) -> "Floats":
        """Where the ticker has a momentum."""
        return centred(market.each(Momentum(window=self.window).values))
