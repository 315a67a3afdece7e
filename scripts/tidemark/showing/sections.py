"""The sections, by the name of their place in the page: views of what runs left, put in words.

Whatever a template is given is escaped as it is put out; what cannot be shown stands as `?`.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tidemark.dag import graph
from tidemark.dag.graph import Node
from tidemark.harness import logs, memory, staleness
from tidemark.naming import counted, several
from tidemark.showing import changed, flow, history, moved
from tidemark.showing.told import Record, Told, results

import jinja2
from markupsafe import Markup

HERE = Path(__file__).parent
LISTED = {"changed": "What changed", "history": "History", "dag": "The DAG"}
NAMES = ("summary", "changed", "alerts", "history", "provenance", "dag")
MOST_STEPS = 2_000  # instances of steps that are listed
MOST_ROWS = 60  # of a table of changes
MOST_FILES = 12  # of what a step read, used or wrote
LONGEST = 2_000  # letters of a message
NONE = "–"
# Control characters, and marks that turn the direction of what follows.
UNSHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# What a step is drawn as: the first of these that one of its instances is in.
WORST = (
    *(graph.FAILED, graph.BLOCKED, graph.MISSING, graph.NEVER),
    *(graph.STALE, graph.WAITING, graph.FRESH),
)


def fragments(told: Told) -> dict[str, str]:
    """The HTML of each section, by the name of its place."""
    views = {
        "summary": _summary(told),
        "changed": _changed(told),
        "alerts": {"alerts": told.alerts, "linked": told.nodes.keys()},
        "history": _history(told),
        "provenance": _provenance(told),
        "dag": _dag(told),
    }
    environment = _environment()
    return {
        name: UNSHOWN.sub("?", environment.get_template(f"{name}.html.j2").render(view))
        for name, view in views.items()
    }


def styles() -> str:
    """What the sections look like, in CSS."""
    return (HERE / "assets/run.css").read_text("utf-8")


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"moment": moment, "seconds": seconds, "cut": cut, "counted": counted}
    environment.filters["bare"] = lambda value: Markup("") if value is None else value
    return environment


def _shown(value: Any) -> Any:
    """A dash for what is not known, except where markup says that nothing shall stand."""
    return NONE if value in (None, "") and not isinstance(value, Markup) else value


def moment(time: Any) -> str:
    """An ISO time, to the minute."""
    text = str(time or "")
    return f"{text[:10]} {text[11:16]} UTC" if len(text) >= 16 else text


def seconds(value: Any) -> str:
    """`4.7 s`, `12 min`, `3.1 h`; nothing if it is not known."""
    if not isinstance(value, int | float):
        return ""
    for unit, length in (("h", 3600), ("min", 60)):
        if value >= 2 * length:
            return f"{value / length:.1f} {unit}"
    return f"{value:.1f} s"


def cut(text: Any, longest: int = LONGEST) -> str:
    """A text of bearable length."""
    text = str(text)
    return text if len(text) <= longest else f"{text[:longest]} ..."


def _summary(told: Told) -> dict[str, Any]:
    last = told.last
    since = last.get("run") if last else None
    return {
        "last": last,
        "steps": _counts(last) if last else "",
        "states": graph.summary(told.nodes) if told.nodes else "",
        "fresh": all(node.state == graph.FRESH for node in told.nodes.values()),
        "alerts": sum(alert.get("run") == since for alert in told.alerts),
        "trouble": told.trouble,
    }


def _counts(record: Record) -> str:
    """`12 ran, 3 restored, 1 failed`."""
    states = Counter(step["state"] for step in record["steps"])
    words = [
        f"{states[one]} {one}" for one in ("ran", "restored", "failed", "killed") if states[one]
    ]
    return ", ".join(words) or "no step ran"


def _changed(told: Told) -> dict[str, Any]:
    last, before = told.last, told.before
    then, now = results(before), results(last)
    names = ("config", "data")
    changes = {
        name: changed.differences(then.get(name) or {}, now.get(name) or {}) if before else []
        for name in names
    }
    return {
        "last": last,
        "before": before,
        "steps": _counts(last) if last else "",
        "file": (then.get("config_file"), now.get("config_file")),
        "config": changes["config"][:MOST_ROWS],
        "data": changes["data"][:MOST_ROWS],
        "more": {name: max(len(changes[name]) - MOST_ROWS, 0) for name in names},
        "causes": _causes(told) if last else [],
        "restored": _named(changed.in_state(last, "restored") if last else (), told.nodes),
        "failures": _failures(told),
        "moved": moved.of(last),
    }


def _causes(told: Told) -> list[dict[str, Any]]:
    found = changed.causes(told.last or {}, told.before, told.nodes)
    return [
        {
            "why": cause.why,
            "steps": changed.by_step(cause.steps, told.nodes),
            "following": changed.by_step(cause.following, told.nodes),
            "count": len(cause.steps) + len(cause.following),
        }
        for cause in found[:MOST_ROWS]
    ]


def _named(steps: Sequence[Mapping[str, Any]], nodes: Mapping[str, Node]) -> list[str]:
    return changed.by_step([step["name"] for step in steps], nodes)


def _failures(told: Told) -> list[dict[str, Any]]:
    messages = told.last["failures"] if told.last else {}
    return [
        {
            "name": name,
            "title": told.nodes[name].title if name in told.nodes else name,
            "known": name in told.nodes,
            "message": message,
            "log": str(logs.path_of(name)),
        }
        for name, message in list(messages.items())[:MOST_ROWS]
    ]


def _history(told: Told) -> dict[str, Any]:
    kinds = {
        "models": history.of_models(told.records),
        "strategies": history.of_strategies(told.records),
    }
    shown = {name: series[: history.MOST] for name, series in kinds.items()}
    return {
        "kinds": shown,
        "terms": {
            name: list(dict.fromkeys(one.term for one in series)) for name, series in shown.items()
        },
        "left_out": {name: max(len(series) - history.MOST, 0) for name, series in kinds.items()},
        "places": len(told.records),
        "runs": told.runs,
        "rows": [_run(record, before) for record, before in _with_before(told.records)][::-1],
    }


def _with_before(records: Sequence[Record]) -> list[tuple[Record, Record | None]]:
    return list(zip(records, [None, *records], strict=False))


def _run(record: Record, before: Record | None) -> dict[str, Any]:
    states = Counter(step["state"] for step in record["steps"])
    then, now = (results(one).get("config") or {} for one in (before, record))
    keys = [change.name for change in changed.differences(then, now)] if before else []
    return {
        "record": record,
        "goals": " ".join(record.get("goals") or ()),
        "states": states,
        "changed": several(keys) if keys else "",
        "commit": f"{str(record.get('commit') or '')[:9]}{' +' if record.get('dirty') else ''}",
    }


def _provenance(told: Told) -> dict[str, Any]:
    versions: dict[str, Counter[str]] = defaultdict(Counter)
    for node in told.nodes.values():
        for name, version in (node.checkpoint.libraries if node.checkpoint else {}).items():
            versions[name][version] += 1
    starts = [node.checkpoint.started for node in told.nodes.values() if node.checkpoint]
    return {
        "last": told.last,
        "config": told.config,
        "data": results(told.last).get("data", {}),
        "libraries": [
            {"name": name, "versions": versions[name].most_common()}
            for name in sorted(versions, key=lambda name: (name != "python", name.lower()))
        ],
        "oldest": min(starts).isoformat() if starts else None,
        "newest": max(starts).isoformat() if starts else None,
    }


def _dag(told: Told) -> dict[str, Any]:
    by_step: dict[str, list[Node]] = defaultdict(list)
    for node in told.nodes.values():
        by_step[node.step].append(node)
    rank = {name: number for number, name in enumerate(told.listed)}
    for own in by_step.values():
        own.sort(key=lambda node: rank.get(node.name, len(rank)))
    took = {step["name"]: step for step in (told.last["steps"] if told.last else ())}
    shown = set(list(told.nodes)[:MOST_STEPS])
    steps = [
        {
            "name": step,
            "state": _worst(own),
            "told": _of_instances(own),
            "nodes": [_instance(node, told, took) for node in own if node.name in shown],
        }
        for step, own in by_step.items()
    ]
    return {
        "steps": steps,
        "summary": graph.summary(told.nodes),
        "left_out": len(told.nodes) - len(shown),
        "picture": _picture(steps, told.nodes),
    }


def _worst(nodes: Sequence[Node]) -> str:
    states = {node.state for node in nodes}
    return next(state for state in WORST if state in states)


def _of_instances(nodes: Sequence[Node]) -> str:
    """`1 failed, 17 fresh · 12.3 s`."""
    totals = graph.totals({node.name: node for node in nodes})
    words = [f"{totals[state]} {state}" for state in WORST if state in totals]
    total = sum(node.checkpoint.seconds for node in nodes if node.checkpoint)
    return f"{', '.join(words[:2])}{' ...' if words[2:] else ''} · {seconds(total)}"


def _picture(steps: Sequence[Mapping[str, Any]], nodes: Mapping[str, Node]) -> Markup:
    boxes = [
        flow.Box(step["name"], step["state"], step["told"], f"step-{step['name']}")
        for step in steps
    ]
    after: dict[str, dict[str, None]] = {step["name"]: {} for step in steps}
    for node in nodes.values():
        for maker in (*node.upstream.values(), *node.before.values()):
            if maker in nodes and nodes[maker].step != node.step:
                after[node.step][nodes[maker].step] = None
    told = f"The steps, each below those that it reads from: {graph.summary(nodes)}"
    return flow.svg(boxes, {step: list(makers) for step, makers in after.items()}, told)


def _instance(node: Node, told: Told, took: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What a node leads to."""
    ran, last = node.checkpoint, took.get(node.name, {"state": ""})
    chain = graph.chain(node, told.nodes) if node.state != graph.FRESH else []
    return {
        "node": node,
        "ran": ran,
        "last": last,
        "words": node.instance.words or node.step,
        "now": [" <- ".join(way) for way in chain[:MOST_FILES]],
        "seconds": ran.seconds if ran else None,
        "memory": memory.told(ran.peak_memory_bytes) if ran and ran.peak_memory_bytes else "",
        "inputs": _first(list(ran.inputs) if ran else []),
        "config": _first(
            [f"{key} = {staleness.shown(value)}" for key, value in ran.config.items()]
            if ran
            else []
        ),
        "outputs": _first(list(ran.outputs) if ran else list(node.outputs)),
        "log": told.logs.get(node.name, ""),
        "path": str(logs.path_of(node.name)),
    }


def _first(names: Sequence[str]) -> list[str]:
    more = len(names) - MOST_FILES
    return [*names[:MOST_FILES], *([f"and {more} more"] if more > 0 else [])]
