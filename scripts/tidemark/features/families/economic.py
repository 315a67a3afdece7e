"""Economic series."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from tidemark.bounds import Name
from tidemark.features.feature import OwnTicker

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Economic(OwnTicker):
    """The value of an economic series that was known at the bar, in the series' own unit.

    Fama and French (1989), Business conditions and expected returns on stocks and bonds, Journal of
    Financial Economics 25.

    Attributes:
        column: of a source under fetch_data.economic.
    """

    name: ClassVar[str] = "{column}"
    needs: ClassVar[tuple[str, ...]] = ("{column}",)
    column: Name

    def formula(self) -> str:
        """The value as it is."""
        return f"{self.column} as known at t"

    def values(self, bars: "pd.DataFrame") -> "pd.Series":
        """The column."""
        return bars[self.column].astype("float64")
