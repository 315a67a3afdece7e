"""What may be a secret is a key of the configuration, and others see only whether it is set."""

from dataclasses import asdict
from pathlib import Path

from tidemark.config import load, view
from tidemark.config.secrets import SECRET, public, redacted
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


def test_what_lies_below_a_secret_is_one():
    """A channel's owner is a part of the key, and may have a dot in its name."""
    assert public("alerts.channels.Data Eng.x", [{"to": "slack://T0KEN"}]) == "set"
    assert public("alerts.owners.Data Eng", ["plots"]) == ["plots"]


def test_a_text_is_shown_without_the_values_of_secrets(tmp_path):
    keys = tmp_path / view.KEYS
    keys.mkdir(parents=True)
    (keys / "alerts.webhook").write_text('"https://h.example/T0KEN"')
    (keys / "alerts.channels.A").write_text('[{"to": "slack://T0KEN/x", "severity": "info"}]')
    (keys / "store.remote").write_text("null")
    told = "info: https://h.example/T0KEN, slack://T0KEN/x, mine://T0KEN"
    shown = redacted(Tree(tmp_path, tmp_path), told, ["mine://T0KEN"])
    assert shown == "info: [secret], [secret], [secret]"
