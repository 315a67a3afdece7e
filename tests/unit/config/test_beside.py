"""Schemas and the contract beside a configuration."""

import shutil
from pathlib import Path

from tidemark.config import beside, load
from tidemark.config.fault import Problem
from tidemark.errors import InputError
from tidemark.features import contract
from tidemark.files import decisions
from tidemark.project import Tree

import pytest

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = (ROOT / "config.yaml").read_text("utf-8")
CONTRACT = "schemas/feature_contract.yaml"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "schemas", "schemas")
    return Tree(tmp_path, ROOT)


def edit(path: str, old: str, new: str) -> None:
    text = Path(path).read_text("utf-8")
    assert old in text
    Path(path).write_text(text.replace(old, new, 1), "utf-8")


def faults(tree: Tree, text: str = SHIPPED, path: str = "config.yaml"):
    Path(path).write_text(text, "utf-8")
    return beside.faults_of(tree, path, load.load(tree, path))


def test_what_ships_fits(tree):
    assert faults(tree) == []


def test_a_schema_that_changed_must_be_acknowledged(tree):
    edit("schemas/prices.json", '"min_rows": 250', '"min_rows": 25')
    (fault,) = faults(tree)
    assert fault.problem is Problem.NOT_ACKNOWLEDGED
    assert str(fault).endswith('type make acknowledge SOURCE=prices REASON="..."')
    (other,) = faults(tree, path="other.yaml")
    assert "make acknowledge CONFIG=other.yaml SOURCE=prices" in str(other)
    sha256 = beside.fingerprint(tree, "schemas/prices.json")
    decisions.decide(tree, decisions.SCHEMAS, "schemas/prices.json", sha256, "few")
    assert faults(tree) == []
    assert (
        load.load(tree, "config.yaml").validate_schema.acknowledged_schemas["prices"] == sha256[:12]
    )
    edit("schemas/prices.json", '"min_rows": 25', '"min_rows": 24')
    assert [fault.problem for fault in faults(tree)] == [Problem.NOT_ACKNOWLEDGED]
    edit("schemas/prices.json", '"min_rows": 24', '"min_rows": 250')
    assert faults(tree) == [], "what ships counts as read"


def test_a_schema_may_be_acknowledged_in_the_configuration(tree):
    edit("schemas/prices.json", '"min_rows": 250', '"min_rows": 25')
    sha256 = beside.fingerprint(tree, "schemas/prices.json")
    line = f'  acknowledged_schemas: {{prices: "{sha256[:14].upper()}"}}\n'
    assert faults(tree, SHIPPED.replace("  calendar: XNYS", f"{line}  calendar: XNYS")) == []
    left = "  acknowledged_schemas: {gone: abc}\n  calendar: XNYS"
    assert len(faults(tree, SHIPPED.replace("  calendar: XNYS", left))) == 1


def test_a_decision_is_of_one_file(tree):
    Path("mine").mkdir()
    shutil.copy("schemas/prices.json", "mine/prices.json")
    edit("mine/prices.json", '"min_rows": 250', '"min_rows": 25')
    sha256 = beside.fingerprint(tree, "mine/prices.json")
    decisions.decide(tree, decisions.SCHEMAS, "mine/prices.json", sha256, "few")
    named = SHIPPED.replace("  calendar:", "  schemas: {prices: mine/prices.json}\n  calendar:")
    assert faults(tree, named) == []
    shutil.copy("mine/prices.json", "schemas/prices.json")
    assert [fault.problem for fault in faults(tree)] == [Problem.NOT_ACKNOWLEDGED]


def test_what_is_missing_is_told_with_the_rest(tree):
    Path("schemas/treasury.json").unlink()
    Path(CONTRACT).unlink()
    assert {fault.problem for fault in faults(tree)} == {Problem.NO_SCHEMA, Problem.NO_CONTRACT}
    with pytest.raises(InputError) as caught:
        load.sync(tree, "config.yaml", ())
    first, second = str(caught.value).splitlines()
    assert "schemas/treasury.json does not exist: copy the schema of a source like" in first
    assert "schemas/feature_contract.yaml does not exist: type make contract REASON=" in second


@pytest.mark.parametrize(
    ("old", "new", "how"),
    [
        ("windows: [5, 21, 63]", "windows: [5, 21]", "lists without need mean_gap_63, volatility_"),
        ("lags: [0, 1,", "lags: [0, 7, 1,", f"{CONTRACT} lacks return_lag_7: type make contract"),
        ("lags: [0, 1,", "lags: [1, 0,", "lists the columns in another order: type"),
        ("[5, 21, 63]", "[5, 21, 42]", "lacks mean_gap_42, volatility_42, momentum_42 and lists"),
    ],
)
def test_features_that_the_contract_does_not_have(tree, old, new, how):
    assert old in SHIPPED
    (fault,) = faults(tree, SHIPPED.replace(old, new))
    assert fault.problem is Problem.OTHER_CONTRACT
    assert how in str(fault)


def test_a_new_contract_keeps_the_remarks_of_the_old(tree):
    text = "# mine: columns are few\n" + Path(CONTRACT).read_text("utf-8")
    head = contract.remarks(text)
    assert head.startswith("# mine")
    assert contract.text({"a": "str"}, head) == f"{head}columns:\n  a: str\n"
