"""An alert to the channels of one owner."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tidemark.alerting import hourly
from tidemark.alerting.delivery import Message, deliver
from tidemark.files import store
from tidemark.naming import counted
from tidemark.project import Tree

SEVERITIES = {"info": 0, "warning": 1, "error": 2}
NOT_SET = "this variable is set neither in the environment nor in .env"
Entry = Mapping[str, str]  # a `settings.Channel` as the configuration's files have it

_silent: set[str] = set()  # addresses that this process waits for no more


@dataclass(frozen=True)
class Alert:
    """What an owner is told.

    Attributes:
        severity: info, warning or error; what else it may be counts as a warning.
        cause: alerts of one cause are one; figures in it do not tell causes apart.
    """

    title: str
    body: str
    severity: str
    cause: str


@dataclass(frozen=True)
class Named:
    """A channel by the words that messages have for it, since its address is a secret.

    `address` is None if it should stand in an environment variable that is not set.
    """

    words: str
    address: str | None
    severity: str


def named(owner: str, channels: Sequence[Entry], environment: Mapping[str, str]) -> list[Named]:
    """The channels of an owner; `$NAME` stands for what the environment has under that name."""
    found = []
    for number, entry in enumerate(channels, 1):
        to = entry["to"]
        kept = to.startswith("$")
        words = f"channel {number} of {owner} ({to if kept else to.partition('://')[0]})"
        address = environment.get(to[1:]) or None if kept else to
        found.append(Named(words, address, entry["severity"]))
    return found


def tell(tree: Tree, channels: Sequence[Named], alert: Alert, now: float) -> list[str]:
    """Send to each channel that takes this severity, unless this cause was told within the hour.

    Args:
        now: seconds since 1970.

    Returns:
        What went wrong, a line a channel, without addresses. What did not arrive for certain is
        tried again with the next alert of its cause.
    """
    level = SEVERITIES.get(alert.severity, SEVERITIES["warning"])
    troubles, sent = [], []
    for channel in channels:
        if SEVERITIES[channel.severity] > level:
            continue
        if channel.address is None:
            troubles.append(f"{channel.words}: {NOT_SET}")
        elif channel.address in _silent:
            troubles.append(f"{channel.words}: left alone, as it gave no answer before")
        else:
            key = key_of(channel.address, alert.cause)
            held_back = hourly.claim(tree, key, now)
            if held_back is not None:
                sent.append((channel, key, message(channel.address, alert, held_back)))
    answers = deliver([message for *_, message in sent]) if sent else []
    for (channel, key, message_), trouble in zip(sent, answers, strict=True):
        if trouble is None:
            continue
        troubles.append(f"{channel.words}: {trouble.words}")
        if trouble.perhaps_sent:
            _silent.add(message_.address)
        else:
            hourly.give_back(tree, key)
    return troubles


def key_of(address: str, cause: str) -> str:
    """Of a channel and a cause, without saying either."""
    return store.sha256("\n".join([address, re.sub(r"\d+", "#", cause)]).encode(errors="replace"))


def message(address: str, alert: Alert, held_back: int = 0) -> Message:
    """The alert as it is sent to one address."""
    more = (
        f"\n\n{counted(held_back, 'message')} of this cause held back before." if held_back else ""
    )
    severity = alert.severity if alert.severity in SEVERITIES else "warning"
    return Message(address, alert.title, f"{alert.body}{more}", severity)
