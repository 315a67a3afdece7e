"""Keys whose values may hold a secret: no message shows them, and nothing that is shared has them.

Steps' own files of keys in artifacts/.config/ have them, because they are used.
"""

from typing import Any

SECRET = frozenset({"alerts.webhook", "store.remote"})
SET = "set"


def public(key: str, value: Any) -> Any:
    """A value as others may see it: of a secret only whether there is one."""
    return SET if key in SECRET and value is not None else value
