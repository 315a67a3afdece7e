"""A YAML file with other values, and its remarks."""

from pathlib import Path

from tidemark.adopting.proposal.rewriting import rewritten
from tidemark.config import yaml_lines

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[3]
CONFIG = (ROOT / "config.yaml").read_text("utf-8")


SECTION = CONFIG[CONFIG.index("# --- Data") : CONFIG.index("    treasury:")]


def said(text: str) -> dict:
    document, _ = yaml_lines.parse("", text.encode())
    return document


def test_the_same_values_are_the_same_text():
    assert rewritten(CONFIG, said(CONFIG)) == CONFIG


@pytest.mark.parametrize(
    ("text", "values", "wanted"),
    [
        ("a: 1      # why\nb: 2\n", {"a": "x", "b": 2}, "a: x      # why\nb: 2\n"),
        ("a: 1  # why\n", {"a": "longer"}, "a: longer  # why\n"),
        ("a: 1\nb: 2\n", {"a": 1, "new": [1, "no: x"], "b": 2}, 'a: 1\nnew: [1, "no: x"]\nb: 2\n'),
        ("b: 2\n", {"a": {"x": None}, "b": 2}, "a: {x: null}\nb: 2\n"),
        ("a: # why\n  x: 1\n  # y\n  y: 2\n\n# b\nb: 1\n", {"a": None, "b": 1},
         "a: null  # why\n\n# b\nb: 1\n"),
        ("a:\n  # x and y\n  x: 1\n  y: 2\n  # z\n  z: 3\n", {"a": {"z": 3}},
         "a:\n  # z\n  z: 3\n"),
        ("a:\n  # x and y\n  x: 1\n  y: 2\n", {"a": {"y": 2}}, "a:\n  # x and y\n  y: 2\n"),
        ("a:\n  x: 1\nb: 2\n", {"a": {"x": 1, "y": 2}, "c": 3, "b": 2},
         "a:\n  x: 1\n  y: 2\nc: 3\nb: 2\n"),
        ("a:\nb: 1\n", {"a": "NULL", "b": 1}, "a: NULL\nb: 1\n"),
        ("a:\n- 1  # one\n- 2\nb: 1\n", {"a": [1], "b": 1}, "a: [1]\nb: 1\n"),
        ("a: {x: 1,\n    y: 2}  # why\nb: 1", {"a": {"x": True}, "b": 1},
         "a: {x: true}  # why\nb: 1\n"),
    ],
)  # fmt: skip
def test_what_stays_keeps_its_remarks(text, values, wanted):
    assert rewritten(text, values) == wanted
    assert said(wanted) == values


WORDS = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=6)
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(
    [0.5, -1e-6, 1e22, "NO", "12:30", "2013-03-01", "0123", "1e3", "~", "*", "Adj Close", "-"]
) | WORDS  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcde"), inner, max_size=4)
    ),
    max_leaves=6,
)


@settings(max_examples=30, deadline=None)  # a busy machine reads YAML slowly
@given(st.dictionaries(st.sampled_from(["path", "form", "bar", "columns"]), VALUES))
def test_any_values_are_said_as_they_are(values):
    document = said(SECTION)
    wanted = {"new": values, "fetch_data": {**document["fetch_data"], "prices": values}}
    text = rewritten(SECTION, wanted)
    assert said(text) == wanted
    assert text.startswith(SECTION.splitlines()[0])
