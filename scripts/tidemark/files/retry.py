"""Reading again when reading failed for a reason that may pass."""

import time
from collections.abc import Callable
from typing import TypeVar

from tidemark.files.store import UnfitFileError

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential

T = TypeVar("T")

LASTING = (
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
    UnfitFileError,
)


def read(
    read: Callable[[], T],
    attempts: int,
    first_wait_seconds: float,
    *,
    sleep: Callable[[float], None] = time.sleep,
    before_wait: Callable[[OSError, float], None] = lambda error, seconds: None,
) -> T:
    """What `read()` returns, tried again after each OSError that waiting may mend.

    Args:
        read: the attempt.
        attempts: how many further tries a failed first one gets.
        first_wait_seconds: before the second try; each later wait is twice as long.
        sleep: the clock, for tests.
        before_wait: told of each error and of the seconds until the next try.

    Raises:
        OSError: the last attempt's, or at once one that waiting cannot mend.
    """

    def tell(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, OSError) and state.next_action:
            before_wait(error, state.next_action.sleep)

    retrying = Retrying(
        retry=retry_if_exception(_may_pass),
        stop=stop_after_attempt(attempts + 1),
        wait=wait_exponential(multiplier=first_wait_seconds),
        sleep=sleep,
        before_sleep=tell,
        reraise=True,
    )
    return retrying(read)


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, OSError) and not isinstance(error, LASTING)
