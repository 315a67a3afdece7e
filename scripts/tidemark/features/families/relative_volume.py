"""Relative volume."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tidemark.bounds import Window
from tidemark.features.feature import OwnTicker

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class RelativeVolume(OwnTicker):
    """Volume over its mean in a window: 1 is usual.

    Undefined where nothing was traded in the whole window. Gervais, Kaniel and Mingelgrin (2001),
    The high-volume return premium, Journal of Finance 56.

    Attributes:
        window: bars of the mean, the last one being this bar.
    """

    name: ClassVar[str] = "relative_volume_{window}"
    needs: ClassVar[tuple[str, ...]] = ("volume",)
    window: Window = 21

    def formula(self) -> str:
        """The volume over its mean."""
        return f"volume[t] / mean(volume[t-{self.window - 1}..t])"

    def values(self, bars: "pd.DataFrame") -> "pd.Series":
        """From the first full window on."""
        return bars["volume"] / bars["volume"].rolling(self.window).mean()
