"""How bars are cleaned: in all scenarios, and in each."""

from dataclasses import dataclass
from typing import Literal

from tidemark.bounds import Count, Days, Fraction, Positive


@dataclass(frozen=True)
class Preprocess:
    """Settings of all scenarios.

    Attributes:
        min_history: bars of a ticker's past before an outlier bound is trusted.
        longest_hole_days: a longer stretch without a bar is a break, across which nothing reaches.
    """

    min_history: Count = 250
    longest_hole_days: Days = 14


@dataclass(frozen=True)
class NoOutliers:
    """Outliers stay."""

    method: Literal["none"]


@dataclass(frozen=True)
class Winsorise:
    """Returns beyond past quantiles are set to them.

    Attributes:
        lower: quantile, a share.
        upper: quantile above `lower`, a share.
    """

    method: Literal["winsorise"]
    lower: Fraction
    upper: Fraction


@dataclass(frozen=True)
class Iqr:
    """Returns over `factor` interquartile ranges beyond the quartiles are set to that bound.

    Attributes:
        factor: in interquartile ranges.
    """

    method: Literal["iqr"]
    factor: Positive


@dataclass(frozen=True)
class Scenario:
    """One way to preprocess.

    Attributes:
        impute: what of its past a missing value becomes.
        outliers: what is done with outlying returns.
    """

    impute: Literal["mean", "median"]
    outliers: NoOutliers | Winsorise | Iqr
