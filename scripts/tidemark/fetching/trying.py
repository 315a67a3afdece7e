"""Trying again what may pass, later each time, and never sooner than the provider wants."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tidemark.fetching.clock import Clock
from tidemark.fetching.errors import PassingError
from tidemark.providers.contract import PayloadError

T = TypeVar("T")
Troubles = PassingError | PayloadError


@dataclass(frozen=True)
class Patience:
    """How often something is tried, and how long is waited in between.

    The wait before try n + 1 is between half and all of `first` times 2 to the power of n - 1, so
    that processes that were refused together do not come back together; at most `longest`.
    """

    tries: int
    first: float
    longest: float
    chance: Callable[[], float] = random.random

    def waits(self) -> Iterator[float]:
        """Seconds before each further try."""
        for number in range(self.tries - 1):
            backoff = min(self.first * 2.0**number, self.longest)
            yield backoff * (1 + self.chance()) / 2


def again(
    attempt: Callable[[], T],
    patience: Patience,
    clock: Clock,
    before_wait: Callable[[Troubles, float], object] = lambda error, seconds: None,
) -> T:
    """Return what `attempt()` returns, and try again after whatever may pass.

    Raises:
        PassingError: the last try failed, or the provider wants to be left alone for longer than
            the longest wait.
        PayloadError: the last try brought something else than data, or any one did for good.
    """
    for wait in patience.waits():
        try:
            return attempt()
        except PayloadError as error:
            if error.lasting:
                raise
            trouble: Troubles = error
        except PassingError as error:
            if error.wait is not None and error.wait > patience.longest:
                raise
            wait = max(wait, error.wait or 0.0)
            trouble = error
        before_wait(trouble, wait)
        clock.sleep(wait)
    return attempt()


def seconds_until_welcome(headers: Mapping[str, str], now: datetime) -> float | None:
    """What Retry-After says, in seconds from now; None if it is absent or says nothing.

    It is a number of seconds or a date (RFC 9110, section 10.2.3). A date counts from the time in
    the header Date, which is by the same clock; without that, from `now`. Names of headers are in
    lower case.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    moment = _moment(text)
    if moment is None:
        return None
    return max((moment - (_moment(headers.get("date", "")) or now)).total_seconds(), 0.0)


def _moment(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
