import os
import time
from pathlib import Path

from tidemark.config import view as config
from tidemark.errors import InputError
from tidemark.project import HERE

import pytest

TREE = {"seed": 7, "models": {"ridge": {"alpha": 1.0, "grid": None}, "mean": {}}, "list": [1, 2]}


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config.sync(HERE, TREE, "# makefile\n", time.time_ns())


def test_a_leaf_is_recorded_when_read():
    seen: dict[str, object] = {}
    view = config.View(config.stored(HERE), seen)
    section = view["models"]
    assert seen == {}
    assert section["ridge"]["alpha"] == 1.0
    assert seen == {"models.ridge.alpha": 1.0}


def test_listing_a_section_records_its_keys_but_no_values():
    seen: dict[str, object] = {}
    assert list(config.View(config.stored(HERE), seen)["models"]) == ["ridge", "mean"]
    assert seen == {"models": {"keys": ["ridge", "mean"]}}


def test_plain_records_everything_below():
    seen: dict[str, object] = {}
    assert config.plain(config.View(config.stored(HERE), seen)["models"]) == TREE["models"]
    assert set(seen) == {
        "models",
        "models.ridge",
        "models.ridge.alpha",
        "models.ridge.grid",
        "models.mean",
    }


def test_that_a_key_is_missing_is_recorded_too():
    seen: dict[str, object] = {}
    assert "beta" not in config.View(config.stored(HERE), seen)["models"]["ridge"]
    assert seen == {"models.ridge": {"keys": ["alpha", "grid"]}}


def test_only_files_of_changed_keys_are_touched():
    times = {path.name: path.stat().st_mtime_ns for path in config.KEYS.iterdir()}
    for path in config.KEYS.iterdir():
        os.utime(path, ns=(1, 1))
    edited = {"seed": 7, "models": {"ridge": {"alpha": 2.0, "grid": None}}, "list": [1, 2]}
    changed = config.sync(HERE, edited, "", 1)
    assert sorted(changed) == [
        "models",
        "models.mean",
        "models.ridge.alpha",
    ]
    touched = {p.name for p in config.KEYS.iterdir() if p.stat().st_mtime_ns != 1}
    assert touched == {"models", "models.ridge.alpha"}
    assert set(times) - {p.name for p in config.KEYS.iterdir()} == {"models.mean"}


def test_the_makefile_is_as_old_as_the_reading_of_the_configuration():
    config.sync(HERE, TREE, "", 1_500_000_000_000_000_000)
    assert Path("artifacts/config.mk").stat().st_mtime_ns == 1_500_000_000_000_000_000


def test_another_configuration_in_the_same_tree_is_refused():
    config.sync(HERE, TREE, config.naming("a.yaml"), 1)
    config.must_be_of(HERE, "a.yaml")
    config.must_be_of(HERE, None)
    with pytest.raises(InputError, match=r"b\.yaml: another make with another CONFIG"):
        config.must_be_of(HERE, "b.yaml")


def edited(before, after, unwritten=()):
    """What is said to have changed; `unwritten` are defaults that neither file contains."""
    config.sync(HERE, before, "", 1)
    written = {key for key, _ in config.flattened(after)} - set(unwritten)
    return config.named(config.sync(HERE, after, "", 1), written)


def test_an_edit_is_named_without_defaults_that_nobody_wrote():
    models = {"mean": {"fallback": None}}
    second = {"alpha": 9.0, "fallback": None}
    more = models | {"second": second}
    default = ["models.second.fallback"]
    assert edited({"models": models}, {"models": more}, default) == ["models.second.alpha"]
    assert edited({"models": more}, {"models": models}) == ["models.second"]
    written = {"models": models | {"second": second | {"fallback": "mean"}}}
    assert edited({"models": more}, written) == ["models.second.fallback"]
    assert edited(written, {"models": more}, default) == ["models.second.fallback"]
    assert edited({"models": models}, {"models": models | {"x": {}}}) == ["models.x"]
    assert edited({"models": more}, {"models": more | {"new": 1}}, ["models.new"]) == []
    swapped = {"models": {"second": second, "mean": models["mean"]}}
    assert edited({"models": more}, swapped) == ["models"]
    assert edited({"grid": None}, {"grid": {"alpha": [1]}}) == ["grid.alpha"]
    assert edited({"grid": {"alpha": [1]}}, {"grid": None}, ["grid"]) == ["grid.alpha"]
