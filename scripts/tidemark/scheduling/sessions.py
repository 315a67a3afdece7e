"""Which sessions of an exchange are over and not done yet, by its own calendar and zone.

The machine's zone plays no part.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from tidemark.bars import trading_calendar

LOOK_BACK = timedelta(days=14)  # longer than exchanges close over holidays
EVERY_DAY = "24/7"


@dataclass(frozen=True)
class Due:
    """What is to be done at an instant.

    Attributes:
        missed: sessions that are over and not done, oldest first.
        last: the last session that is over; None if there was none within two weeks.
        today: the day that it is at the exchange.
        is_session: whether that day is a session.
        closes: when that session is over, UTC; None if it is over, or is none.
    """

    missed: tuple[date, ...]
    last: date | None
    today: date
    is_session: bool
    closes: datetime | None


def due(
    exchange: str | None,
    now: datetime,
    done: date | None,
    extra: Collection[str] = (),
    closed: Collection[str] = (),
) -> Due:
    """What an exchange's sessions leave to be done.

    Args:
        exchange: as `trading_calendar.held` takes it; None: every day is a session, in UTC.
        now: an instant, with its zone.
        done: the last session that was done. If none ever was, only the last one is missed, as the
            first run brings those before it, too.
        extra: days of sessions that the calendar lacks, as ISO dates.
        closed: days on which none was held, as ISO dates.

    Raises:
        BadValue: `calendar`, if the exchange is unknown, or its calendar does not reach that far.
    """
    instant = now.astimezone(UTC).replace(tzinfo=None)
    first = instant - LOOK_BACK
    if done is not None:
        first = min(first, datetime.combine(done, time()))
    held = trading_calendar.held(exchange or EVERY_DAY, first, instant, extra, closed)
    times = held.sessions["close"].sort_index()
    closes = {day.date(): close.to_pydatetime() for day, close in times.items()}
    over = [day for day, close in closes.items() if close <= instant]
    missed = over[-1:] if done is None else [day for day in over if day > done]
    today = now.astimezone(held.zone).date()
    close = closes.get(today)
    return Due(
        tuple(missed),
        over[-1] if over else None,
        today,
        close is not None,
        close.replace(tzinfo=UTC) if close is not None and close > instant else None,
    )
