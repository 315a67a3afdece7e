"""Reading again after a failure that may pass."""

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
    """Return what `read()` returns, and try again after each OSError that waiting may mend.

    Args:
        read: what to try.
        attempts: how many more tries follow if the first one fails.
        first_wait_seconds: seconds before the second try; each later wait is twice as long.
        sleep: waits for so many seconds; tests replace it.
        before_wait: called with each error and the seconds until the next try.

    Raises:
        OSError: the last try failed, or any try in a way that waiting cannot mend.
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
