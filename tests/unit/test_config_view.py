import os
from pathlib import Path

import pytest

from tidemark import config

TREE = {"seed": 7, "models": {"ridge": {"alpha": 1.0, "grid": None}, "mean": {}}, "list": [1, 2]}


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config.sync(TREE, "# makefile\n")


def test_a_leaf_is_recorded_when_read():
    seen: dict[str, object] = {}
    view = config.View(seen)
    section = view["models"]
    assert seen == {}
    assert section["ridge"]["alpha"] == 1.0
    assert seen == {"models.ridge.alpha": 1.0}


def test_listing_a_section_records_its_keys_but_no_values():
    seen: dict[str, object] = {}
    assert list(config.View(seen)["models"]) == ["ridge", "mean"]
    assert seen == {"models": {"keys": ["ridge", "mean"]}}


def test_plain_records_everything_below():
    seen: dict[str, object] = {}
    assert config.plain(config.View(seen)["models"]) == TREE["models"]
    assert set(seen) == {
        "models",
        "models.ridge",
        "models.ridge.alpha",
        "models.ridge.grid",
        "models.mean",
    }


def test_that_a_key_is_missing_is_recorded_too():
    seen: dict[str, object] = {}
    assert "beta" not in config.View(seen)["models"]["ridge"]
    assert seen == {"models.ridge": {"keys": ["alpha", "grid"]}}


def test_only_files_of_changed_keys_are_touched():
    times = {path.name: path.stat().st_mtime_ns for path in config.KEYS.iterdir()}
    for path in config.KEYS.iterdir():
        os.utime(path, ns=(1, 1))
    edited = {"seed": 7, "models": {"ridge": {"alpha": 2.0, "grid": None}}, "list": [1, 2]}
    assert sorted(config.sync(edited, "")) == ["models", "models.mean", "models.ridge.alpha"]
    touched = {p.name for p in config.KEYS.iterdir() if p.stat().st_mtime_ns != 1}
    assert touched == {"models", "models.ridge.alpha"}
    assert set(times) - {p.name for p in config.KEYS.iterdir()} == {"models.mean"}


def test_the_makefile_is_newer_than_its_keys():
    newest = max(path.stat().st_mtime_ns for path in config.KEYS.iterdir())
    assert Path("artifacts/config.mk").stat().st_mtime_ns >= newest
