"""What the owner of a step is told: in logs/alerts.jsonl, by the webhook, by the owner's channels.

The webhook is for programs and gets every alert; channels are for people and get each cause once an
hour. One that is dead is an alert of its own, for the page and the log, and nothing more.
"""

import os
import time
from collections.abc import Mapping
from typing import Any

from tidemark.alerting import hourly, telling
from tidemark.alerting.telling import Alert
from tidemark.config import secrets, view
from tidemark.errors import InputError
from tidemark.fetching import keys
from tidemark.harness import guard, logs
from tidemark.project import Tree


def tell(
    tree: Tree,
    step: str,
    names: Mapping[str, str],
    message: str,
    severity: str,
    log: str,
    owner_of: str = "",
    cause: str = "",
) -> list[str]:
    """Tell the owner of a step; what went wrong with that, which must never stop a run.

    Args:
        names: what the instance is of.
        log: where there is more, as people find it.
        owner_of: the step whose owner is told, where `step` is what nobody owns.
        cause: what makes alerts one, where that is less than the same words.
    """
    alerts = _settings(tree)
    owners = [owner for owner, steps in alerts["owners"].items() if (owner_of or step) in steps]
    owner = owners[0] if owners else None
    of = {"step": step, **names}
    record = {
        "severity": severity,
        "owner": owner,
        **of,
        "message": message,
        "log": log,
        "run": logs.run_id(),
    }
    trouble = logs.alert(tree, record, alerts["webhook"])
    troubles = [trouble] if trouble else []
    if owner is None or owner not in alerts.get("channels", {}):
        return troubles
    title = " ".join(of.values())
    folder = tree.root.resolve().name
    channels = telling.named(owner, alerts["channels"][owner], _environment(tree))
    public = secrets.redacted(tree, message, filter(None, (to.address for to in channels)))
    body = f"{public}\n\n{log} in {folder}, for {owner}"
    alert = Alert(f"{severity}: {title}", body, severity, cause=f"{title}\n{cause or message}")
    dead = telling.tell(tree, channels, alert, time.time())
    for told in dead:
        if hourly.claim(tree, told, time.time()) is not None:
            said = {"severity": "warning", "owner": owner, **of, "log": log, "run": logs.run_id()}
            logs.append(tree / logs.ALERTS, {**said, "message": f"an alert did not arrive: {told}"})
    return troubles + [f"{told}; the alert is in {logs.ALERTS}" for told in dead]


def _settings(tree: Tree) -> Mapping[str, Any]:
    """Who hears of what, as the last configuration had it that was right; nobody without one."""
    nobody: dict[str, Any] = {"owners": {}, "webhook": None, "channels": {}}
    try:
        return {**nobody, **view.plain(view.View(view.stored(tree), {}, "alerts"))}
    except (KeyError, ValueError):
        return nobody


def _environment(tree: Tree) -> dict[str, str]:
    """That of this process, with what `.env` adds, which nobody should need to read an alert."""
    try:
        with guard.opened():
            return keys.environment(tree)
    except (InputError, OSError):
        return dict(os.environ)
