"""Names of which nothing could be had, and when to stop asking for further ones."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tidemark.errors import BadValue, printable
from tidemark.fetching.errors import FetchError, SpentError
from tidemark.naming import counted
from tidemark.providers.contract import PayloadError, RefusedError

State = Literal["fresh", "partial", "stale", "blocked"]
SHOWN = 8  # names in one message
LONGEST = 400  # of what is told of one
SILENT = 4  # names in a row of which nothing came at all: the provider is down
ODD = 5  # names in a row of which no data came: a proxy or a login stands before the provider
NO_KEY = 401
NAMED = "correct its name, or take it off the list"


@dataclass(frozen=True)
class Failure:
    """One name of which nothing came.

    Attributes:
        name: of the ticker or series.
        problem: why, without a key.
        kept: the file with what is no data.
        passing: whether it may come at the next fetch.
        error: what said so.
    """

    name: str
    problem: str
    kept: Path | None = None
    passing: bool = False
    error: Exception | None = None

    @property
    def told(self) -> str:
        """Name, problem and cure."""
        words = f"{self.name}: {printable(self.problem, LONGEST)}"
        if self.kept:
            return f"{words} (what came is in {self.kept}; if there is no such thing, {NAMED})"
        return words if self.passing or isinstance(self.error, BadValue) else f"{words} ({NAMED})"


class Failures:
    """All of them, in their order.

    Attributes:
        of_all: whether asking for further names is of no use now.
    """

    def __init__(self) -> None:
        self._all: list[Failure] = []
        self._silent = self._odd = 0
        self.of_all = False

    def __len__(self) -> int:
        return len(self._all)

    def add(self, failure: Failure) -> None:
        """One more."""
        self._all.append(failure)
        error = failure.error
        self._silent = self._silent + 1 if isinstance(error, FetchError) else 0
        is_odd = isinstance(error, PayloadError) and not isinstance(error, RefusedError)
        self._odd = self._odd + 1 if is_odd else 0
        no_key = isinstance(error, RefusedError) and error.status == NO_KEY
        spent = isinstance(error, SpentError)
        self.of_all |= no_key or spent or self._silent >= SILENT or self._odd >= ODD

    def went_well(self) -> None:
        """Something came of a name."""
        self._silent = self._odd = 0

    def raise_what_a_person_must_mend(self) -> None:
        """Let the first error of the configuration pass, if there is one."""
        for failure in self._all:
            if isinstance(failure.error, BadValue):
                raise failure.error

    @property
    def names(self) -> list[str]:
        """Whose they are."""
        return [failure.name for failure in self._all]

    @property
    def for_good(self) -> list[str]:
        """Whose they are of which a later fetch brings nothing either, unless somebody does."""
        return [failure.name for failure in self._all if not failure.passing]

    @property
    def kept(self) -> Path | None:
        """The first file with what is no data."""
        return next((failure.kept for failure in self._all if failure.kept), None)

    @property
    def state(self) -> State:
        """That of a source of which nothing else came."""
        return "blocked" if self.for_good else "stale"

    def told(self, asked: int) -> str:
        """Each that failed, of so many that were asked for, with why and what to do."""
        words = "; ".join(failure.told for failure in self._all[:SHOWN])
        more = len(self._all) - SHOWN
        rest = f"; and {counted(more, 'more')}" if more > 0 else ""
        of = f"{len(self._all)} of {asked} failed: " if asked > 1 else ""
        return f"{of}{words}{rest}"
