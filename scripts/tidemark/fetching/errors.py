"""Why nothing came of an attempt to fetch."""

from collections.abc import Callable


class FetchError(Exception):
    """A provider gave nothing, and what is stored must do.

    `where` is the address without what stands after `?`, `problem` says what is wrong, `cure` what
    to do. None of them holds a key.
    """

    def __init__(self, where: str, problem: str, cure: str) -> None:
        super().__init__(where, problem, cure)
        self.where = where
        self.problem = problem
        self.cure = cure

    def hide(self, without: Callable[[str], str]) -> None:
        """Take out of it what `without` takes out of a text."""
        self.where, self.problem = without(self.where), without(self.problem)
        self.args = (self.where, self.problem, self.cure)

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}. Cure: {self.cure}"


class PassingError(FetchError):
    """What may have passed at the next try.

    `wait` is for how many seconds the provider wants to be left alone; None if it does not say.
    """

    def __init__(self, where: str, problem: str, wait: float | None = None) -> None:
        super().__init__(where, problem, "try again later")
        self.wait = wait


class SpentError(FetchError):
    """All requests that the provider takes in this month were made."""


class TooLargeError(FetchError):
    """A body has more bytes than `fetch.largest_body_megabytes` allows."""
