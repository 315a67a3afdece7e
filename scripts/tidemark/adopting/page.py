"""What people read of what was found out: conclusions, questions with commands, what comes next."""

import shlex
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from tidemark.adopting.conclusions import Conclusion, Question, Sureness

WIDTH = 110
COLUMN = 14
AT_MOST = 2  # questions at a time


def conclusions(found: Sequence[Conclusion]) -> str:
    """A paragraph for each: about what, what is so, from what, and how sure, if not certain."""
    return "\n".join(line for one in found for line in _conclusion(one))


def _conclusion(one: Conclusion) -> Iterator[str]:
    sure = "" if one.sureness is Sureness.CERTAIN else f"{one.sureness}: "
    because = f" ({sure}{one.because})" if one.because or sure else ""
    yield _hanging(one.about, f"{one.found}{because}")


def _hanging(about: str, words: str) -> str:
    wrapped = textwrap.wrap(words, WIDTH - COLUMN - 4, break_on_hyphens=False) or [""]
    first, *rest = wrapped
    return "\n".join([f"  {about:<{COLUMN}}{first}", *(f"  {'':<{COLUMN}}{line}" for line in rest)])


def questions(asked: Sequence[Question], given: Mapping[str, str]) -> str:
    """The first of the questions, each with the commands that answer it."""
    shown = asked[:AT_MOST]
    more = len(asked) - len(shown)
    lines = []
    for one in shown:
        lines.append(textwrap.fill(f"? {one.words}", WIDTH, subsequent_indent="  "))
        commands = [command({**given, one.name: option.answer}) for option in one.options]
        width = max(map(len, commands), default=0)
        lines += [
            f"    {line:<{width}}  # {option.words}"
            for line, option in zip(commands, one.options, strict=True)
        ]
        lines += [] if one.options else [f"    {command({**given, one.name: '...'})}"]
    lines += [f"  {more} more when these are answered."] if more else []
    return "\n".join(lines)


def command(variables: Mapping[str, str]) -> str:
    """`make adopt FILE=... DATES=...` as a shell takes it."""
    told = (f"{name}={shlex.quote(value)}" for name, value in variables.items())
    return " ".join(["make adopt", *told])
