"""What runs left in a tree, read. What cannot be read is told, and keeps nothing else from it."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from tidemark.config import view
from tidemark.config.kinds import KINDS, joined
from tidemark.dag import graph, promises
from tidemark.dag.graph import Node
from tidemark.errors import InputError
from tidemark.harness import logs, staleness
from tidemark.naming import counted
from tidemark.project import Tree
from tidemark.showing.told import Record, Told
from tidemark.tables import history

MOST_RECORDS = 100
MOST_ALERTS = 50
ALERT_BYTES = 200_000  # of the end of the alerts that are looked at
MOST_LOGS = 300
LOG_BYTES, LOG_LINES = 3_000, 12  # of the end of a log


def told(tree: Tree) -> Told:
    """Everything there is in a tree, after a run that may have failed anywhere."""
    trouble: list[str] = []
    records: Sequence[Record] = ()
    runs = 0
    nodes: Mapping[str, Node] = {}
    listed: list[str] = []
    config = ""
    try:
        kept = history.log(tree).last(MOST_RECORDS)
        records, runs = [one.content for one in kept], kept[-1].number if kept else 0
    except (InputError, OSError) as error:
        trouble.append(f"the history. {error}")
    try:
        config = view.file(tree)
        nodes, listed = _survey(tree, config)
    except (InputError, OSError, SyntaxError) as error:
        trouble.append(f"the states of the steps. {error}")
    alerts, torn = _alerts(tree)
    if torn:
        trouble.append(f"{counted(torn, 'line')} of {logs.ALERTS} that cannot be read.")
    return Told(
        records=records,
        runs=runs,
        nodes=nodes,
        listed=listed,
        alerts=alerts,
        logs=dict(_logs(tree, nodes, records[-1] if records else None)),
        config=config,
        trouble=trouble,
    )


def _survey(tree: Tree, config: str) -> tuple[Mapping[str, Node], list[str]]:
    """Every instance, as `make status` has it; and their names in the configuration's order."""
    make = os.environ.get("MAKE_COMMAND", "make")
    look = staleness.Look(tree, promises.stored(tree, config))
    nodes = graph.survey(look, partial(promises.rules, tree, make, config))
    return nodes, list(graph.expected(tree, look.stored))


def _alerts(tree: Tree) -> tuple[list[dict[str, Any]], int]:
    """The last alerts, newest first; and how many lines are none."""
    found: list[dict[str, Any]] = []
    torn = 0
    for line in reversed(_end(tree, str(logs.ALERTS), ALERT_BYTES)):
        if len(found) == MOST_ALERTS:
            break
        try:
            alert = json.loads(line)
            names = [alert[kind] for kind in KINDS if kind in alert]
            found.append(
                {
                    "time": alert["time"],
                    "severity": alert["severity"],
                    "message": alert["message"],
                    "owner": alert.get("owner"),
                    "run": alert.get("run"),
                    "of": " ".join([alert["step"], *names]),
                    "name": joined(alert["step"], *names),
                }
            )
        except (ValueError, KeyError, TypeError):
            torn += 1
    return found, torn


def _logs(tree: Tree, nodes: Mapping[str, Node], last: Record | None) -> Iterator[tuple[str, str]]:
    """The ends of logs: of steps that failed or ran first, as there is a limit."""
    took = {step["name"] for step in last["steps"]} if last else set()
    names = sorted(nodes, key=lambda name: (nodes[name].state != graph.FAILED, name not in took))
    for name in names[:MOST_LOGS]:
        lines = _end(tree, str(logs.path_of(name)), LOG_BYTES)[-LOG_LINES:]
        if lines:
            yield name, "\n".join(lines)


def _end(tree: Tree, path: str, size: int) -> list[str]:
    """The last whole lines of a file, of so many bytes at most; none if it is not there."""
    try:
        with (tree / path).open("rb") as file:
            length = file.seek(0, os.SEEK_END)
            file.seek(max(length - size, 0))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return []
    lines = text.splitlines()
    return lines[1:] if length > size else lines
