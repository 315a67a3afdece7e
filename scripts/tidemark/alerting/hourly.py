"""At most one message an hour for each cause and channel, whichever processes send them.

`artifacts/.alerted` has, for each that was sent within the hour, when that was (seconds since 1970)
and how many were held back since. It may be lost: then a message comes once more.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tidemark.files import locks, store
from tidemark.project import Tree

FILE = Path("artifacts/.alerted")
HOUR = 3600.0
T = TypeVar("T")
_Sent = dict[str, tuple[float, int]]


def claim(tree: Tree, key: str, now: float) -> int | None:
    """Take the hour's message for oneself.

    Args:
        key: of channel and cause.
        now: seconds since 1970.

    Returns:
        How many were held back since the message before; None if this one must be, too.
    """

    def take(sent: _Sent) -> int | None:
        then, held_back = sent.get(key, (None, 0))
        if then is not None and 0 <= now - then < HOUR:
            sent[key] = then, held_back + 1
            return None
        for old in [old for old, (at, _) in sent.items() if not 0 <= now - at < 2 * HOUR]:
            del sent[old]
        sent[key] = now, 0
        return held_back

    return _changed(tree, take)


def give_back(tree: Tree, key: str) -> None:
    """Let the next one try, because this message did not arrive."""
    _changed(tree, lambda sent: sent.pop(key, None))


def _changed(tree: Tree, change: Callable[[_Sent], T]) -> T:
    """Change the file while nobody else does. Where it cannot be written, all is sent."""
    try:
        with locks.held(tree, FILE.name, lambda _: None):
            sent = _read(tree)
            outcome = change(sent)
            store.write_atomic(tree / FILE, store.json_bytes(sent))
            return outcome
    except OSError:
        return change({})


def _read(tree: Tree) -> _Sent:
    try:
        kept = json.loads(store.read_file(tree / FILE))
        return {str(key): (float(at), int(count)) for key, (at, count) in kept.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError, RecursionError):
        return {}
