"""Only raw data that the gate let pass are used."""

from tidemark.errors import InputError
from tidemark.validation import passed

import pytest


def test_only_what_was_let_pass_is_used():
    note = passed.note("a1")
    passed.require("data/raw/prices.parquet", "a1", note)
    with pytest.raises(InputError, match="make data_gate") as refused:
        passed.require("data/raw/prices.parquet", "b2", note)
    assert refused.value.where == "data/raw/prices.parquet"
