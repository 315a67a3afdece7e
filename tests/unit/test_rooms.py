"""The rooms of scripts/tidemark: floors, circles, and what each room says that it never does."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "scripts" / "tidemark"
# Files that every room may import.
GROUND = ("errors", "naming", "project", "arrays", "ohlcv", "targets", "bounds")
FLOORS = (  # lowest first; a file imports only from below its own floor, or from its own room
    GROUND,
    ("files", "layout", "remotes"),
    ("statistics", "causality", "isolated", "machine_code", "alerting"),
    ("bars", "reading", "news"),
    ("providers", "scheduling", "stored"),
    ("sources", "fetching"),
    ("validation", "preprocessing"),
    ("features",),
    ("models", "market"),
    ("backtest",),
    ("assessment",),
    ("comparing",),
    ("reporting", "gating"),
    ("config",),
    ("tables", "adopting", "trees"),
    ("harness", "mirroring"),
    ("dag",),
    ("runs",),
    ("showing", "notebook"),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
# What the package itself offers to notebooks; nothing in it may take that from there.
OFFERED = {"notebook": "open"}
# Packages within a room whose docstrings say what they never do, too.
INNER_ROOMS = ("adopting/form", "adopting/meaning", "adopting/proposal", "reporting/page")
LIGHT = {"collections", "typing", "difflib", "dataclasses", "os"}


@cache
def imports(path: Path, *, late: bool = True) -> list[str]:
    """The dotted names that a file imports, such as `tidemark.files.store` for `store`."""
    found = []
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree) if late else tree.body:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative imports hide the room"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def files_of(room: str) -> list[Path]:
    return sorted((PACKAGE / room).rglob("*.py"))


def rooms_behind(path: Path) -> set[str]:
    """Other rooms that a file imports from."""
    inside = (name.split(".")[1] for name in imports(path) if name.startswith("tidemark."))
    return set(inside) - {room_of(path)}


def test_every_module_stands_in_a_room_on_a_floor():
    here = {room_of(path) for path in PACKAGE.rglob("*.py")} - {"__init__"}
    assert here == FLOOR.keys()
    assert not [path for path in PACKAGE.rglob("*/") if not (path / "__init__.py").exists()
                and list(path.glob("*.py"))]  # fmt: skip


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.stem)
def test_imports_lead_to_lower_floors(path):
    if path == PACKAGE / "__init__.py":  # it starts the watch before anything else is imported
        assert rooms_behind(path) <= {"harness", "project", *OFFERED}
        return
    wrong = {room for room in rooms_behind(path) if FLOOR[room] >= FLOOR[room_of(path)]}
    assert not wrong


def test_what_the_package_offers_stands_on_the_top_floor_and_is_for_others():
    """Else the package would lead to itself: each module needs it, and it needs the room."""
    assert {FLOOR[room] for room in OFFERED} == {len(FLOORS) - 1}
    naming = [path for path in PACKAGE.rglob("*.py") if "tidemark" in imports(path)
              or any(f"tidemark.{name}" in imports(path) for name in OFFERED.values())]  # fmt: skip
    for path in naming:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Attribute(value=ast.Name(id="tidemark"), attr=taken):
                    assert taken not in OFFERED.values(), path
                case ast.ImportFrom(module="tidemark", names=names):
                    assert not {name.name for name in names} & {*OFFERED.values()}, path


def test_within_rooms_imports_go_one_way():
    """No circle of modules, not even by a late import."""
    modules = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(
        ".__init__"): path for path in PACKAGE.rglob("*.py")}  # fmt: skip
    seen: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, f"a circle: {' -> '.join((*above, name))}"
        if name not in seen:
            seen.add(name)
            for target in imports(modules[name]):
                while target and target not in modules:
                    target = target.rpartition(".")[0]
                if target and target not in ("tidemark", name):
                    visit(target, (*above, name))

    for name in modules:
        visit(name, ())


def behind(path: Path) -> set[str]:
    """What a file imports from: libraries, other rooms, and packages beside its own in its room."""
    names = {tuple(name.split(".")) for name in imports(path)}
    inside = {name[2] for name in names if name[:2] == ("tidemark", room_of(path)) and name[2:]}
    return {name[0] for name in names} | rooms_behind(path) | inside - {path.parent.name}


def never(room: str) -> list[str]:
    doc = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text("utf-8")))
    return [" ".join(line.split()) for line in re.findall(r"^Never: (.*(?:\n  .*)*)", doc, re.M)]


@pytest.mark.parametrize("room", [*ROOMS, *INNER_ROOMS])
def test_a_room_does_not_do_what_it_says_it_never_does(room):
    rules = never(room)
    assert rules, "say in lines that begin `Never:` what this room does not do"
    for rule in rules:
        _, _, words = rule.partition("imports ")
        late = "before" not in words
        refused = set(re.findall(r"`(\w+)`", words))
        for path in files_of(room):
            early = {name.split(".")[0] for name in imports(path, late=False)}
            assert not (behind(path) if late else early) & refused, (path, rule)
            if words.startswith("any other room"):
                assert rooms_behind(path) <= {*GROUND}, (path, rule)


def test_errors_load_nothing_heavy():
    for room in ("errors", "naming", "project"):
        found = {name.split(".")[0] for name in imports(PACKAGE / f"{room}.py")}
        assert found <= LIGHT | ({"pathlib"} if room == "project" else set())


def test_kinds_of_arrays_and_the_fields_of_a_bar_stand_in_one_place():
    once = (
        r'"open",\s+"high",\s+"low",\s+"close"'
        r"|^\w+ = NDArray\[np\.(?:float64|bool_|intp|datetime64)]$"
    )
    found = {
        path.stem: re.findall(once, path.read_text("utf-8"), re.M) for path in PACKAGE.rglob("*.py")
    }
    assert {stem for stem, texts in found.items() if texts} == {"ohlcv"}


def test_unit_tests_lie_in_the_room_that_they_test():
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    folders = {path.parent.name for path in Path(__file__).parent.glob("*/test_*.py")}
    assert folders <= rooms | {"commands", "launch"}


def test_no_two_files_of_tests_share_a_name():
    """pytest imports a test by its file's name alone, so the second one would not be run."""
    names = Counter(path.name for path in Path(__file__).parents[1].rglob("test_*.py"))
    assert not [name for name, files in names.items() if files > 1]
