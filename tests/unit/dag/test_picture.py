import re
import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

from tidemark.dag import graph, picture, promises
from tidemark.dag.graph import Node
from tidemark.dag.picture import HEIGHT, INK, PITCH
from tidemark.harness.instance import Instance
from tidemark.harness.reason import Cause, Reason
from tidemark.harness.record import Checkpoint

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[3]
KINDS = ("scenario", "model")
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def node(title, *makers, state=graph.FRESH, reasons=(), failure=(), record=True) -> Node:
    """A node titled e.g. `evaluate s m`, which reads one file from each maker named."""
    step, *values = title.split()
    return Node(
        Instance(step, dict(zip(KINDS, values, strict=False))),
        state=state,
        reasons=tuple(Reason(Cause.INPUT, reason) for reason in reasons),
        upstream={f"data/{maker}": maker for maker in makers},
        checkpoint=Checkpoint(Instance(step, {}), NOON, seconds=1.25) if record else None,
        failure="\n".join(failure),
    )


def by_name(*nodes: Node) -> dict[str, Node]:
    return {node.name: node for node in nodes}


def never(title, *makers) -> Node:
    return node(title, *makers, state=graph.NEVER, reasons=["never ran"], record=False)


def fan(scenarios, models) -> dict[str, Node]:
    """get -> clean per scenario -> fit per scenario and model -> report, which reads `get` too."""
    pairs = [(s, m) for s in scenarios for m in models]
    return by_name(
        *(node(f"fit {s} {m}", f"clean_{s}") for s, m in pairs),
        *(node(f"clean {s}", "get") for s in scenarios),
        node("report", "get", *(f"fit_{s}_{m}" for s, m in pairs)),
        node("get"),
    )


def steps(nodes, order=()) -> list[str]:
    return [column[0].step for column in picture.columns(nodes, order)]


def drawn(nodes) -> ElementTree.Element:
    return ElementTree.fromstring(picture.svg(nodes))


def tooltips(nodes) -> dict[str, list[str]]:
    told = [title.text.split("\n") for title in drawn(nodes).iter(f"{SVG}title")]
    return {lines[0]: lines[1:] for lines in told}


def texts(nodes) -> list[str]:
    return [text.text for text in drawn(nodes).iter(f"{SVG}text")]


def test_files_between_two_nodes_are_one_edge_and_strangers_none():
    reader = node("fit", "get", "gone")
    reader.upstream["data/second"] = "get"
    assert picture.edges(by_name(node("get"), reader)) == [("get", "fit")]


def test_a_column_stands_after_the_longest_way_to_it():
    assert steps(fan("a", "x")) == ["get", "clean", "fit", "report"]
    readers_first = by_name(node("a", "b", "d"), node("b", "c"), node("c", "d"), node("d"))
    assert steps(readers_first) == ["d", "c", "b", "a"]


def test_steps_of_one_depth_stand_in_the_order_told_then_by_name():
    nodes = by_name(*(node(name, "get") for name in ("b", "c", "a")), node("get"))
    assert steps(nodes) == ["get", "a", "b", "c"]
    assert steps(nodes, ["c", "b"]) == ["get", "c", "b", "a"]


def test_an_edge_within_a_step_moves_no_column():
    get, side = node("get"), node("side", "get")
    nodes = by_name(get, node("fit s x", "get"), node("fit s y", "fit_s_x"), side)
    assert steps(nodes) == ["get", "fit", "side"]
    boxes = picture.placed(nodes)
    path = picture.routes(boxes)["fit_s_x", "fit_s_y"]
    x, *_, to_x, _ = map(float, re.findall(r"[\d.]+", path))
    assert x == to_x == boxes["fit_s_x"].x


