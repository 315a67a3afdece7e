"""Signed volume."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tidemark.bounds import Window
from tidemark.features.feature import OwnTicker

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class SignedVolume(OwnTicker):
    """Volume of bars that rose less that of bars that fell, as a share of all in a window.

    From -1 to 1; the change of on-balance volume over the window, made comparable. Undefined where
    nothing was traded in the whole window. Granville (1963), New key to stock market profits.

    Attributes:
        window: bars, the last one being this bar.
    """

    name: ClassVar[str] = "signed_volume_{window}"
    needs: ClassVar[tuple[str, ...]] = ("close", "volume")
    window: Window = 21

    def formula(self) -> str:
        """Sums over the window."""
        reach = f"[t-{self.window - 1}..t]"
        return f"sum((sign(close - close before) * volume){reach}) / sum(volume{reach})"

    def values(self, bars: "pd.DataFrame") -> "pd.Series":
        """From the first window on in which every bar has one before it."""
        import numpy as np

        signed = np.sign(bars["close"].diff()) * bars["volume"]
        traded = bars["volume"].rolling(self.window).sum()
        share: pd.Series = signed.rolling(self.window).sum() / traded
        return share
