"""What may be a secret is a key of the configuration, and others see only whether it is set."""

from dataclasses import asdict
from pathlib import Path

from tidemark.config import load, view
from tidemark.config.secrets import SECRET, public
from tidemark.project import Tree

import pytest

ROOT = Path(__file__).resolve().parents[3]


def test_what_is_secret_is_a_key_of_the_configuration():
    shipped = load.load(Tree(Path(), ROOT), str(ROOT / "config.yaml"))
    assert dict(view.flattened(asdict(shipped))).keys() > SECRET


@pytest.mark.parametrize("key", sorted(SECRET))
def test_of_a_secret_others_see_only_whether_it_is_set(key):
    assert (public(key, "T0KEN"), public(key, None)) == ("set", None)
    assert public(f"{key}_seconds", 10.0) == 10.0
