"""The sessions of an exchange."""

from datetime import datetime

from tidemark.errors import InputError

import exchange_calendars
import pandas as pd

WHERE = "config.yaml: validate_schema.calendar"


def sessions(exchange: str, first: datetime, last: datetime) -> pd.DataFrame:
    """Open and close of each session from the day before `first` to the day after `last`.

    Args:
        exchange: ISO 10383 code such as XNYS, or another name that exchange_calendars knows.
        first: earliest naive UTC time to cover.
        last: latest.

    Returns:
        `open` and `close` in naive UTC, indexed by the session's day at midnight.

    Raises:
        InputError: the exchange is unknown, or its calendar does not reach so far.
    """
    day = pd.Timedelta(days=1)
    start, end = pd.Timestamp(first).normalize() - day, pd.Timestamp(last).normalize() + day
    try:
        calendar = exchange_calendars.get_calendar(exchange, start=start, end=end)
    except exchange_calendars.errors.InvalidCalendarName as error:
        raise InputError(
            WHERE,
            f"unknown exchange calendar {exchange!r}",
            "use a code such as XNYS, XLON or 24/7, or null to leave sessions unchecked",
        ) from error
    except ValueError as error:
        problem = " ".join(str(error).split()).rstrip(".")
        raise InputError(WHERE, problem, "use another calendar, or null") from error
    hours = {side: calendar.schedule[side].dt.tz_convert(None) for side in ("open", "close")}
    return pd.DataFrame(hours).astype("datetime64[us]")
