"""Keys whose values may hold a secret: no message shows them, and nothing that is shared has them.

Steps' own files of keys in artifacts/.config/ have them, because they are used.
"""

import json
from typing import Any

from tidemark.config import view
from tidemark.project import Tree

SECRET = frozenset({"alerts.webhook", "store.remote"})
SET = "set"


def public(key: str, value: Any) -> Any:
    """A value as others may see it: of a secret only whether there is one."""
    return SET if key in SECRET and value is not None else value


def public_values(tree: Tree) -> dict[str, Any]:
    """Each key that has a value, by its dotted name; not the sections, which list keys.

    Records are shared, and baselines lie in git: of a secret they hold only whether it is set.
    """
    values = {path.name: json.loads(path.read_bytes()) for path in (tree / view.KEYS).iterdir()}
    return {
        key: public(key, values[key]) for key in sorted(values) if not isinstance(values[key], dict)
    }
