import json

from tidemark import environment

import numpy
import sklearn
import yaml


def test_libraries_go_by_the_names_of_package_indexes():
    used = environment.used()
    assert used["numpy"] == numpy.__version__
    assert used["scikit-learn"] == sklearn.__version__
    assert used["pyyaml"] == yaml.__version__
    assert used["python"] == environment.PYTHON
    assert "pip" not in used


def test_differences_are_those_of_the_named_libraries_only():
    now = environment.installed()["numpy"]
    assert environment.differences({"numpy": now}) == {}
    assert environment.differences({"numpy": "0.1", "gone-library": "2.0"}) == {
        "numpy": ("0.1", now),
        "gone-library": ("2.0", "not installed"),
    }


def test_what_modules_belong_to_is_asked_again_when_something_was_installed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(environment, "SITE", tmp_path / "site")
    monkeypatch.setattr(environment, "OWNERS", tmp_path / "owners")
    (tmp_path / "site").mkdir()
    environment._owners.cache_clear()
    assert "numpy" in environment._owners()
    kept = json.loads(environment.OWNERS.read_bytes())
    environment.OWNERS.write_text(json.dumps(kept | {"owners": {}}))
    environment._owners.cache_clear()
    assert environment._owners() == {}, "it was kept"
    (tmp_path / "site/new.dist-info").mkdir()
    environment._owners.cache_clear()
    assert "numpy" in environment._owners()
    environment._owners.cache_clear()
