"""Distance from the mean."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tidemark.bounds import Window
from tidemark.features.feature import OwnTicker

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class MeanGap(OwnTicker):
    """How far the price index is above its mean over a window, as a fraction.

    Brock, Lakonishok and LeBaron (1992), Simple technical trading rules and the stochastic
    properties of stock returns, Journal of Finance 47.

    Attributes:
        window: bars of the mean, the last one being this bar.
    """

    name: ClassVar[str] = "mean_gap_{window}"
    needs: ClassVar[tuple[str, ...]] = ("treated_index",)
    window: Window = 21

    def formula(self) -> str:
        """The index over its mean."""
        return f"index[t] / mean(index[t-{self.window - 1}..t]) - 1"

    def values(self, bars: "pd.DataFrame") -> "pd.Series":
        """From the first full window on."""
        return bars["treated_index"] / bars["treated_index"].rolling(self.window).mean() - 1.0
