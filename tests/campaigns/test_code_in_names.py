"""Every way in for names, tried with names that would be code: nothing runs, nothing is lost."""

import contextlib
import shutil
from collections.abc import Callable, Iterator

from conftest import Tree

import pytest

CODE = (
    "$(touch RAN)",
    "`touch RAN`",
    ";touch RAN;",
    "|touch RAN|",
    "&touch RAN&",
    ">RAN",
    "$(shell touch RAN)",
)
ODD = (
    "#",
    "%",
    ":",
    "=",
    "'",
    '"',
    "\\",
    " ",
    "$$",
    "{a,b}",
    "(",
    ")",
    "[x]",
    "?",
    "~",
    "!",
    ",",
    "\t",
    "\n",
)
NAMES = [
    *(
        f"{before}{code}{after}"
        for code in CODE
        for before in ("", "a", "-")
        for after in ("", "b")
    ),
    *(f"{before}{sign}{after}" for sign in ODD for before in ("a", "-", "") for after in ("b", "")),
    *("-delete", "-exec", "--", "--eval=$(shell touch RAN)", "..", "../a", "$@", "$<", "$(MAKE)"),
]
Way = Callable[[Tree, str], contextlib.AbstractContextManager[tuple[list[str], dict[str, str]]]]


def file_in(folder: str, ending: str, goal: str) -> Way:
    """The way by a copy of a file in a folder, under the name."""

    @contextlib.contextmanager
    def way(tree: Tree, name: str) -> Iterator[tuple[list[str], dict[str, str]]]:
        place = tree.path / folder
        first = min(path for path in place.iterdir() if path.name.endswith(ending))
        added = place / f"{name.replace('/', '_')}{ending}"
        shutil.copy(first, added)
        yield [goal], {}
        added.unlink()

    return way


@contextlib.contextmanager
def path_of_a_source(tree: Tree, name: str) -> Iterator[tuple[list[str], dict[str, str]]]:
    quoted = name.replace("'", "''")
    before = tree.text("config.yaml")
    tree.edit("config.yaml", "path: data/sample/unemployment.csv", f"path: '{quoted}'")
    yield ["fetch_data"], {}
    (tree.path / "config.yaml").write_text(before, "utf-8")


def variable(word: str) -> Way:
    return lambda _, name: contextlib.nullcontext((["evaluate", f"{word}={name}"], {}))


def environment(word: str) -> Way:
    return lambda _, name: contextlib.nullcontext((["evaluate"], {word: name}))


def question(goal: str, word: str) -> Way:
    return lambda _, name: contextlib.nullcontext(([goal, f"{word}={name}"], {}))


WAYS: dict[str, Way] = {
    "narrative": file_in("reports/narrative", ".md", "reports"),
    "template": file_in("reports/templates", ".md.j2", "reports"),
    "schema": file_in("schemas", ".json", "validate_schema"),
    "source": file_in("data/sample", ".csv", "fetch_data"),
    "strategy": file_in("scripts/tidemark/backtest/strategies", ".py", "backtest"),
    "path": path_of_a_source,
    "goal": lambda _, name: contextlib.nullcontext((["evaluate", "--", name], {})),
    "CONFIG": variable("CONFIG"),
    "a variable": variable("FOO"),
    "a list": variable("MODELS"),
    "the environment": environment("FOO"),
    "CONFIG in the environment": environment("CONFIG"),
    "SCENARIOS in the environment": environment("SCENARIOS"),
    "why": question("why", "T"),
    "accept": question("accept", "REASON"),
    "compare-tree": question("compare-tree", "OTHER"),
    "sql": question("sql", "Q"),
    "status": question("status", "FORMAT"),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_name_is_code(tree, cold, chance, long, way):
    if not long and way not in ("path", "goal"):
        pytest.skip("in the long form")
    for name in NAMES if long else chance.sample(NAMES, 2):
        with WAYS[way](tree, name) as (goals, variables):
            for prefix in (["-n"], []):
                outcome = tree.make(*prefix, *goals, **variables)
                assert outcome.code in (0, 2), (name, outcome)
                assert "Traceback" not in outcome.stdout + outcome.stderr, (name, outcome)
                assert not list(tree.path.rglob("RAN*")), (name, outcome)
    assert tree.make("all").code == 0
    assert tree.results() == cold[0].results()
