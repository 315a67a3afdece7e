"""Who hears of what, and how."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal
from urllib.parse import urlsplit

from tidemark.bounds import Checked, Matching

from annotated_types import MaxLen, MinLen


def _must_be_a_webhook(address: str) -> None:
    """What urllib can ask for. The address may hold a secret, so no message holds it."""
    if not re.fullmatch(r"https?://[!-~]+", address):
        raise ValueError("must be an http or https address, in plain letters without blanks")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise ValueError("has no valid host and port") from error
    host = parts.hostname or ""
    labels = host.removesuffix(".").split(".")
    numeric = parts.netloc.rpartition("@")[2].startswith("[")
    named = all(re.fullmatch(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)", label) for label in labels)
    if port == 0 or not (numeric or named) or len(host) > 253:
        raise ValueError("has no valid host and port")
    if "@" in parts.netloc:
        raise ValueError("names a user before its host, which is not sent: use a token in the path")


def _must_be_a_channel(address: str) -> None:
    """An address of apprise, or the name of what holds one; no message holds it."""
    if not re.fullmatch(r"\$[A-Za-z_][A-Za-z0-9_]*|[A-Za-z][A-Za-z0-9]*://[!-~]+", address):
        raise ValueError(
            "must be $NAME of an environment variable that holds an address, or an address such as"
            " jsons://host/path, slack://..., discord://..., mailtos://..., without blanks"
        )


Webhook = Annotated[str, MaxLen(2000), Checked(_must_be_a_webhook)]
Owner = Annotated[
    str, MaxLen(100), Matching(r"^[\w .-]+$", "owners are letters, digits, blanks and . _ -")
]


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One way to reach an owner.

    Attributes:
        to: an address as apprise has them, or $NAME of the environment variable that holds it.
        severity: the least that it is told of: info, warning or error.
    """

    to: Annotated[str, MaxLen(2000), Checked(_must_be_a_channel)]
    severity: Literal["info", "warning", "error"] = "warning"


@dataclass(frozen=True)
class Alerts:
    """Who hears of what.

    Attributes:
        webhook: an https address that takes a JSON POST.
        owners: steps by who is told of their alerts.
        channels: by owner, where messages go, each cause at most once an hour.
    """

    webhook: Webhook | None = None
    owners: Mapping[Owner, Sequence[str]] = field(default_factory=dict)
    channels: Mapping[Owner, Annotated[Sequence[Channel], MinLen(1)]] = field(default_factory=dict)

    def extras(self) -> list[str]:
        """The libraries, beyond those that all need, that this takes."""
        return ["alerts"] if self.channels else []
