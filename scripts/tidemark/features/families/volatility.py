"""Volatility of returns."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tidemark.bounds import Window
from tidemark.features.feature import OwnTicker

if TYPE_CHECKING:
    import pandas as pd

NO_SPREAD = 1e-12  # of equal returns, whose deviation is 0; what pandas sums leaves up to 1e-9


@dataclass(frozen=True, kw_only=True)
class Volatility(OwnTicker):
    """The sample standard deviation of returns in a window, for one bar.

    A window with an unknown return has none, so its row belongs to the warm-up, whatever other
    features of the window are. Ang, Hodrick, Xing and Zhang (2006), The cross-section of volatility
    and expected returns, Journal of Finance 61.

    Attributes:
        window: returns, the last one being this bar's.
    """

    name: ClassVar[str] = "volatility_{window}"
    needs: ClassVar[tuple[str, ...]] = ("return_treated",)
    window: Window = 21

    def formula(self) -> str:
        """With one degree of freedom less."""
        return f"std(return_treated[t-{self.window - 1}..t], ddof=1)"

    def values(self, bars: "pd.DataFrame") -> "pd.Series":
        """From the first full window on."""
        within = bars["return_treated"].rolling(self.window)
        return within.std(ddof=1).mask(within.max() - within.min() <= NO_SPREAD, 0.0)