def test_instances_keep_their_order_and_stand_level_with_what_they_are_made_of():
    boxes = picture.placed(fan(["wet", "dry"], ["z", "a", "m"]))
    fits = [f"fit_{s}_{m}" for s in ("wet", "dry") for m in "zam"]
    heights = [boxes[name].y for name in fits]
    assert heights == sorted(heights)
    assert boxes["clean_wet"].y == boxes["fit_wet_a"].y
    assert boxes["clean_dry"].y == boxes["fit_dry_a"].y
    assert boxes["get"].y == boxes["report"].y == (heights[0] + heights[-1]) / 2
    assert heights[3] - heights[2] > heights[2] - heights[1] == PITCH


def test_instances_that_want_one_place_share_it_around_its_middle():
    pairs = ["fit a x", "fit a y", "fit b y", "fit b x"]
    models = [Node(Instance("of", {"model": name}), graph.FRESH, (), {}) for name in "xy"]
    boxes = picture.placed(by_name(*map(node, pairs), *models))
    middle = (boxes["fit_a_x"].y + boxes["fit_b_x"].y) / 2
    assert [boxes["of_x"].y, boxes["of_y"].y] == [middle - PITCH / 2, middle + PITCH / 2]


@st.composite
def graphs(draw) -> dict[str, Node]:
    """Up to five steps, each for no, one or two kinds of instances, that read any earlier ones."""
    names: list[str] = []
    nodes = []
    for step in "pqrst"[: draw(st.integers(1, 5))]:
        chosen = draw(st.sampled_from([[""], ["a", "b", "c"], ["a x", "a y", "b x", "b y", "c x"]]))
        before = list(names)
        for instance in chosen:
            makers = draw(st.lists(st.sampled_from(before), unique=True)) if before else []
            nodes.append(node(f"{step} {instance}", *makers, state=draw(st.sampled_from(STATES))))
            names.append(nodes[-1].name)
    return by_name(*draw(st.permutations(nodes)))


STATES = list(picture.COLOURS)


@given(graphs())
@settings(max_examples=60, deadline=None)
def test_no_box_touches_another_and_no_edge_crosses_one(nodes):
    boxes = picture.placed(nodes)
    standing = {}
    for box in boxes.values():
        standing.setdefault((box.x, box.right), []).append(box.y)
    for heights in standing.values():
        assert all(b - a > PITCH - 1e-6 for a, b in pairwise(heights))
    assert all(right < x for (_, right), (x, _) in pairwise(sorted(standing)))
    for (start, end), path in picture.routes(boxes).items():
        for y, to_x in re.findall(r"([-\d.]+)H([\d.]+)", path):
            (crossed,) = [at for sides, at in standing.items() if f"{sides[1]:g}" == to_x]
            assert all(abs(float(y) - middle) > HEIGHT / 2 + 1 for middle in crossed)
        assert path.startswith(f"M{boxes[start].right:g} ")
        assert path.endswith(f" {boxes[end].x:g} {boxes[end].y:g}")
        assert path.count("H") == boxes[end].column - boxes[start].column - 1


@given(graphs())
@settings(max_examples=20, deadline=None)
def test_all_is_within_the_picture_and_each_node_is_drawn_once(nodes):
    root = drawn(nodes)
    _, _, width, height = map(float, root.get("viewBox").split())
    for rect in root.iter(f"{SVG}rect"):
        x, y, w, h = (float(rect.get(key, 0)) for key in ("x", "y", "width", "height"))
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
    titles = [title.text.split("\n")[0] for title in root.iter(f"{SVG}title")]
    assert sorted(titles) == sorted(each.title for each in nodes.values())


CIRCLE = """
from tidemark.dag import picture
from tidemark.dag.graph import Node
from tidemark.harness.instance import Instance

def node(step, *makers):
    upstream = {maker: maker for maker in makers}
    return Node(Instance(step, {}), "fresh", (), upstream)

wired = {"p": "q", "q": "rs", "r": "pt", "s": "q", "t": "r", "u": "ps", "v": "u"}
nodes = {step: node(step, *makers) for step, makers in wired.items()}
print(picture.svg(nodes), picture.mermaid(nodes))
"""


