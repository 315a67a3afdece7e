"""Keys: taken from the environment or from `.env`, and taken out of whatever is told or kept."""

import os
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

from tidemark.errors import InputError
from tidemark.files import store
from tidemark.project import Tree

FILE = ".env"
HIDDEN = "***"
LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
# Parameters that hold a key, whoever put them into an address, and a name before a host.
IN_ADDRESS = re.compile(
    r"([?&](?:api_?key|apikey|token|access_token|key|x[-_]cg[-_]\w+key)=)[^&\s\"'<>]+", re.I
)
BEFORE_HOST = re.compile(r"(?<=://)[^/@\s]+@")


def environment(tree: Tree) -> dict[str, str]:
    """The environment, and what `.env` in the project's folder adds to it.

    A line of `.env` is `NAME=value`; the value may stand in quotes, and `export` before the name.
    What the environment has is not overridden, so a line there may be tried without an edit.

    Raises:
        InputError: a line of `.env` is something else. It is named by its number alone.
    """
    try:
        text = store.read_file(tree / FILE).decode()
    except FileNotFoundError:
        return dict(os.environ)
    except UnicodeDecodeError:
        raise InputError(
            FILE, "is not text in UTF-8", "write it as NAME=value, a line each"
        ) from None
    return _parsed(text) | dict(os.environ)


def _parsed(text: str) -> dict[str, str]:
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = LINE.fullmatch(stripped)
        if not match:
            raise InputError(f"{FILE}: line {number}", "is not NAME=value", "write it so")
        found[match[1]] = _unquoted(match[2])
    return found


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return re.sub(r"\s+#.*$", "", text)


class Keys:
    """The keys of one provider, by the variables that hold them.

    Args:
        environment: names and values.
        names: the variables in which keys stand.
    """

    def __init__(self, environment: Mapping[str, str], names: Iterable[str]) -> None:
        self._values = {name: environment.get(name, "").strip() for name in names}
        forms = {
            form
            for value in self._values.values()
            for form in (value, quote(value, safe=""), quote_plus(value))
            if form
        }
        self._secrets = sorted(forms, key=len, reverse=True)

    def key(self, name: str) -> str:
        """The key in this variable.

        Raises:
            InputError: there is none, or it cannot be sent.
        """
        value = self._values[name]
        if not value:
            raise InputError(
                name, "is not set, and the provider wants a key", f"set it, or write it into {FILE}"
            )
        if not value.isascii() or not value.isprintable():
            raise InputError(name, "holds signs that no key has", "copy the key anew")
        return value

    def without(self, text: str) -> str:
        """The text without a key, by whatever way one came into it."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return BEFORE_HOST.sub(f"{HIDDEN}@", IN_ADDRESS.sub(rf"\1{HIDDEN}", text))

    def out_of(self, body: bytes) -> bytes:
        """A body without a key that it repeats; all else stays as it came."""
        for secret in self._secrets:
            body = body.replace(secret.encode(), HIDDEN.encode())
        return body
