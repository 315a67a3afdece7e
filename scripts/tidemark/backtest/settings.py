"""How strategies trade, and which are tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from tidemark.bounds import AnnualRate, ClockTime, Name, TimeZone
from tidemark.market.settings import Forecasts

from annotated_types import Ge, Lt, MinLen

STRATEGIES = "scripts/tidemark/backtest/strategies"  # the folder of their files
BENCHMARK = "benchmark"  # the category that is not ranked

BasisPoints = Annotated[float, Ge(0), Lt(10_000)]


@dataclass(frozen=True)
class TradingHours:
    """When fills may happen, in the time zone of the exchange.

    Attributes:
        start: first minute.
        end: last minute; before `start` for hours that cross midnight.
        time_zone: of the exchange.
    """

    start: ClockTime
    end: ClockTime
    time_zone: TimeZone


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """How targets are traded.

    Attributes:
        fill: when a target decided at a close is filled; null: at the next open if there are opens,
            else at the next close.
        cost_basis_points: share of each fill's value.
        slippage_basis_points: share by which a fill's price is worse.
        direction: with long_only, targets below 0 are flat.
        cash_rate: what cash earns in a year.
        trading_hours: when fills of intraday bars may happen; null: always.
    """

    fill: Literal["next_open", "next_close"] | None = None
    cost_basis_points: BasisPoints = 5.0
    slippage_basis_points: BasisPoints = 5.0
    direction: Literal["long_only", "long_short"] = "long_short"
    cash_rate: AnnualRate = 0.0
    trading_hours: TradingHours | None = None


@dataclass(frozen=True)
class Strategy:
    """A strategy with lists of values for its parameters: every combination is tried.

    Attributes:
        strategy: the name of its file in scripts/tidemark/backtest/strategies/.
        parameters: lists of values; a parameter that is left out has its default.
        forecasts: whose forecasts it trades, if it trades any.
    """

    strategy: Name
    parameters: Mapping[Name, Annotated[Sequence[Any], MinLen(1)]] = field(default_factory=dict)
    forecasts: Forecasts | None = None
