"""Keys whose values may hold a secret: no message shows them, and nothing that is shared has them.

Steps' own files of keys in artifacts/.config/ have them, because they are used.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from tidemark.config import view
from tidemark.project import Tree

SECRET = frozenset({"alerts.webhook", "alerts.channels", "mirror.postgres", "store.remote"})
SET = "set"
SHOWN = "[secret]"  # in place of one
SHORTEST = 8  # letters of what may be one; a severity is none


def is_secret(key: str) -> bool:
    """Whether a key may hold a secret, by itself or as a part of one that may."""
    parts = key.split(".")
    return any(".".join(parts[:length]) in SECRET for length in range(1, len(parts) + 1))


def public(key: str, value: Any) -> Any:
    """A value as others may see it: of a secret only whether there is one."""
    return SET if is_secret(key) and value is not None else value


def redacted(tree: Tree, text: str, also: Iterable[str] = ()) -> str:
    """A text without the values of secrets of the configuration, and without those in `also`."""
    files = [path for path in (tree / view.KEYS).iterdir() if is_secret(path.name)]
    values = [*also, *(json.loads(path.read_bytes()) for path in files)]
    for value in sorted({it for found in values for it in _strings(found)}, key=len, reverse=True):
        text = text.replace(value, SHOWN)
    return text


def _strings(value: Any) -> Iterator[str]:
    """Every text in a value that is long enough to be a secret."""
    match value:
        case str() if len(value) >= SHORTEST:
            yield value
        case list():
            for item in value:
                yield from _strings(item)
        case dict():
            for item in value.values():
                yield from _strings(item)


def public_values(tree: Tree) -> dict[str, Any]:
    """Each key that has a value, by its dotted name; not the sections, which list keys.

    Records are shared, and baselines lie in git: of a secret they hold only whether it is set.
    """
    values = {path.name: json.loads(path.read_bytes()) for path in (tree / view.KEYS).iterdir()}
    return {
        key: public(key, values[key]) for key in sorted(values) if not isinstance(values[key], dict)
    }
