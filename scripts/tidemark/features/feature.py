"""What a feature is: a value for each bar, of its ticker's own bars or of all tickers at once.

A kind of feature is a class with parameters as fields; each set of values gives one column. What it
computes from it names in `needs`, and gets nothing else:

- `open`, `high`, `low`, `close`: adjusted alike for splits and dividends; `volume`: the other way,
  so that close times volume is what was traded. A later split multiplies all of a ticker's earlier
  ones by one number, so only their ratios say something;
- `return`, `return_treated`: since the bar before, as fractions, the latter with outliers treated;
- `treated_index`: the cumulative product of 1 + return_treated since the stretch began;
- `imputed`: whether the adjusted close was filled;
- the columns of economic series, as known at the bar.

A *stretch* is a ticker's bars without a hole between them. No feature reaches from one into
another, since each is computed of one stretch at a time.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from tidemark.ohlcv import OHLCV

if TYPE_CHECKING:
    from tidemark.arrays import Floats, Times

    import pandas as pd

# The columns that there are whatever the economic series.
COLUMNS = (*OHLCV, "treated_index", "return", "return_treated", "imputed")

OfStretch = Callable[["pd.DataFrame"], "pd.Series"]


class Market(Protocol):
    """All tickers' bars, (bars, tickers); NaN where a ticker has no bar."""

    timestamp: "Times"
    ticker: tuple[str, ...]

    def __getitem__(self, column: str) -> "Floats":
        """(bars, tickers) of a column that the feature needs."""

    def each(self, values: OfStretch) -> "Floats":
        """(bars, tickers) of what is computed of each stretch by itself.

        Args:
            values: from a stretch, with the columns that the feature needs, to one value a bar.
        """


@dataclass(frozen=True, kw_only=True)
class Feature(ABC):
    """One column of features; the fields of a kind are its parameters.

    A kind has, beside its function `values`:

    - `name`: of the column, with parameters in braces;
    - `needs`: the columns that it is computed from, in the same form;
    - `formula()`: how, for these parameters, with t for the bar.
    """

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]
    cross_sectional: ClassVar[bool] = False  # whether tickers are compared with each other

    @abstractmethod
    def formula(self) -> str:
        """How it is computed; t is the bar."""

    def parameters(self) -> dict[str, Any]:
        """By name, with their values."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def label(self) -> str:
        """The name of its column."""
        return self.name.format(**self.parameters())

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns that it is computed from."""
        return tuple(need.format(**self.parameters()) for need in self.needs)


@dataclass(frozen=True, kw_only=True)
class OwnTicker(Feature):
    """A feature of a ticker's own bars."""

    @abstractmethod
    def values(self, bars: "pd.DataFrame") -> "pd.Series":
        """One value a bar of a stretch, NaN where undefined; none may depend on a later bar."""


@dataclass(frozen=True, kw_only=True)
class CrossSection(Feature):
    """A feature that compares tickers with each other, on the same bar or earlier ones."""

    cross_sectional: ClassVar[bool] = True

    @abstractmethod
    def values(self, market: Market) -> "Floats":
        """(bars, tickers), NaN where undefined; no row may depend on a later one."""
