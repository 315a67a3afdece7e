"""The term spread."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tidemark.bounds import Name
from tidemark.features.feature import OwnTicker

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class TermSpread(OwnTicker):
    """A long yield less a short one, as known at the bar, in their unit.

    Fama and French (1989), Business conditions and expected returns on stocks and bonds, Journal of
    Financial Economics 25.

    Attributes:
        long: column of the yield of long maturity.
        short: column of the yield of short maturity.
    """

    name: ClassVar[str] = "term_spread"
    needs: ClassVar[tuple[str, ...]] = ("{long}", "{short}")
    long: Name
    short: Name

    def formula(self) -> str:
        """The difference."""
        return f"{self.long}[t] - {self.short}[t]"

    def values(self, bars: "pd.DataFrame") -> "pd.Series":
        """Where both are known."""
        return (bars[self.long] - bars[self.short]).astype("float64")
