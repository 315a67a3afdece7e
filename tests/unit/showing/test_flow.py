"""The DAG of steps, drawn: rows, arrows, and boxes that nothing crosses."""

import re
from itertools import pairwise
from xml.etree import ElementTree

from tidemark.showing import flow
from tidemark.showing.flow import Box

AFTER = {
    "fetch": [],
    "clean": ["fetch"],
    "markets": ["fetch"],
    "train": ["clean", "fetch"],
    "test": ["train", "clean"],
    "reports": ["test", "markets", "fetch"],
}


def boxes(names, state="fresh"):
    return [Box(name, state, f"1 {state}", f"step-{name}") for name in names]


def test_a_step_stands_below_all_that_it_reads_from():
    assert flow.rows(AFTER) == [["fetch"], ["clean", "markets"], ["train"], ["test"], ["reports"]]
    assert flow.rows({}) == []


def test_arrows_that_others_lead_along_are_left_out():
    assert flow.reduced(AFTER) == [
        ("fetch", "clean"), ("fetch", "markets"), ("clean", "train"), ("train", "test"),
        ("test", "reports"), ("markets", "reports"),
    ]  # fmt: skip


def test_the_picture_is_xml_in_which_each_box_leads_to_its_step():
    root = ElementTree.fromstring(flow.svg(boxes(AFTER), AFTER, "the steps"))
    links = [link for link in root.iter() if link.tag.endswith("a")]
    assert sorted(link.get("href") for link in links) == sorted(f"#step-{name}" for name in AFTER)
    assert len([path for path in root.iter() if path.get("class") == "run-arrow"]) == 6


def test_no_two_boxes_overlap_and_no_arrow_crosses_one():
    picture = flow.svg(boxes(AFTER), AFTER, "the steps")
    cards = re.findall(r'run-card" x="([\d.]+)" y="([\d.]+)"', picture)
    places = sorted((float(y), float(x)) for x, y in cards)
    for (y, x), (next_y, next_x) in pairwise(places):
        assert next_y > y or next_x >= x + flow.BOX + flow.GAP
    for path in re.findall(r'run-arrow" d="([^"]+)"', picture):
        for x, from_y, to_y in re.findall(r" ([\d.]+) ([\d.]+)V([\d.]+)", path):
            level = [left for top, left in places if float(from_y) <= top < float(to_y)]
            assert all(not left <= float(x) <= left + flow.BOX for left in level)


def test_the_same_steps_give_the_same_picture_and_hostile_names_stay_text():
    assert flow.svg(boxes(AFTER), AFTER, "x") == flow.svg(boxes(AFTER), AFTER, "x")
    name = '"><script>x</script>'
    picture = flow.svg(boxes([name]), {name: []}, name)
    assert "<script>" not in picture
    ElementTree.fromstring(picture)


def test_steps_that_seem_to_go_in_a_circle_are_drawn_all_the_same():
    after = {"a": ["b"], "b": ["a"]}
    assert flow.svg(boxes(after), after, "x").count("run-card") == 2
