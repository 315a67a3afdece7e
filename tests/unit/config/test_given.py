"""A parameter that pure code refuses, told to the user by file, line and key."""

from tidemark.config import given
from tidemark.errors import BadValue
from tidemark.project import Tree

import pytest

CONFIG = """\
seed: 7
assess:
  blocks: 16
  weights: {calmar: 0}
"""


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "artifacts/config.mk").write_text(
        "# made\noverride CONFIG_FILE := my.yaml\nX := y\n"
    )
    (tmp_path / "my.yaml").write_text(CONFIG)
    return Tree(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("section", "parameter", "told"),
    [
        ("assess", "blocks", "my.yaml:3:3: assess.blocks: is odd. Cure: add one"),
        ("assess", "weights.calmar", "my.yaml:4:13: assess.weights.calmar: is odd. Cure: add one"),
        ("assess", "block_length", "my.yaml:2:1: assess.block_length: is odd. Cure: add one"),
        ("assess", "", "my.yaml:2:1: assess: is odd. Cure: add one"),
        ("evaluate", "level", "my.yaml:1:1: evaluate.level: is odd. Cure: add one"),
    ],
)
def test_the_nearest_key_that_is_in_the_file(tree, section, parameter, told):
    assert str(given.refusal(tree, section, BadValue(parameter, "is odd", "add one"))) == told


@pytest.mark.parametrize("damage", [b"a: [", None])
def test_a_file_that_was_edited_since_is_named_all_the_same(tree, damage):
    (tree / "my.yaml").unlink()
    if damage is not None:
        (tree / "my.yaml").write_bytes(damage)
    refusal = given.refusal(tree, "assess", BadValue("blocks", "is odd", "add one"))
    assert str(refusal) == "my.yaml: assess.blocks: is odd. Cure: add one"