def test_the_same_nodes_give_the_same_bytes_even_in_a_circle():
    outputs = {
        subprocess.check_output(
            [sys.executable, "-S", "-c", CIRCLE],
            env={"PYTHONPATH": str(ROOT / "scripts"), "PYTHONHASHSEED": str(seed)},
        )
        for seed in range(5)
    }
    assert len(outputs) == 1


def luminance(colour: str) -> float:
    """The relative luminance as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_each_state_has_colours_of_its_own_on_which_text_is_legible():
    states = {
        graph.FRESH, graph.STALE, graph.WAITING, graph.MISSING, graph.FAILED, graph.BLOCKED,
        graph.NEVER,
    }  # fmt: skip
    assert set(picture.COLOURS) == states
    for position in (0, 1):
        assert len({colour[position] for colour in picture.COLOURS.values()}) == len(states)
    for colour in picture.COLOURS.values():
        contrast = (luminance(colour.light) + 0.05) / (luminance(INK) + 0.05)
        assert contrast > 10


def test_what_is_not_fresh_says_so_in_words_and_the_legend_counts():
    nodes = by_name(node("a"), node("b"), node("c", state=graph.STALE, reasons=["code x.py"]))
    found = texts(nodes)
    assert found.count("stale") == 1
    assert "fresh" not in found
    assert found[:3] == ["3 steps", "2 fresh", "1 stale"]
    assert not [text for text in found if "0 " in text]
    (box,) = [g for g in drawn(nodes).iter(f"{SVG}g") if "stale" in [child.text for child in g]]
    assert box.find(f"{SVG}rect").get("fill") == picture.COLOURS[graph.STALE].light


def test_a_tooltip_gives_state_first_reason_and_seconds():
    nodes = by_name(
        node("get", state=graph.FAILED, failure=["no such file", "in full"], reasons=["x"]),
        node("clean s", "get", state=graph.BLOCKED),
        node("fit s m", state=graph.STALE, reasons=["config models.m.alpha", "code f.py"]),
        node("test s m", "clean_t", "fit_s_m", state=graph.WAITING),
        node("report", "test_s_m", state=graph.WAITING),
        node("clean t"),
        never("clean u"),
        node("clean v", "clean_u"),
    )
    assert tooltips(nodes) == {
        "get": ["failed", "no such file", "1.2 s"],
        "clean s": ["blocked", "data/get <- get <- no such file", "1.2 s"],
        "fit s m": ["stale", "config models.m.alpha", "1.2 s"],
        "test s m": ["waiting", "data/fit_s_m <- fit s m <- config models.m.alpha", "1.2 s"],
        "report": [
            "waiting",
            "data/test_s_m <- test s m <- data/fit_s_m <- fit s m <- config models.m.alpha",
            "1.2 s",
        ],
        "clean t": ["fresh", "1.2 s"],
        "clean u": ["never run", "never ran", "not timed yet"],
        "clean v": ["fresh", "1.2 s"],
    }


def test_signs_of_xml_and_control_characters_do_no_harm():
    reason = "config a <b> & \"c\" 'd' \x1b[31m \ud800"
    nodes = by_name(node("a", state=graph.STALE, reasons=[reason]))
    assert tooltips(nodes)["a"][1] == "config a <b> & \"c\" 'd' ?[31m ?"
    picture.svg(nodes).encode()


def dashed(nodes) -> int:
    groups = [g for g in drawn(nodes).iter(f"{SVG}g") if g.get("stroke-dasharray")]
    return sum(len(g.findall(f"{SVG}path")) for g in groups)


def test_only_edges_that_were_not_observed_are_dashed():
    nodes = by_name(node("get"), node("a", "get"), never("b", "get"), node("end", "a", "b"))
    assert dashed(nodes) == 2, "get -> b and b -> end"
    assert picture.PROMISED in texts(nodes)
    told = picture.mermaid(nodes)
    assert re.findall(r"^  (.*-\.->.*)$", told, re.M) == ["get -.-> b", "b -.-> end"]
    assert re.findall(r"^  (.* --> .*)$", told, re.M) == ["get --> a", "a --> end"]
    seen = by_name(node("get"), node("a", "get"))
    assert dashed(seen) == 0
    assert picture.PROMISED not in texts(seen)


def test_edges_from_what_is_not_fresh_stand_out():
    nodes = by_name(node("get"), node("a", "get", state=graph.STALE, reasons=["x"]), node("b", "a"))
    groups = [g for g in drawn(nodes).iter(f"{SVG}g") if g.get("marker-end")]
    paths = picture.routes(picture.placed(nodes))
    assert {g.get("stroke"): [path.get("d") for path in g] for g in groups} == {
        picture.QUIET: [paths["get", "a"]],
        picture.LOUD: [paths["a", "b"]],
    }


def test_mermaid_declares_each_node_once_with_its_state():
    nodes = fan(["s"], ["x"]) | by_name(never("fit s y", "clean_s"))
    lines = picture.mermaid(nodes).splitlines()
    assert lines[3:5] == ["flowchart LR", "  %% 5 steps: 4 fresh, 1 never run"]
    assert '  fit_s_x["fit<br/>s x"]:::fresh' in lines
    assert '  fit_s_y["fit<br/>s y<br/>never run"]:::never_run' in lines
    assert '  get["get"]:::fresh' in lines
    assert sum("]:::" in line for line in lines) == len(nodes)
    assert [line.split()[1] for line in lines if "classDef" in line] == ["fresh", "never_run"]


def test_mermaid_labels_hold_no_signs_of_mermaid_or_html():
    (line,) = [
        line for line in picture.mermaid(by_name(node('a <b>"#'))).splitlines() if ":::" in line
    ]
    assert line.endswith('["a<br/>#60;b#62;#34;#35;"]:::fresh')


DATABASE = """
# Variables
define SCENARIO
artifacts/clean_$1.ok: data/wrong

