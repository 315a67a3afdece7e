"""Why a step must run: a value; words come last."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique


@unique  # else two causes with the same words would be one
class Cause(StrEnum):
    """What can be a reason, each with its words for people."""

    NEVER_RAN = "never ran"
    CHECKPOINT_UNREADABLE = "its checkpoint cannot be read"
    CHECKPOINT_OLDER = "its checkpoint is of an older version"
    PROVISIONAL = "provisional: {subject}"
    LIBRARY = "library {subject}"
    KEY = "config {subject}"
    KEY_GONE = "config {subject} is gone"
    SECTION = "config {subject}: {now}"
    INPUT = "{subject}"
    INPUT_GONE = "{subject} is gone"
    INPUT_APPEARED = "{subject} appeared"
    INPUT_UNREADABLE = "{subject} cannot be read"
    INPUT_REPLACED = "{subject} is not what its step wrote"
    MODULE = "code {subject}"
    MODULE_GONE = "code {subject} is gone"
    OUTPUT_MISSING = "{subject} is missing"
    OUTPUT_EDITED = "{subject} is not what the step wrote"


CHANGES = (Cause.LIBRARY, Cause.KEY, Cause.INPUT)  # that have a value then and now
TELLING = (Cause.LIBRARY, Cause.KEY)  # whose values say something to people; a hash does not


@dataclass(frozen=True)
class Reason:
    """A cause, what it is about, and its value then and now where there is one."""

    cause: Cause
    subject: str = ""
    then: str = ""
    now: str = ""

    def __str__(self) -> str:
        known = self.cause in CHANGES and (self.then or self.now)
        return self._words() + (f" {self.then} -> {self.now}" if known else "")

    def brief(self) -> str:
        """For the terminal."""
        return str(self) if self.cause in TELLING else self._words()

    def _words(self) -> str:
        return self.cause.format(subject=self.subject, now=self.now)


def brief(why: Sequence[Reason]) -> str:
    """The first reason and how many more, or nothing if there is none; a first run needs none."""
    if not why or why[0].cause is Cause.NEVER_RAN:
        return ""
    return why[0].brief() + (f" (+{len(why) - 1} more)" if len(why) > 1 else "")
