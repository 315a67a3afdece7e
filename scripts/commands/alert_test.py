"""Send a test message to each channel of an owner, and say which of them took it.

make alert-test OWNER="Data Eng"
make alert-test                     every owner who has channels
"""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict

from tidemark.alerting import delivery, telling
from tidemark.alerting.settings import Alerts
from tidemark.alerting.telling import Alert
from tidemark.config import load
from tidemark.errors import InputError, hint
from tidemark.fetching import keys
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.project import HERE, ROOT


def main() -> int:
    """Exit code 1 if one did not take it, 2 if there is no such owner, or none with a channel."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="config.yaml")
    parser.add_argument("--owner", default=os.environ.get("OWNER", ""))
    options = parser.parse_args()
    os.chdir(ROOT)
    alerts = load.load(HERE, options.config).alerts
    troubles = {}
    for owner in _owners(alerts, options.owner):
        troubles |= dict(_tested(owner, alerts))
    for channel, trouble in troubles.items():
        console.say(f"{channel}: {trouble or 'took the message'}")
    return 1 if any(troubles.values()) else 0


def _owners(alerts: Alerts, asked: str) -> list[str]:
    """Who is to be told."""
    if asked and asked not in alerts.owners:
        cure = f"one of {', '.join(alerts.owners)}"
        raise InputError(f"OWNER={asked}", f"owns no step{hint(asked, alerts.owners)}", cure)
    found = [asked] if asked else [*alerts.channels]
    if not found or found[0] not in alerts.channels:
        cure = "name one under alerts.channels, as docs/alerts.md shows"
        raise InputError("alerts.channels", f"{asked} has none" if asked else "is empty", cure)
    return found


def _tested(owner: str, alerts: Alerts) -> Iterator[tuple[str, str | None]]:
    """Each channel and what went wrong with it, whatever was sent within the hour."""
    about = Alert(
        "Tidemark: a test",
        f"A test of the alerts for {owner}, from {ROOT.resolve().name}. Nothing is wrong.",
        "info",
        "test",
    )
    entries = [asdict(channel) for channel in alerts.channels[owner]]
    channels = telling.named(owner, entries, keys.environment(HERE))
    messages = [telling.message(to.address, about) for to in channels if to.address is not None]
    answers = iter(delivery.deliver(messages))
    for channel in channels:
        trouble = None if channel.address is None else next(answers)
        unset = telling.NOT_SET if channel.address is None else None
        yield channel.words, trouble.words if trouble else unset


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
