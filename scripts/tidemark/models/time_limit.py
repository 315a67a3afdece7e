"""How long a fit may take, and what happens then."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from tidemark.isolated import timed
from tidemark.isolated.family import Witness

T = TypeVar("T")
Tell = Callable[[int, int], None]


class NotInTimeError(Exception):
    """A fit took longer than its limit."""


class InTime(Protocol):
    """Does the work that it is given, or raises NotInTimeError.

    The work gets a `Tell`, which it calls with each fit that is done: how many are, of how many.
    """

    def __call__(self, work: Callable[[Tell], T]) -> T:
        """What the work returns."""


def unlimited(work: Callable[[Tell], T]) -> T:
    """Do it here, however long it takes."""
    return work(lambda *_: None)


@dataclass(frozen=True)
class TimeLimit:
    """Do it in a process of its own, which is killed if one fit takes longer than these minutes.

    Attributes:
        minutes: from the start, or from what was told last.
        progress: hears what is told.
        witness: see `isolated`.
    """

    minutes: float
    progress: Tell
    witness: Witness | None = None

    def __call__(self, work: Callable[[Tell], T]) -> T:
        """What the work returns, see `InTime`."""
        try:
            return timed.within(
                60.0 * self.minutes,
                lambda tell: work(lambda *count: tell(count)),
                lambda count: self.progress(*count),
                self.witness,
            )
        except timed.TooLongError:
            limit = "1 minute" if self.minutes == 1 else f"{self.minutes:g} minutes"
            raise NotInTimeError(f"did not end within {limit}") from None
