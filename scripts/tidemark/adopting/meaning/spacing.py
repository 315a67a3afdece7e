"""How far apart bars are, and where the clocks stand by which their days are told."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

DAY = pd.Timedelta(days=1)
ENOUGH_STEPS = 5  # from bar to bar, to tell what those of one ticker are
# By how bars follow each other, the days between them that are too many; the rest is yearly.
LESS_THAN = {
    "intraday": 0.9,
    "daily": 5.0,
    "weekly": 10.0,
    "monthly": 60.0,
    "quarterly": 135.0,
    "half-yearly": 270.0,
}
BARS = ("intraday", "daily", "weekly")  # that a configuration tells apart; monthly is the rest
# Where markets keep their clocks; UTC is tried before them.
ZONES = (
    "America/New_York",
    "Europe/London",
    "Europe/Berlin",
    "Asia/Tokyo",
    "Asia/Hong_Kong",
    "Asia/Shanghai",
    "Asia/Kolkata",
    "Australia/Sydney",
    "America/Sao_Paulo",
    "Europe/Moscow",
)


def steps(times: pd.Series, series: np.ndarray) -> pd.Series:
    """The time from each bar to the next later one of its series."""
    rows = pd.DataFrame({"series": series, "time": times}).sort_values(["series", "time"])
    step = rows.groupby("series", sort=False)["time"].diff()
    return step[step > pd.Timedelta(0)]


def kind(times: pd.Series, series: np.ndarray) -> str | None:
    """What bars are to a configuration; None if there are too few to tell.

    Args:
        times: row for row.
        series: row for row, the number of the ticker or file that the row belongs to.
    """
    step = steps(times, series)
    if step.empty:
        return None
    pace = pace_of(step.median())
    return pace if pace in BARS else "monthly"


def of_another_pace(times: pd.Series, series: np.ndarray, pace: str) -> dict[str, np.ndarray]:
    """By how bars follow each other, the series of another pace than most bars have."""
    step = steps(times, series)
    usual = step.groupby(series[step.index]).agg(["median", "size"])
    paces = usual.loc[usual["size"] >= ENOUGH_STEPS, "median"].map(pace_of)
    return {other: paces.index[paces == other].to_numpy() for other in {*paces} - {pace}}


def pace_of(step: pd.Timedelta) -> str:
    """How bars follow each other that are so far apart, from intraday to yearly."""
    return next((pace for pace, most in LESS_THAN.items() if step / DAY < most), "yearly")


def shown(step: pd.Timedelta) -> str:
    """A time between bars in words: `1 day`, `30 minutes`."""
    for unit, size in (("day", DAY), ("hour", DAY / 24), ("minute", DAY / 1440)):
        if step >= size:
            number = step / size
            return f"{number:.3g} {unit}" + ("" if number == 1 else "s")
    return f"{step.total_seconds():.3g} seconds"


def turns(times: pd.Series, series: np.ndarray) -> bool:
    """Whether time goes both ways within a series, so that no step would read it."""
    step = times.groupby(series, sort=False).diff()
    back = pd.Series(step < pd.Timedelta(0)).groupby(series).any()
    forth = pd.Series(step > pd.Timedelta(0)).groupby(series).any()
    return bool((back & forth).any())


def neighbours(times: pd.Series, series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows of bars and, pair by pair, those of the bars after them in their series."""
    order = np.lexsort((times.to_numpy(), series))
    together = series[order[:-1]] == series[order[1:]]
    return order[:-1][together], order[1:][together]


def days_apart(times: pd.Series) -> np.ndarray:
    """The days between the distinct dates, in order."""
    return np.diff(np.sort(times.dt.normalize().unique())) / np.timedelta64(1, "D")


def falls_on_weekends(times: pd.Series) -> bool:
    """Whether any bar is on a Saturday or Sunday."""
    return bool((times.dt.day_of_week >= 5).any())


def has_weekends(times: pd.Series) -> bool:
    """Whether Saturdays or Sundays have more than a stray bar."""
    return bool((times.dt.day_of_week >= 5).mean() > 0.02)


def at_midnight(times: pd.Series) -> bool:
    """Whether all stamps are days."""
    return bool((times == times.dt.normalize()).all())


def in_zone(times: pd.Series, zone: str) -> pd.Series:
    """UTC times as the clocks of a zone show them."""
    return times.dt.tz_localize("UTC").dt.tz_convert(ZoneInfo(zone)).dt.tz_localize(None)


def zones_of_days(times: pd.Series) -> Iterator[str]:
    """The zones in which every one of these UTC times is at one hour, UTC first."""
    for zone in ("UTC", *ZONES):
        there = in_zone(times, zone)
        hours = there - there.dt.normalize()
        if (hours == hours.iloc[0]).all():
            yield zone