# Files
artifacts/clean_s.ok: data/raw.parquet schemas/raw.json FORCE | artifacts/check.ok
#  Implicit rule search has not been done: at all
\t@echo a: b
data/raw.parquet: artifacts/get.ok
artifacts/get.ok: data/sample/raw.csv FORCE
schemas/raw.json:
"""


def test_rules_are_read_from_what_make_prints():
    assert promises.parsed(DATABASE) == {
        "artifacts/clean_s.ok": (
            ["data/raw.parquet", "schemas/raw.json", "FORCE"],
            ["artifacts/check.ok"],
        ),
        "data/raw.parquet": (["artifacts/get.ok"], []),
        "artifacts/get.ok": (["data/sample/raw.csv", "FORCE"], []),
    }


@pytest.mark.parametrize(
    ("seen", "makers", "before"),
    [
        ({}, ["get"], ["check"]),
        ({"get": []}, ["get"], ["check"]),
        ({"get": [], "clean_s": []}, [], []),
        ({"clean_s": []}, ["get"], []),
        ({"other": [], "clean_s": ["other"]}, ["other", "get"], []),
    ],
)
def test_promises_stand_in_for_what_was_not_observed(seen, makers, before):
    """A surveyed graph; `seen` gives the makers of what each step read, one file from each."""
    ran = {
        name: graph.Links([f"data/{maker}" for maker in read], [f"data/{name}"])
        for name, read in seen.items()
    }
    wanted = ("clean_s", "get", "check", "other")
    ties = graph._ties(wanted, ran, promises.parsed(DATABASE))
    assert list(ties["clean_s"].upstream.values()) == makers
    assert list(ties["clean_s"].before.values()) == before
    assert ties["get"].outputs == (("data/get",) if "get" in seen else ("data/raw.parquet",))
