"""Which features and which target."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from tidemark.bounds import DISTINCT, MOST_BARS, Bars, Count, Name

from annotated_types import Ge, Le, Len, MaxLen


@dataclass(frozen=True, kw_only=True)
class FeatureEngineering:
    """Lags, windows and the target's horizon, in bars.

    Attributes:
        horizon: bars ahead that the target return looks.
        lags: bars back of each lagged return, 0 for the bar's own.
        windows: lengths of the rolling windows.
        economic: columns of economic series to use.
        term_spread: (long, short) columns whose difference is a feature; null for no such feature.
    """

    horizon: Count = 1
    lags: Annotated[Sequence[Bars], MaxLen(1000), DISTINCT]
    windows: Annotated[Sequence[Annotated[int, Ge(2), Le(MOST_BARS)]], MaxLen(1000), DISTINCT]
    economic: Annotated[Sequence[Name], DISTINCT] = ()
    term_spread: Annotated[Sequence[Name], Len(2, 2), DISTINCT] | None = None

    def formulas(self) -> dict[str, str]:
        """Every feature's name, in column order, and how it is computed."""
        lagged = {
            f"return_lag_{k}": f"return_treated[t-{k}]" if k else "return_treated[t]"
            for k in self.lags
        }
        rolling = {
            name: formula
            for w in self.windows
            for name, formula in (
                (f"mean_gap_{w}", f"index[t] / mean(index[t-{w - 1}..t]) - 1"),
                (f"volatility_{w}", f"std(return_treated[t-{w - 1}..t], ddof=1)"),
                (f"momentum_{w}", f"index[t] / index[t-{w}] - 1"),
            )
        }
        economic = {name: f"{name} as known at t" for name in self.economic}
        if self.term_spread is None:
            return lagged | rolling | economic
        long, short = self.term_spread
        return lagged | rolling | economic | {"term_spread": f"{long}[t] - {short}[t]"}
