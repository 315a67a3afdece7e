"""A time of day in one zone, as another zone's clock shows it through the year."""

from datetime import datetime, time, timedelta, tzinfo

YEAR = 366  # days, which have every change of clocks


def local_times(at: time, zone: tzinfo, local: tzinfo | None, now: datetime) -> list[time]:
    """Each time that `local`'s clock shows within a year when it is `at` in `zone`.

    Args:
        local: None for the machine's own zone.
        now: from when on.
    """
    first = now.astimezone(zone).date()
    days = (first + timedelta(days=number) for number in range(YEAR))
    moments = (datetime.combine(day, at, zone) for day in days)
    return sorted({moment.astimezone(local).time() for moment in moments})
