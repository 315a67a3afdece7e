"""Which features and which target."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from tidemark.bounds import DISTINCT, MOST_BARS, Bars, Count, Name

from annotated_types import Ge, Le, Len, MaxLen


@dataclass(frozen=True, kw_only=True)
class FeatureEngineering:
    """Lags, windows and the target's horizon, in bars."""

    horizon: Count = 1
    lags: Annotated[Sequence[Bars], MaxLen(1000), DISTINCT]
    windows: Annotated[Sequence[Annotated[int, Ge(2), Le(MOST_BARS)]], MaxLen(1000), DISTINCT]
    economic: Sequence[Name] = ()
    term_spread: Annotated[Sequence[Name], Len(2, 2)] | None = None
