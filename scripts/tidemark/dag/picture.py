"""The DAG as a picture: surveyed step instances in, the text of an SVG or Mermaid file out.

A step is a column; the longest path runs from left to right. An instance stands level with the
middle of those that are part of it: `mean_impute` beside all `mean_impute <model>`. Lengths are
pixels. The same nodes in the same order give the same text.
"""

from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import combinations
from math import copysign
from typing import NamedTuple

from tidemark.dag import graph
from tidemark.dag.graph import Node

Nodes = Mapping[str, Node]
Pairs = tuple[tuple[str, str], ...]  # what an instance is of: kinds with names


class Colour(NamedTuple):
    """The colours of a state: a strong one for outlines, and a light one behind dark text."""

    strong: str
    light: str


# Okabe and Ito's palette, which colour-blind people can tell apart; every state but fresh is also
# written in the box.
COLOURS = {
    graph.FRESH: Colour("#009e73", "#e3f4ee"),
    graph.STALE: Colour("#e69f00", "#fdebc4"),
    graph.WAITING: Colour("#f0e442", "#fdfad0"),
    graph.MISSING: Colour("#cc79a7", "#f8e4ef"),
    graph.FAILED: Colour("#d55e00", "#fbd9c4"),
    graph.BLOCKED: Colour("#000000", "#dddddd"),
    graph.NEVER: Colour("#56b4e9", "#e4f3fd"),
}
INK, PAPER = "#1a1f26", "#ffffff"
QUIET, LOUD = "#b9c1cc", "#4a5462"  # edges: from a step that is fresh, or not
DASHES = "5 4"
PROMISED = "promised by its rule, not seen yet"

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
SIZE, SMALL = 13, 11
LETTER = 0.62  # width of a letter over its size; generous, because fonts differ
PITCH, HEIGHT = 36, 26  # from box to box; of a box
GROUP = 0.5  # rows left free between groups of instances
GAP = 64  # between columns
PAD = 10  # within a box
MARGIN, TOP = 32, 110  # around the picture; above the boxes


@dataclass(frozen=True)
class Box:
    """A node's place; `y` is the height of its middle."""

    node: Node
    column: int
    x: float
    y: float
    width: float

    @property
    def right(self) -> float:
        """Where edges leave."""
        return self.x + self.width


def edges(nodes: Nodes) -> list[tuple[str, str]]:
    """Pairs of maker and reader, each once, however many files pass between them."""
    pairs = ((maker, name) for name, node in nodes.items() for maker in node.upstream.values())
    return list(dict.fromkeys(pair for pair in pairs if pair[0] in nodes))


def columns(nodes: Nodes, order: Sequence[str] = ()) -> list[list[Node]]:
    """The nodes of each step; steps by longest path, then as in `order`, nodes as they come."""
    by_step: dict[str, list[Node]] = defaultdict(list)
    for node in nodes.values():
        by_step[node.step].append(node)
    depth = dict.fromkeys(by_step, 0)
    arrows = dict.fromkeys((nodes[maker].step, nodes[name].step) for maker, name in edges(nodes))
    for _ in by_step:  # no path is longer, and this ends even if old checkpoints form a circle
        for before, after in arrows:
            if before != after:
                depth[after] = max(depth[after], depth[before] + 1)
    rank = {step: number for number, step in enumerate(order)}
    steps = sorted(by_step, key=lambda step: (depth[step], rank.get(step, len(rank)), step))
    return [by_step[step] for step in steps]


def placed(nodes: Nodes, order: Sequence[str] = ()) -> dict[str, Box]:
    """A box for every node, column by column; no two overlap."""
    boxes = {}
    levels = _levels(nodes)
    x = float(MARGIN)
    for number, unsorted in enumerate(columns(nodes, order)):
        column = sorted(unsorted, key=lambda node: levels[node.name])
        width = max(_breadth(column[0].step), *map(_width, column))
        rows = _apart([levels[node.name] for node in column])
        for node, row in zip(column, rows, strict=True):
            boxes[node.name] = Box(node, number, x, row * PITCH, width)
        x += width + GAP
    down = TOP + HEIGHT / 2 - min((box.y for box in boxes.values()), default=0.0)
    return {name: replace(box, y=box.y + down) for name, box in boxes.items()}


def _levels(nodes: Nodes) -> dict[str, float]:
    """The row that suits each node best: the middle of the finest instances that are part of it.

    These have a row each, in the order given, with some room between groups.
    """
    instances = list(dict.fromkeys(tuple(node.instance.names.items()) for node in nodes.values()))
    coarse = {whole for part in instances for whole in _wholes(part) if whole != part}
    rows: dict[Pairs, list[float]] = defaultdict(list)
    row, group = 0.0, None
    for instance in instances:
        if instance not in coarse:
            row += GROUP if group not in (None, instance[:1]) else 0
            for whole in _wholes(instance):
                rows[whole].append(row)
            row, group = row + 1, instance[:1]
    middle = {whole: sum(places) / len(places) for whole, places in rows.items()}
    return {name: middle[tuple(node.instance.names.items())] for name, node in nodes.items()}


