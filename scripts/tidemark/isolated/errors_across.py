"""Errors on their way from one process to another, as plain data and back."""

import builtins
import contextlib
import json
import traceback
from collections.abc import Callable, Collection, Mapping
from typing import Any

from tidemark.errors import BadValue, InputError

OURS: Mapping[str, type[Exception]] = {"InputError": InputError, "BadValue": BadValue}


class Elsewhere(Exception):
    """The cause of an error that was raised in another process: its traceback, as text."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def told(error: BaseException) -> dict[str, Any]:
    """An error as a message."""
    return {
        "is": "raised",
        "kind": type(error).__name__,
        "ours": type(error) in OURS.values(),
        "args": list(error.args) if _plain(error.args) else [words(error)],
        "trace": _text(lambda: "".join(traceback.format_exception(error))),
    }


def words(error: BaseException) -> str:
    """What an error says of itself, whatever its class does when it is asked."""
    return _text(lambda: str(error))


def of_code(
    file: str, who: str, error: BaseException, sources: Collection[str], logged: bool = True
) -> InputError:
    """The error of a user's file whose code raised one, with the last of its lines on the way.

    Args:
        file: for the message.
        who: what raised it, such as the name of a feature.
        error: what was raised.
        sources: paths that Python may have for the file.
        logged: whether it is raised in a step, whose log then has the traceback of its cause.
    """
    said = words(error).partition("\n")[0].rstrip(".")
    frames = traceback.walk_tb(error.__traceback__)
    lines = [line for frame, line in frames if frame.f_code.co_filename in sources]
    return InputError(
        ":".join([file, *map(str, lines[-1:])]),
        f"{who} raises {type(error).__name__}{said and f': {said}'}",
        "mend it; the traceback is in logs/pipeline.log" if logged else "mend it",
    )


def _text(say: Callable[[], str]) -> str:
    try:
        return say()
    except Exception as again:
        return f"its words cannot be had ({type(again).__name__})"


def _plain(args: tuple[Any, ...]) -> bool:
    try:
        json.dumps(args)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def raised(message: Mapping[str, Any], where: str) -> Exception:
    """The error in a message, of the same kind and words; its cause holds the traceback.

    An error that would end a process, such as SystemExit, is an InputError `where` it was raised.
    """
    kind, args = str(message["kind"]), list(message["args"])
    ours = OURS.get(kind) if message["ours"] else None
    error = ours(*map(str, args)) if ours else _rebuilt(kind, args, where)
    error.__cause__ = Elsewhere(str(message["trace"]))
    return error


def _rebuilt(kind: str, args: list[Any], where: str) -> Exception:
    known = getattr(builtins, kind, None)
    if isinstance(known, type) and issubclass(known, Exception):
        with contextlib.suppress(TypeError, ValueError):  # it may take what is not plain
            return known(*args)
    elif isinstance(known, type) and issubclass(known, BaseException):
        return InputError(where, f"it ends its own process ({kind})", "return instead")
    unknown: type[Exception] = type(kind, (Exception,), {})
    return unknown(*args)
