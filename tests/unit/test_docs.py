"""What the documents say about the code, checked against the code."""

import ast
import json
import re
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path, PurePath

from tidemark.config.settings import Config
from tidemark.files import generated
from tidemark.project import VERSION
from tidemark.tables.catalogue import TABLES

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
HELP = subprocess.run(
    ["scripts/help.sh", "Makefile", "config.yaml"], cwd=ROOT, capture_output=True, text=True
).stdout


def rows(text: str, heading: str) -> list[list[str]]:
    """The rows of the table whose header line starts with `heading`."""
    lines = text[text.index(heading) :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.fixture(scope="module")
def steps() -> set[str]:
    return {path.stem for path in (ROOT / "scripts").glob("*.py")}


def test_the_step_table_of_the_readme_lists_every_step(steps):
    listed = [name for row in rows(README, "| step |") for name in quoted(row[0])]
    assert sorted(listed) == sorted(steps)


def test_every_step_has_a_docstring_that_help_shows(steps):
    for step in steps:
        source = (ROOT / f"scripts/{step}.py").read_text("utf-8")
        first = (ast.get_docstring(ast.parse(source)) or "").splitlines()[0]
        assert re.search(rf"^ +{step} +{re.escape(first)}$", HELP, re.M), step


def test_targets_that_documents_name_are_in_the_makefile_and_in_help():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^## ([\w-]+):", makefile, re.M))
    steps = {path.stem for path in (ROOT / "scripts").glob("*.py")}
    named = set(re.findall(r"(?<![\w/])make ([a-z][\w-]*)", README + CONTRIBUTING))
    words = {"data", "knows"}  # as in "make data yours"
    assert named - words <= targets | steps
    for target in targets:
        assert re.search(rf"^ +(make )?{target}\b", HELP, re.M), target


def test_every_room_is_in_the_table_of_contributing():
    package = ROOT / "scripts/tidemark"
    here = {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    here |= {path.name for path in package.glob("*.py")} - {"__init__.py"}
    assert {name for row in rows(CONTRIBUTING, "| room |") for name in quoted(row[0])} == here


def test_files_and_modules_that_contributing_names_exist():
    paths = re.findall(r"`((?:scripts|tests|schemas|reports)/[\w./]+)`", CONTRIBUTING)
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert not missing
    stems = {path.stem for path in (ROOT / "scripts").rglob("*.py")}
    for row in rows(CONTRIBUTING, "| room |"):
        assert {name for name in quoted(row[1]) if re.fullmatch(r"[a-z_]+", name)} <= stems | {
            "backtest"
        }


@pytest.mark.parametrize("room", ["config", "tables", "harness", "dag"])
def test_every_module_of_the_rooms_around_the_steps_is_named(room):
    package = ROOT / f"scripts/tidemark/{room}"
    here = {path.stem for path in package.glob("*.py")} - {"__init__"}
    row = next(row for row in rows(CONTRIBUTING, "| room |") if row[0] == f"`{room}/`")
    assert here - {*quoted(row[1])} == set()
    if room == "config":
        assert here - {*quoted((package / "__init__.py").read_text("utf-8"))} == set()


def test_every_hidden_file_of_the_pipeline_has_its_reason_to_carry_a_number_or_not():
    sources = [*(ROOT / "scripts").rglob("*.py"), *(ROOT / "scripts").glob("*.sh")]
    code = "".join(path.read_text("utf-8") for path in [*sources, *(ROOT / "make").glob("*.mk")])
    hidden = set(
        re.findall(
            r"(?:artifacts/|FOLDER / \"|[a-zA-Z]\.parent / \")(\.[a-z]+(?:\.mk|\.lock)?)", code
        )
    )
    listed = {PurePath(path).name for path in generated.listed("bookkeeping")}
    assert {name for name in listed if name.startswith(".")} == hidden, generated.LIST
    section = CONTRIBUTING.split("## What carries a format number")[1].split("\n## ")[0]
    assert {name for name in quoted(section) if name.startswith(".")} == hidden


def test_the_version_that_records_name_is_that_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == VERSION
    assert f"## {VERSION}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_every_section_and_key_of_the_configuration_is_documented():
    """A section has remarks where the shipped file has it; a key, in what editors show of it."""
    shipped = re.split(r"^(?=\w+:)", (ROOT / "config.yaml").read_text("utf-8"), flags=re.M)
    remarked = {part.partition(":")[0] for part in shipped[1:] if re.search(r"\w.* # \w", part)}
    assert remarked == {field.name for field in fields(Config)}
    schema = json.loads((ROOT / "schemas/config.schema.json").read_bytes())
    for name, section in schema["$defs"].items():
        assert section["description"], name
        for key, value in section["properties"].items():
            assert "const" in value or value["description"], f"{name}.{key}"


def test_the_readme_lists_every_table_that_there_is():
    tables, views = README[README.index("Tables: ") :].split("\n\n")[:2]
    main, _, assessment = tables.partition("The schema `assessment` holds")
    views = views[: views.index("What a table or a column holds")]
    found = [*quoted(main), *(f"assessment.{name}" for name in quoted(assessment)), *quoted(views)]
    assert sorted(set(found) - {"run_date"}) == sorted(TABLES)
    named = set(re.findall(r"\b(assessment\.[a-z_]+|main\.[a-z_]+)\b", README))
    assert named <= TABLES.keys()