def _wholes(instance: Pairs) -> Iterator[Pairs]:
    """The instances that this one is part of, itself among them."""
    for length in range(len(instance) + 1):
        yield from combinations(instance, length)


def _apart(wished: Sequence[float]) -> list[float]:
    """The rows nearest (least squares) to these ascending ones that are at least one apart.

    With its number subtracted from each row, this is isotonic regression, which the loop solves by
    pooling adjacent violators.
    """
    pools: list[tuple[float, int]] = []
    for number, row in enumerate(wished):
        total, count = row - number, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            before, members = pools.pop()
            total, count = total + before, count + members
        pools.append((total, count))
    means = (total / count for total, count in pools for _ in range(count))
    return [number + mean for number, mean in enumerate(means)]


def _breadth(text: str, size: int = SIZE) -> float:
    return len(text) * size * LETTER


def _width(node: Node) -> float:
    word = 0.0 if node.state == graph.FRESH else PAD + _breadth(node.state, SMALL)
    return 3 * PAD + _breadth(_label(node)) + word


def _label(node: Node) -> str:
    return node.instance.words or node.step


class Obstacle(NamedTuple):
    """A column that edges must cross: its sides, and the middles of its boxes from the top down."""

    left: float
    right: float
    middles: list[float]


def routes(boxes: Mapping[str, Box]) -> dict[tuple[str, str], str]:
    """The SVG path of every edge: curves between columns, level lines between a column's boxes."""
    obstacles = _obstacles(boxes)
    nodes = {name: box.node for name, box in boxes.items()}
    return {(a, b): _route(boxes[a], boxes[b], obstacles) for a, b in edges(nodes)}


def _obstacles(boxes: Mapping[str, Box]) -> list[Obstacle]:
    by_column: dict[int, Obstacle] = {}
    for box in boxes.values():
        by_column.setdefault(box.column, Obstacle(box.x, box.right, [])).middles.append(box.y)
    return [by_column[column] for column in sorted(by_column)]


def _route(start: Box, end: Box, obstacles: Sequence[Obstacle]) -> str:
    if start.column == end.column:
        out = start.x - GAP / 2
        return f"M{start.x:g} {start.y:g}C{out:g} {start.y:g} {out:g} {end.y:g} {end.x:g} {end.y:g}"
    x, y = start.right, start.y
    path = [f"M{x:g} {y:g}"]
    for left, right, middles in obstacles[start.column + 1 : end.column]:
        passage = _between(y + (end.y - y) * (left - x) / (end.x - x), middles)
        path += [_curve(x, y, left, passage), f"H{right:g}"]
        x, y = right, passage
    return "".join([*path, _curve(x, y, end.x, end.y)])


def _between(y: float, middles: Sequence[float]) -> float:
    """The height nearest to `y` that is clear of all boxes."""
    after = bisect(middles, y)
    nearest = min(middles[max(after - 1, 0) : after + 1], key=lambda middle: abs(middle - y))
    clear = abs(y - nearest) >= PITCH / 2
    return y if clear else nearest + copysign(PITCH / 2, y - nearest)


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    bend = abs(to_x - x) / 2
    return f"C{x + bend:g} {y:g} {to_x - bend:g} {to_y:g} {to_x:g} {to_y:g}"


