"""What the documents say about the code, checked against the code."""

import ast
import json
import re
import subprocess
import textwrap
import tomllib
from collections import defaultdict
from dataclasses import fields
from importlib import import_module
from pathlib import Path, PurePath

from tidemark.adopting import proposal
from tidemark.adopting.conclusions import ANSWERS
from tidemark.config.settings import Config
from tidemark.dag import promises
from tidemark.features import families
from tidemark.files import generated
from tidemark.project import VERSION, Tree
from tidemark.tables.catalogue import TABLES

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
GUIDE = "\n".join(PAGES.values())
STEP_TABLE = PAGES["docs/steps.md"]
DATABASE = PAGES["docs/database.md"]
HELP = subprocess.run(
    ["scripts/help.sh", "Makefile", "config.yaml"], cwd=ROOT, capture_output=True, text=True
).stdout


STEPS = sorted(path.stem for path in (ROOT / "scripts").glob("*.py"))
RESULTS = r"(data/(?!sample/)|features/|models/|metrics/|reports/|schemas/|artifacts/[^.])"


def rows(text: str, heading: str) -> list[list[str]]:
    """The rows of the table whose header line starts with `heading`."""
    lines = text[text.index(heading) :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_readme_takes_ten_minutes_at_most():
    assert len(README.split()) <= 2000


def test_the_readme_links_each_page():
    linked = re.findall(r"\]\((docs/\w+\.md)[)#]", README)
    assert {*linked} == PAGES.keys() - {"README.md"}


def anchors(text: str) -> set[str]:
    """Of its headings, as GitHub has them."""
    headings = re.findall(r"^#+ (.*)", text, re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_pages_and_headings(page):
    for link in re.findall(r"\]\(([^)]*)\)", PAGES[page]):
        if not link.startswith("https://"):
            path, _, heading = link.partition("#")
            target = (ROOT / page).parent / path if path else ROOT / page
            assert target.is_file(), link
            assert not heading or heading in anchors(target.read_text("utf-8")), link


def test_the_step_table_lists_every_step():
    listed = [name for row in rows(STEP_TABLE, "| step |") for name in quoted(row[0])]
    assert sorted(listed) == STEPS


def folder(path: str) -> str:
    return path[: path.rindex("/") + 1]


@pytest.fixture(scope="module")
def rules() -> promises.Rules:
    return promises.rules(Tree.at(ROOT), "make", "config.yaml")


@pytest.fixture(scope="module")
def promised(rules) -> dict[str, set[str]]:
    """The folders of the files that Make lets each step read, but for code and configuration."""
    found: dict[str, set[str]] = defaultdict(set)
    for target, rule in rules.items():
        if match := re.fullmatch(r"artifacts/(\w+)\.ok", target):
            (step,) = [
                step for step in STEPS if match[1] == step or match[1].startswith(f"{step}_")
            ]
            paths = [path if Path(path).suffix else f"{path}/" for path in rule.readable]
            found[step] |= {folder(path) for path in paths if re.match(RESULTS, path)}
    return found


def written(step: str) -> set[str]:
    """The folders of the files that a step's module in `layout` names."""
    named = vars(import_module(f"tidemark.layout.{step}")).values()
    paths = [path for path in named if isinstance(path, str) and re.match(RESULTS, path)]
    return {folder(path) for path in paths}


@pytest.mark.parametrize("row", rows(STEP_TABLE, "| step |"), ids=lambda row: quoted(row[0])[0])
def test_the_step_table_names_the_folders_that_a_step_reads_and_writes(row, promised):
    (step,), *named = map(quoted, row)
    reads, writes = ({folder(path) for path in paths if "/" in path} for paths in named)
    assert reads == promised[step]
    assert writes == written(step)


def test_files_and_modules_that_the_pages_name_exist():
    paths = re.findall(r"`((?:scripts|schemas|reports|tests|docs|data/sample)/[\w./]+)`", GUIDE)
    written = {Path(path).parts[-1] for path in paths if path.startswith("reports/")}
    written |= {Path(proposal.SCHEMA).name, Path(proposal.CONTRACT).name}
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert {path for path in missing if Path(path).name not in written} <= {
        # which the user is shown how to write
        "scripts/tidemark/backtest/strategies/two_rises.py",
        "scripts/tidemark/features/families/intraday_move.py",
        "scripts/tidemark/models/estimators/nearest.py",
    }
    code = (ROOT / "scripts/tidemark/features/settings.py").read_text("utf-8")
    assert "def formulas" in code


def test_every_step_has_a_docstring_that_help_shows():
    for step in STEPS:
        source = (ROOT / f"scripts/{step}.py").read_text("utf-8")
        first = (ast.get_docstring(ast.parse(source)) or "").splitlines()[0]
        assert re.search(rf"^ +{step} +{re.escape(first)}$", HELP, re.M), step


def test_targets_that_documents_name_are_in_the_makefile_and_in_help():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^## ([\w-]+):", makefile, re.M))
    named = set(re.findall(r"(?<![\w/])make ([a-z][\w-]*)", GUIDE + CONTRIBUTING))
    words = {"data", "knows"}  # as in "make data yours"
    assert named - words <= targets | {*STEPS}
    for target in targets:
        assert re.search(rf"^ +(make )?{target}\b", HELP, re.M), target


def test_variables_of_make_that_the_pages_name_are_in_the_makefiles():
    makefiles = [ROOT / "Makefile", *(ROOT / "make").glob("*.mk")]
    code = "".join(path.read_text("utf-8") for path in makefiles)
    named = set(re.findall(r"(?<![\w/])make [^`\n]*?\b([A-Z]+)=", GUIDE))
    assert named >= {"CONFIG", "LAUNCH", "T", "WARM"}
    assert named <= set(re.findall(r"[A-Z]+", code))


def test_keys_of_the_configuration_that_the_pages_name_are_in_its_schema():
    sections = {field.name for field in fields(Config)}
    dotted = [name.split(".") for name in re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", GUIDE)]
    shown = [yaml.safe_load(block) for block in blocks(GUIDE) if YAML.match(block)]
    named = [path for path in dotted if path[0] in sections]
    named += [path for block in shown for path in paths(block)]
    assert len(named) > 20
    schema = json.loads((ROOT / "schemas/config.schema.json").read_bytes())
    for path in named:
        assert admitted(schema["$defs"], schema, path), ".".join(path)


YAML = re.compile(r"[a-z_]+:\n +\w+:")


def blocks(text: str) -> list[str]:
    """What is indented as code."""
    found = re.findall(r"(?:^(?:    .*)?\n)+", text, re.M)
    return [textwrap.dedent(block).strip("\n") for block in found if block.strip()]


def paths(value: object) -> list[list[str]]:
    """The keys that lead to each value of nested mappings."""
    if not isinstance(value, dict) or not value:
        return [[]]
    return [[key, *path] for key, inner in value.items() for path in paths(inner)]


def admitted(definitions: dict, node: dict, path: list[str]) -> bool:
    """Whether a JSON Schema has a place for what these keys lead to."""
    if "$ref" in node:
        return admitted(definitions, definitions[node["$ref"].rpartition("/")[2]], path)
    choices = [*node.get("oneOf", ()), *node.get("anyOf", ())]
    if not path or any(admitted(definitions, choice, path) for choice in choices):
        return True
    key, *rest = path
    patterns = node.get("patternProperties", {})
    inner = node.get("properties", {}).get(key) or next(
        (value for pattern, value in patterns.items() if re.search(pattern, key)),
        node.get("additionalProperties"),
    )
    return isinstance(inner, dict) and admitted(definitions, inner, rest)


def test_goals_that_ask_no_pipeline_are_those_that_help_lists_beside_it():
    """Make reads no configuration for these."""
    machinery = (ROOT / "make/machinery.mk").read_text("utf-8")
    outside = re.search(r"^OUTSIDE := (.*)", machinery, re.M)[1].split()
    makefile = (ROOT / "Makefile").read_text("utf-8")
    told = re.findall(r"^## ([\w-]+):.*\n([\w-]+):", makefile, re.M)
    assert all(line == rule for line, rule in told), "each stands above its rule"
    inside = {"all", "accept", "push", "pull", *PIPELINES}
    assert sorted(outside) == sorted({line for line, _ in told} - inside)


PIPELINES = ("data-pipeline", "scenarios-pipeline", "metrics-pipeline", "assessment-pipeline")


def test_the_pipelines_are_all_steps_once_and_none_needs_a_later_one(rules):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.search(r"^PIPELINES := (.*)", makefile, re.M)[1].split() == [*PIPELINES]
    branches = "".join(path.read_text("utf-8") for path in sorted((ROOT / "make").glob("*.mk")))
    steps = {
        one: " ".join(re.findall(rf"^{one} [:+]= (.*)", branches, re.M)).split()
        for one in PIPELINES
    }
    assert sorted(step for listed in steps.values() for step in listed) == STEPS
    number = {step: at for at, listed in enumerate(steps.values()) for step in listed}

    def of(checkpoint: str) -> int | None:
        match = re.fullmatch(r"artifacts/(\w+)\.ok", checkpoint)
        found = [step for step in STEPS if match and re.match(rf"{step}(_|$)", match[1])]
        return number[found[0]] if found else None

    looked = 0
    for target, rule in rules.items():
        for file in rule.files if of(target) is not None else ():
            maker = of(file if file not in rules else (rules[file].files or [file])[0])
            if maker is not None:
                looked += 1
                assert maker <= of(target), (target, file)
    assert looked > 100


def test_make_hands_on_every_answer_that_adopt_may_ask_for():
    machinery = (ROOT / "make/machinery.mk").read_text("utf-8")
    assert re.search(r"^ANSWERS := (.*)", machinery, re.M)[1].split() == list(ANSWERS)


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
    rules = [ROOT / "Makefile", *(ROOT / "make").glob("*.mk")]
    code = "".join(path.read_text("utf-8") for path in [*sources, *rules])
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


def test_the_pythons_of_the_project_are_those_that_are_named_and_tried():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    first, below = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"]).groups()
    last = f"3.{int(below) - 1}"
    assert f"You need Python 3.{first} to {last} " in README
    tried = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    assert tried["jobs"]["pipeline"]["strategy"]["matrix"]["python"] == [f"3.{first}", last]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert set(re.findall(r"--python-version (\S+)", makefile)) == {f"3.{first}"}


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


FEATURES = rows(PAGES["docs/features.md"], "| kind |")
SHOWN = {"economic": {"column": "yield_3m"}, "return_lag": {"lag": 1}}
SHOWN["term_spread"] = {"long": "yield_10y", "short": "yield_3m"}


def test_every_kind_of_feature_is_listed_as_it_is():
    assert sorted(name for row in FEATURES for name in quoted(row[0])) == families.names()
    for name, column, compares, needs, formula, source in FEATURES:
        kind = families.kind(quoted(name)[0])
        feature = kind(**SHOWN.get(quoted(name)[0], {}))
        assert quoted(column) == [feature.label]
        assert compares == ("all tickers" if feature.cross_sectional else "its own")
        assert quoted(needs) == [*feature.inputs]
        assert quoted(formula) == [feature.formula()]
        assert source in " ".join(kind.__doc__.split())


def test_every_table_that_there_is_is_listed():
    tables, views = DATABASE[DATABASE.index("Tables: ") :].split("\n\n")[:2]
    main, _, assessment = tables.partition("The schema `assessment` holds")
    found = [*quoted(main), *(f"assessment.{name}" for name in quoted(assessment)), *quoted(views)]
    assert sorted(set(found) - {"run_date"}) == sorted(TABLES)
    named = set(re.findall(r"\b(assessment\.[a-z_]+|main\.[a-z_]+)\b", GUIDE))
    assert named <= TABLES.keys()
