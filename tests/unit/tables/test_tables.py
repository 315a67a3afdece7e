"""Tables as they are declared: once, and with words for everything in them."""

from tidemark.config.kinds import KINDS, paths
from tidemark.tables.catalogue import ITSELF, SUBJECTS, TABLES, files

import pytest


def test_a_pattern_stands_for_each_instance_in_the_order_of_the_configuration():
    names = {"scenario": ["plain", "odd"], "model": ["svr", "mean"]}
    assert list(paths("metrics/{scenario}_{model}.json", names)) == [
        *("metrics/plain_svr.json", "metrics/plain_mean.json"),
        *("metrics/odd_svr.json", "metrics/odd_mean.json"),
    ]
    assert list(paths("metrics/whole.json", names)) == ["metrics/whole.json"]


def test_files_of_several_tables_are_listed_once():
    assert len(files()) == len(set(files()))
    assert {"metrics/assessment/summary.json", "metrics/{scenario}_{model}.json"} <= {*files()}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_what_a_table_declares_is_said_in_words(table):
    assert table.about.endswith(".")
    assert table.columns
    assert all(column.about for column in table.columns.values())
    assert all(list(paths(path, dict.fromkeys(KINDS, ("x",)))) for path in table.files())


def test_no_table_is_declared_twice():
    declared = [table.name for subject in SUBJECTS for table in subject.TABLES]
    assert sorted([ITSELF.name, *declared]) == sorted(TABLES)