def svg(nodes: Nodes, order: Sequence[str] = ()) -> str:
    """The picture as SVG; pointing at a box shows its step, state, first reason and seconds."""
    boxes = placed(nodes, order)
    right, legend = _legend(nodes)
    width = max([right, *(box.right for box in boxes.values())]) + MARGIN
    height = max((box.y for box in boxes.values()), default=TOP) + HEIGHT / 2 + MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}"'
        f' viewBox="0 0 {width:g} {height:g}" font-family="{FONT}" font-size="{SIZE}"'
        f' fill="{INK}" role="img" aria-label="The DAG: {graph.summary(nodes)}">',
        f'<rect width="{width:g}" height="{height:g}" fill="{PAPER}"/>',
        *legend,
        *_heads(boxes),
        *_edges(boxes, nodes),
        *(line for box in boxes.values() for line in _drawn(box, nodes)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _legend(nodes: Nodes) -> tuple[float, list[str]]:
    """The right end of the legend, and its elements."""
    title = f"{len(nodes)} steps"
    lines = [_text(title, MARGIN, 48, 'font-size="20" font-weight="600"')]
    x = MARGIN + _breadth(title, 20) + PAD
    for state, count in graph.totals(nodes).items():
        text = f"{count} {state}"
        lines += [_rect(x, 33, 22, 18, state), _text(text, x + 30, 47)]
        x += 30 + _breadth(text) + 2 * PAD
    if any(_is_promised(edge, nodes) for edge in edges(nodes)):
        lines += [
            f'<path d="M{x:g} 42h30" stroke="{LOUD}" stroke-dasharray="{DASHES}"/>',
            _text(PROMISED, x + 38, 47),
        ]
        x += 38 + _breadth(PROMISED)
    return x, lines


def _heads(boxes: Mapping[str, Box]) -> list[str]:
    middles = {box.node.step: box.x + box.width / 2 for box in boxes.values()}
    bold = 'text-anchor="middle" font-weight="600"'
    return [_text(step, middle, TOP - 22, bold) for step, middle in middles.items()]


def _edges(boxes: Mapping[str, Box], nodes: Nodes) -> list[str]:
    drawn: dict[tuple[bool, bool], list[str]] = defaultdict(list)
    for edge, path in routes(boxes).items():
        loud = nodes[edge[0]].state != graph.FRESH
        drawn[loud, _is_promised(edge, nodes)].append(f'<path d="{path}"/>')
    lines = [_arrowhead("quiet", QUIET), _arrowhead("loud", LOUD)]
    for (loud, promised), paths in sorted(drawn.items()):
        colour, head = (LOUD, "loud") if loud else (QUIET, "quiet")
        dashes = f' stroke-dasharray="{DASHES}"' if promised else ""
        style = f'fill="none" stroke="{colour}"{dashes} marker-end="url(#{head})"'
        lines += [f'<g {style} stroke-width="1.25">', *paths, "</g>"]
    return lines


def _arrowhead(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 6 6" refX="6" refY="3" markerWidth="6" markerHeight="6"'
        f' orient="auto"><path d="M0 0.5L6 3L0 5.5z" fill="{colour}"/></marker>'
    )


def _is_promised(edge: tuple[str, str], nodes: Nodes) -> bool:
    """Whether the edge was not seen yet, because one of its two instances never ran."""
    return any(nodes[name].checkpoint is None for name in edge)


def _drawn(box: Box, nodes: Nodes) -> list[str]:
    node, top = box.node, box.y - HEIGHT / 2
    lines = [
        f"<g><title>{_escaped(_tooltip(node, nodes))}</title>",
        _rect(box.x, top, box.width, HEIGHT, node.state),
        _text(_label(node), box.x + 2 * PAD, box.y + 4.5),
    ]
    if node.state != graph.FRESH:
        small = f'text-anchor="end" font-size="{SMALL}" font-weight="600"'
        lines.append(_text(node.state, box.right - PAD, box.y + 4, small))
    return [*lines, "</g>"]


def _rect(x: float, y: float, width: float, height: float, state: str) -> str:
    """A light box with a strong bar at its left."""
    strong, light = COLOURS[state]
    dashes = ' stroke-dasharray="4 3"' if state == graph.NEVER else ""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5"'
        f' fill="{light}" stroke="{strong}"{dashes}/>'
        f'<rect x="{x + 4:g}" y="{y + 4:g}" width="5" height="{height - 8:g}" rx="2.5"'
        f' fill="{strong}"/>'
    )


def _text(text: str, x: float, y: float, style: str = "") -> str:
    attributes = f'x="{x:g}" y="{y:g}" {style}'.rstrip()
    return f"<text {attributes}>{_escaped(text)}</text>"


def _escaped(text: str) -> str:
    """Text for XML; control characters, which XML does not allow even escaped, become `?`."""
    return escape("".join(c if c.isprintable() or c == "\n" else "?" for c in text))


def _tooltip(node: Node, nodes: Nodes) -> str:
    cause = "" if node.state == graph.FRESH else " <- ".join(graph.way_to_root(node, nodes))
    seconds = f"{node.checkpoint.seconds:.1f} s" if node.checkpoint else "not timed yet"
    return "\n".join(filter(None, [node.title, node.state, cause, seconds]))


def mermaid(nodes: Nodes, order: Sequence[str] = ()) -> str:
    """The same as a Mermaid flowchart; Mermaid lays it out itself, up to 500 edges by default."""
    lines = ["---", "config: {flowchart: {nodeSpacing: 14, rankSpacing: 80}}", "---"]
    lines += ["flowchart LR", f"  %% {graph.summary(nodes)}"]
    for column in columns(nodes, order):
        lines += [f"  {node.name}[{_quoted(node)}]:::{_class(node.state)}" for node in column]
    for edge in edges(nodes):
        lines.append(f"  {edge[0]} {'-.->' if _is_promised(edge, nodes) else '-->'} {edge[1]}")
    for state in graph.totals(nodes):
        strong, light = COLOURS[state]
        dashes = ",stroke-dasharray:4 3" if state == graph.NEVER else ""
        style = f"fill:{light},stroke:{strong},color:{INK}{dashes}"
        lines.append(f"  classDef {_class(state)} {style}")
    return "\n".join([*lines, f"  linkStyle default stroke:{LOUD},stroke-width:1px"]) + "\n"


def _class(state: str) -> str:
    return state.replace(" ", "_")


def _quoted(node: Node) -> str:
    """A label in which characters that mean something to Mermaid or HTML are given by number."""
    parts = [node.step, node.instance.words]
    parts += [node.state] if node.state != graph.FRESH else []
    return '"' + "<br/>".join(_coded(part) for part in parts if part) + '"'


def _coded(text: str) -> str:
    return "".join(c if c.isalnum() or c in " _-." else f"#{ord(c)};" for c in text)
