"""Show every step instance: its state, rows, seconds, age, and the first reason to run.

    make status                 a table
    make status FORMAT=json     for machines

Below the table: live sources, how old what is stored of them is by the clock, and what is wrong.
Changes nothing, not even times.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from tidemark.config.view import Stored
from tidemark.dag import graph, promises
from tidemark.dag.graph import Node
from tidemark.errors import InputError
from tidemark.fetching import told
from tidemark.harness import console, staleness
from tidemark.harness.failures import exit_code_of
from tidemark.harness.staleness import Look
from tidemark.project import HERE, ROOT

if TYPE_CHECKING:
    from tidemark.fetching.standing import Standing

NOTHING = '{"keys": []}'


def main() -> int:
    """Print the states; exit code 2 if the configuration is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="config.yaml")
    parser.add_argument("--steps", default="", help="the steps in the order to show")
    parser.add_argument("--make", default=os.environ.get("MAKE_COMMAND", "make"), help="GNU Make")
    asked = os.environ.get("FORMAT") or "text"
    parser.add_argument("--format", choices=("text", "json"), default=asked)
    options = parser.parse_args()
    if options.format not in ("text", "json"):
        raise InputError(f"FORMAT={options.format}", "is no format", "text or json")
    os.chdir(ROOT)
    look = Look(HERE, promises.stored(HERE, options.config))
    nodes = graph.survey(look, partial(promises.rules, HERE, options.make, options.config))
    rank = {step: number for number, step in enumerate(options.steps.split())}
    shown = sorted(nodes.values(), key=lambda node: rank.get(node.step, len(rank)))
    live = _live(options.config, look.stored)
    console.say((_as_json if options.format == "json" else _as_table)(shown, nodes, live))
    return 0


def _live(config: str, stored: Stored) -> "list[Standing] | str":
    """How each live source stands; what keeps that from being known, in words."""
    keys = [f"fetch_data.{name}" for name in json.loads(stored("fetch_data") or NOTHING)["keys"]]
    if not any(_has_provider(key, stored) for key in keys):
        return []
    from tidemark.config import load  # late, because most who ask have no live source
    from tidemark.fetching import standing

    whole = load.load(HERE, config)
    providers = {name: one.provider or "" for name, one in whole.fetch_data.live().items()}
    limit = whole.fetch.max_age
    try:
        return standing.of_all(HERE, providers, whole.fetch.oldest, limit, datetime.now(UTC))
    except (InputError, OSError) as error:
        return str(error)


def _has_provider(key: str, stored: Stored) -> bool:
    """Whether a section is a live source, or has one in it."""
    value = json.loads(stored(key) or "null")
    if not isinstance(value, dict):
        return key.endswith(".provider") and value is not None
    return any(_has_provider(f"{key}.{name}", stored) for name in value["keys"])


def _described(node: Node, nodes: Mapping[str, Node]) -> dict[str, Any]:
    ran = node.checkpoint
    age = datetime.now(UTC) - ran.started if ran else None
    return {
        "step": node.step,
        **node.instance.names,
        "instance": node.instance.words,
        "state": node.state,
        "rows": sum(output.rows or 0 for output in ran.outputs.values()) if ran else 0,
        "seconds": ran.seconds if ran else None,
        "peak_memory_bytes": ran.peak_memory_bytes if ran else None,
        "age_seconds": round(age.total_seconds()) if age else None,
        "restored": (ran.restored or None) if ran else None,
        "reasons": [" <- ".join(cause) for cause in graph.chain(node, nodes)],
        "upgrades": list(map(str, node.upgrades)),
        "failure": node.failure or None,
    }


def _as_json(shown: Sequence[Node], nodes: Mapping[str, Node], live: "list[Standing] | str") -> str:
    rows = [_described(node, nodes) for node in shown]
    known = [] if isinstance(live, str) else live
    content = {
        "totals": graph.totals(nodes),
        "instances": rows,
        "live": [told.described(one, datetime.now(UTC)) for one in known],
        "live_error": live if isinstance(live, str) else None,
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def _as_table(
    shown: Sequence[Node], nodes: Mapping[str, Node], live: "list[Standing] | str"
) -> str:
    width = console.width_of(node.instance.words for node in shown)
    lines = [
        f"{'step':<19} {'instance':<{width}} {'state':<9}"
        f" {'rows':>8} {'seconds':>7} {'age':>5}  why"
    ]
    for node in shown:
        row = _described(node, nodes)
        seconds = "" if row["seconds"] is None else f"{row['seconds']:.1f}"
        age = told.age(row["age_seconds"])
        count = f"{row['rows']:,}" if row["rows"] else ""
        lines.append(
            f"{row['step']:<19} {row['instance']:<{width}} {row['state']:<9}"
            f" {count:>8} {seconds:>7} {age:>5}  {_why(node, nodes)}".rstrip()
        )
    upgrades = [upgrade for node in nodes.values() for upgrade in node.upgrades]
    return "\n".join(
        [
            *lines,
            "",
            _totals(nodes),
            *staleness.passed_over(upgrades),
            *graph.in_full(shown),
            *_live_lines(live),
        ]
    )


def _live_lines(live: "list[Standing] | str") -> list[str]:
    if isinstance(live, str):
        return ["", f"live data: {live}"]
    return ["", *told.table(live, datetime.now(UTC))] if live else []


def _why(node: Node, nodes: Mapping[str, Node]) -> str:
    """The last failure, or the first cause; a long way is cut to its begin and root."""
    if node.failure:
        return node.brief_failure
    if node.state == graph.BLOCKED:
        way = next(way for way in graph.chain(node, nodes) if len(way) > 1)
        what = "waits for a decision" if _is_undecided(way[-2], nodes) else "failed"
        return " <- ".join([way[0], *(["..."] if len(way) > 3 else []), f"{way[-2]} {what}"])
    ran = node.checkpoint
    if node.state == graph.FRESH and ran and ran.restored:
        return f"restored, {ran.restored}"
    first, *rest = next(iter(graph.chain(node, nodes)), [""])
    return " <- ".join([first, *(["..."] if len(rest) > 3 else rest[:-1]), *rest[-1:]])


def _is_undecided(title: str, nodes: Mapping[str, Node]) -> bool:
    found = [node for node in nodes.values() if node.title == title]
    return any(node.state == graph.BLOCKED and bool(node.failure) for node in found)


def _totals(nodes: Mapping[str, Node]) -> str:
    to_run = [node.checkpoint for node in nodes.values() if node.state != graph.FRESH]
    cost = sum(checkpoint.seconds for checkpoint in to_run if checkpoint)
    work = f" To run: about {cost:.0f} s of work." if cost else ""
    return f"{graph.summary(nodes)}.{work}"


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
