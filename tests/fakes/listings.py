"""What is listed at an exchange: bars as traded, splits and dividends, which fakes send in turn."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"


class Traded(NamedTuple):
    """A day or less as traded: prices and shares of that day."""

    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float | None


NOTHING = Traded(None, None, None, None, None)


@dataclass(frozen=True)
class Listing:
    """A thing that is traded.

    Attributes:
        symbol: as the provider has it.
        days: by date of the exchange.
        within: by interval and instant, bars within days.
        splits: new shares by old ones, by ex-date.
        dividends: cash a share of that day, by ex-date; several of one day.
    """

    symbol: str
    days: Mapping[date, Traded] = field(default_factory=dict)
    within: Mapping[str, Mapping[datetime, Traded]] = field(default_factory=dict)
    splits: Mapping[date, tuple[int, int]] = field(default_factory=dict)
    dividends: Mapping[date, tuple[float, ...]] = field(default_factory=dict)
    zone: str = "America/New_York"
    currency: str = "USD"
    kind: str = "EQUITY"
    opens: time = time(9, 30)
    closes: time = time(16)

    def shares(self, at: date, known: date) -> float:
        """Shares of a known date that were one share of an earlier one."""
        ratios = [new / old for day, (new, old) in self.splits.items() if at < day <= known]
        return math.prod(ratios)

    def at(self, day: date, clock: time) -> datetime:
        """An instant by the exchange's clock."""
        return datetime.combine(day, clock, ZoneInfo(self.zone))

    def today(self, now: datetime) -> date:
        """The exchange's date."""
        return now.astimezone(ZoneInfo(self.zone)).date()


def apple(first: date, last: date) -> Listing:
    """AAPL as it was traded, as data/sample has it (SOURCES.md there says from where)."""
    with (SAMPLE / "prices.csv").open(encoding="utf-8") as lines:
        days = {
            day: Traded(*(float(row[name]) for name in ("Open", "High", "Low", "Close", "Volume")))
            for row in csv.DictReader(lines)
            if row["Ticker"] == "AAPL" and first <= (day := date.fromisoformat(row["Date"])) <= last
        }
    with (SAMPLE / "corporate_actions.csv").open(encoding="utf-8") as lines:
        actions = [row for row in csv.DictReader(lines) if row["ticker"] == "AAPL"]
    values = {(date.fromisoformat(row["ex_date"]), row["kind"]): row["value"] for row in actions}
    splits = {day: (int(float(value)), 1) for (day, kind), value in values.items()
              if kind == "split" and first <= day <= last}  # fmt: skip
    dividends = {day: (float(value),) for (day, kind), value in values.items()
                 if kind == "dividend" and first <= day <= last}  # fmt: skip
    return Listing("AAPL", days, splits=splits, dividends=dividends)
