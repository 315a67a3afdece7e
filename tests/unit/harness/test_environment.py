import json

from tidemark.files import libraries
from tidemark.harness import environment
from tidemark.project import HERE

import numpy
import pytest
import sklearn
import yaml


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    environment._facts.cache_clear()
    yield
    environment._facts.cache_clear()


def test_libraries_are_those_imported_and_what_they_require():
    used = environment.behind({"sklearn", "yaml", "json"})
    assert used["scikit-learn"] == sklearn.__version__
    assert used["numpy"] == numpy.__version__, "scikit-learn requires it"
    assert used["pyyaml"] == yaml.__version__
    assert used["python"] == libraries.PYTHON
    assert not {"pandas", "matplotlib", "pytest"} & set(used)
    assert environment.behind(set()) == {"python": libraries.PYTHON}


def test_requirements_of_extras_do_not_count():
    texts = ["numpy>=1.26 ; python_version > '3.10'", "Foo_Bar[x]==1", 'dask; extra == "all"']
    assert environment._required(texts) == ["foo-bar", "numpy"]


def test_differences_are_those_of_the_named_libraries_only():
    now = libraries.installed()["numpy"]
    assert environment.differences(HERE, {"numpy": now}) == {}
    assert environment.differences(HERE, {"numpy": "0.1", "gone-library": "2.0"}) == {
        "numpy": ("0.1", now),
        "gone-library": ("2.0", "not installed"),
    }


def test_what_modules_belong_to_is_asked_again_when_something_was_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "SITE", tmp_path / "site")
    (tmp_path / "site").mkdir()
    assert "numpy" in environment._facts()["owners"]
    kept = json.loads(environment.FACTS.read_bytes())
    environment.FACTS.write_text(json.dumps(kept | {"owners": {}}))
    environment._facts.cache_clear()
    assert environment._facts()["owners"] == {}, "it was kept"
    (tmp_path / "site/new.dist-info").mkdir()
    environment._facts.cache_clear()
    assert "numpy" in environment._facts()["owners"]


@pytest.mark.parametrize("other", ["[]", {"format": 0}, {"format": environment.FORMAT + 1}])
def test_what_another_version_kept_of_libraries_is_gathered_anew(other):
    environment._facts()
    kept = json.loads(environment.FACTS.read_bytes())
    text = json.dumps({**kept, "owners": {}} | other) if isinstance(other, dict) else other
    environment.FACTS.write_text(text)
    environment._facts.cache_clear()
    assert "numpy" in environment._facts()["owners"]
    assert json.loads(environment.FACTS.read_bytes()) == kept
