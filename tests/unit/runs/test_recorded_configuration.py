"""The configuration of a record: every key, and no secret."""

import json
from dataclasses import asdict
from pathlib import Path

from tidemark.config import load, view
from tidemark.config.secrets import is_secret
from tidemark.project import Tree
from tidemark.runs import results

ROOT = Path(__file__).resolve().parents[3]


def test_a_record_and_so_a_baseline_says_of_a_secret_only_that_it_is_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tree = Tree(Path(), ROOT)
    text = (ROOT / "config.yaml").read_text("utf-8")
    channels = 'channels: {ML Eng: [{to: "json://chat.example/T0KEN"}]}'
    text = text.replace("webhook: null", f"webhook: https://chat.example/T0KEN\n  {channels}")
    text = text.replace("# remote: s3://bucket/prefix", "remote: s3://t0ken/T0KEN")
    text = text.replace("postgres: null ", "postgres: {address: postgresql://t0ken@db/T0KEN} ")
    Path("config.yaml").write_text(text, "utf-8")
    whole = load.load(tree, "config.yaml")
    view.sync(tree, asdict(whole), load.makefile("config.yaml", whole, ()), 0)
    found = results.of(tree)
    config = dict(view.flattened(asdict(whole)))
    values = {key: json.loads(text) for key, text in config.items()}
    leaves = {key for key, value in values.items() if not isinstance(value, dict)}
    assert found["config"].keys() == leaves
    secret = {key for key in leaves if is_secret(key)}
    mirrors = {key for key in leaves if key.startswith("mirror.postgres.")}
    assert "mirror.postgres.address" in mirrors
    assert secret == {"alerts.webhook", "alerts.channels.ML Eng", "store.remote", *mirrors}
    assert found["config"] == {
        key: "set" if key in secret and values[key] is not None else values[key]
        for key in sorted(leaves)
    }
    assert "t0ken" not in json.dumps(found).lower()
