"""What instances of steps are of, and what they are called."""

from tidemark.config import kinds
from tidemark.harness.instance import Instance

import pytest

RIDGE = Instance("evaluate", {"scenario": "median_impute", "model": "ridge"})
ONLY = Instance("assess", {})


def test_names_in_files_to_people_and_for_commands():
    assert (RIDGE.name, ONLY.name) == ("evaluate_median_impute_ridge", "assess")
    assert RIDGE.stem == "median_impute_ridge"
    assert (RIDGE.words, ONLY.words) == ("median_impute ridge", "")
    assert (RIDGE.title, ONLY.title) == ("evaluate median_impute ridge", "assess")


@pytest.mark.parametrize("instance", [RIDGE, ONLY], ids=["of a scenario and model", "single"])
def test_a_command_starts_the_instance_that_it_was_made_of(instance):
    assert Instance.of(instance.command) == instance


@pytest.mark.parametrize("kind", kinds.KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_finds_its_names_in_a_configuration(kind):
    section, named = kind.plural, {"b": {}, "a": {}}
    if kind.name == "source":
        section = "fetch_data"
        named = {"prices": {"path": ""}, "corporate_actions": None, "economic": named}
    found = kind.names({section: named})
    assert found == ["prices"] * (kind.name == "source") + ["b", "a"]
    assert kind.names({}) == []
