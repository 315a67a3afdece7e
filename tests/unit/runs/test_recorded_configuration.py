"""The configuration of a record: every key, and no secret."""

import json
from dataclasses import asdict
from pathlib import Path

from tidemark.config import load, view
from tidemark.config.secrets import SECRET
from tidemark.project import Tree
from tidemark.runs import results

ROOT = Path(__file__).resolve().parents[3]


def test_a_record_and_so_a_baseline_says_of_a_secret_only_that_it_is_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tree = Tree(Path(), ROOT)
    text = (ROOT / "config.yaml").read_text("utf-8")
    text = text.replace("webhook: null", "webhook: https://chat.example/T0KEN")
    text = text.replace("# remote: s3://bucket/prefix", "remote: s3://t0ken/T0KEN")
    Path("config.yaml").write_text(text, "utf-8")
    whole = load.load(tree, "config.yaml")
    view.sync(tree, asdict(whole), load.makefile("config.yaml", whole, ()), 0)
    found = results.of(tree)
    config = dict(view.flattened(asdict(whole)))
    values = {key: json.loads(text) for key, text in config.items()}
    leaves = {key for key, value in values.items() if not isinstance(value, dict)}
    assert found["config"].keys() == leaves
    assert {key: found["config"][key] for key in SECRET} == dict.fromkeys(SECRET, "set")
    assert {key: found["config"][key] for key in leaves - SECRET} == {
        key: values[key] for key in leaves - SECRET
    }
    assert "t0ken" not in json.dumps(found).lower()
