"""The DAG of steps from top to bottom, as SVG: a box a step, however many instances it has.

A step stands below all that it reads from. An arrow that others lead along already is left out.
Long arrows have a place of their own in each row that they pass, so they cross no box. Lengths are
pixels. The same steps in the same order give the same text.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

BOX, HEIGHT = 186, 46
PASSAGE = 14  # width of what an arrow takes in a row
GAP, DOWN = 22, 34  # between boxes; between rows
MARGIN = 12
SWEEPS = 8


@dataclass(frozen=True)
class Box:
    """A step.

    Attributes:
        name: of the step.
        state: the worst of its instances; chooses the colour.
        told: second line: how many are in which state, and what they took.
        link: where the box leads.
    """

    name: str
    state: str
    told: str
    link: str


Place = str | tuple[str, str, int]  # a step, or where an arrow passes: from, to, row


def rows(after: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """The steps, each in the row after the last of those that it reads from.

    Args:
        after: by step, those that it reads from; steps that come before in the mapping.
    """
    depth: dict[str, int] = {}
    for step, makers in after.items():
        depth[step] = 1 + max((depth[maker] for maker in makers if maker in depth), default=-1)
    found: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for step, row in depth.items():
        found[row].append(step)
    return found


def reduced(after: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Pairs of maker and reader without those that a longer way connects."""
    behind: dict[str, set[str]] = {}  # all that a step depends on
    pairs = []
    for step, makers in after.items():
        known = [maker for maker in makers if maker in behind]
        farther = {other for maker in known for other in behind[maker]}
        pairs += [(maker, step) for maker in known if maker not in farther]
        behind[step] = farther.union(known)
    return pairs


def svg(boxes: Sequence[Box], after: Mapping[str, Sequence[str]], told: str) -> Markup:
    """The picture; `told` is what it shows, for who does not see it."""
    by_name = {box.name: box for box in boxes}
    levels, ways = _levels(rows(after), reduced(after))
    middles = _middles(levels)
    width = max((middles[last] + _width(last) / 2 for *_, last in levels), default=0) + MARGIN
    height = len(levels) * (HEIGHT + DOWN) - DOWN + 2 * MARGIN if levels else 2 * MARGIN
    tops = {
        place: MARGIN + row * (HEIGHT + DOWN) for row, level in enumerate(levels) for place in level
    }
    arrows = [_arrow(way, middles, tops) for way in ways]
    drawn = [
        _drawn(by_name[place], middles[place], tops[place])
        for level in levels
        for place in level
        if isinstance(place, str)
    ]
    head = Markup(
        '<svg class="run-flow" width="{0:.0f}" height="{1:.0f}" viewBox="0 0 {0:.0f} {1:.0f}"'
        ' role="group" aria-label="{2}"><defs><marker id="run-tip" viewBox="0 0 6 6" refX="5.5"'
        ' refY="3" markerWidth="6" markerHeight="6" orient="auto">'
        '<path class="run-tip" d="M0 0.5L6 3L0 5.5z"/></marker></defs>'
    )
    shapes = [head.format(width, height, told), *arrows, *drawn, Markup("</svg>")]
    return Markup().join(shapes)


def _levels(
    steps: Sequence[Sequence[str]], pairs: Sequence[tuple[str, str]]
) -> tuple[list[list[Place]], list[list[Place]]]:
    """The rows with passages for long arrows, in an order with few crossings; and the arrows' ways.

    Each sweep puts a row in the order of the means of its neighbours' places, in turn those above
    and those below.
    """
    row_of = {step: row for row, level in enumerate(steps) for step in level}
    levels: list[list[Place]] = [list(level) for level in steps]
    ways: list[list[Place]] = []
    for maker, reader in pairs:
        passages: list[Place] = []
        for row in range(row_of[maker] + 1, row_of[reader]):
            passages.append((maker, reader, row))
            levels[row].append(passages[-1])
        ways.append([maker, *passages, reader])
    above: dict[Place, list[Place]] = defaultdict(list)
    below: dict[Place, list[Place]] = defaultdict(list)
    for way in ways:
        for one, next_one in pairwise(way):
            above[next_one].append(one)
            below[one].append(next_one)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for number in range(len(levels)) if down else reversed(range(len(levels))):
            middles = _middles(levels)
            neighbours = above if down else below
            levels[number].sort(key=lambda place: _mean(place, neighbours[place], middles))
    return levels, ways


def _mean(place: Place, neighbours: Sequence[Place], middles: Mapping[Place, float]) -> float:
    near = [middles[other] for other in neighbours] or [middles[place]]
    return sum(near) / len(near)


def _width(place: Place) -> int:
    return BOX if isinstance(place, str) else PASSAGE


def _middles(levels: Sequence[Sequence[Place]]) -> dict[Place, float]:
    """Where each place has its middle; all rows have the same one."""
    lengths = [sum(map(_width, level)) + GAP * (len(level) - 1) for level in levels]
    widest = max(lengths, default=0)
    middles: dict[Place, float] = {}
    for level, length in zip(levels, lengths, strict=True):
        x = MARGIN + (widest - length) / 2
        for place in level:
            middles[place] = x + _width(place) / 2
            x += _width(place) + GAP
    return middles


def _arrow(
    way: Sequence[Place], middles: Mapping[Place, float], tops: Mapping[Place, float]
) -> Markup:
    first, *others = way
    x, y = middles[first], tops[first] + HEIGHT
    path = [f"M{x:.1f} {y:.1f}"]
    for place in others:
        to_x, to_y = middles[place], tops[place]
        bend = (to_y - y) / 2
        path.append(f"C{x:.1f} {y + bend:.1f} {to_x:.1f} {to_y - bend:.1f} {to_x:.1f} {to_y:.1f}")
        x, y = to_x, to_y
        if place is not way[-1]:
            y += HEIGHT
            path.append(f"V{y:.1f}")
    return Markup('<path class="run-arrow" d="{}" marker-end="url(#run-tip)"/>').format(
        "".join(path)
    )


def _drawn(box: Box, middle: float, top: float) -> Markup:
    left = middle - BOX / 2
    return Markup(
        '<a class="run-box state-{state}" href="#{link}">'
        '<rect class="run-card" x="{left:.1f}" y="{top:.1f}" width="{width}" height="{height}"'
        ' rx="6"/>'
        '<rect class="run-bar" x="{left:.1f}" y="{top:.1f}" width="6" height="{height}" rx="3"/>'
        '<text class="run-name" x="{text:.1f}" y="{first:.1f}">{name}</text>'
        '<text class="run-told" x="{text:.1f}" y="{second:.1f}">{told}</text></a>'
    ).format(
        state=box.state.replace(" ", "-"), link=box.link, left=left, top=top, width=BOX,
        height=HEIGHT, text=left + 16, first=top + 19, second=top + 36, name=box.name,
        told=box.told,
    )  # fmt: skip
