"""The time, and waiting for it; tests bring their own."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Clock:
    """Seconds since 1970, as all processes of a machine count them, and what waits so many."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def utc(self) -> datetime:
        """The time as a date."""
        return datetime.fromtimestamp(self.now(), UTC)
