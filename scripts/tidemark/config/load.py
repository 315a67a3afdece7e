"""Load config.yaml: errors name line and column; what holds is handed to Make and the steps."""

import re
from dataclasses import asdict
from typing import Any, get_args

from tidemark.config import cross_checks, kinds, view
from tidemark.config.schema import section
from tidemark.config.sections import filled
from tidemark.config.settings import Config
from tidemark.config.yaml_lines import LARGEST, KeyPath, Position, dotted, parse
from tidemark.errors import InputError, hint, printable
from tidemark.files import store
from tidemark.market.settings import Forecasts
from tidemark.project import Tree

from pydantic import ValidationError
from pydantic_core import ErrorDetails

SECRET = (("webhook",),)  # ends of keys whose value no message shows


def load(tree: Tree, path: str) -> Config:
    """Read and validate a configuration of a tree.

    Raises:
        InputError: all faults, one a line, each with line and column.
    """
    return _read(tree, path)[0]


def _read(tree: Tree, path: str) -> tuple[Config, dict[str, Any]]:
    """The configuration, and the file as it was written."""
    try:
        store.must_be_at_most(tree / path, LARGEST)
        data = store.read_file(tree / path)
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise InputError(path, problem, "name a configuration file") from error
    document, positions = parse(path, data)
    if not isinstance(document, dict):
        raise InputError(f"{path}:1:1", "is empty or not a mapping", "see config.yaml of Tidemark")
    try:
        whole = filled(Config, section(Config).model_validate(document).model_dump())
    except ValidationError as error:
        faults = [_fault(detail, positions) for detail in error.errors()]
        raise _refusal(path, _without_consequences(faults), positions) from error
    told = cross_checks.faults_of(tree, whole)
    faults = [(tuple(key.split(".")), problem) for key, problem in told]
    if faults:
        raise _refusal(path, faults, positions)
    return whole, document


def _refusal(
    path: str, faults: list[tuple[KeyPath, str]], positions: dict[KeyPath, Position]
) -> InputError:
    lines = [_line(path, key, problem, positions) for key, problem in faults]
    where, problem = lines[0].split(": ", 1)
    return InputError(where, "\n".join([problem, *lines[1:]]))


def _fault(detail: ErrorDetails, positions: dict[KeyPath, Position]) -> tuple[KeyPath, str]:
    key = _without_tags(detail["loc"], positions)
    if detail["type"].startswith("union_tag"):
        key = (*key, detail["ctx"]["discriminator"].strip("'"))
    return key, _problem(detail, key)


def _without_consequences(faults: list[tuple[KeyPath, str]]) -> list[tuple[KeyPath, str]]:
    """Faults without the key that is missing only because it is misspelt."""
    guessed = {
        (*key[:-1], problem.partition("(did you mean ")[2].removesuffix("?)"))
        for key, problem in faults
        if problem.startswith("unknown key")
    }
    return [fault for fault in faults if fault[1] != "is missing" or fault[0] not in guessed]


def _without_tags(location: tuple[str | int, ...], positions: dict[KeyPath, Position]) -> KeyPath:
    """pydantic's location without the names of union members, which are not in the file."""
    key: KeyPath = ()
    for number, part in enumerate(location):
        if part == "[key]":
            break
        is_tag = (*key, part) not in positions and number < len(location) - 1
        key = key if is_tag else (*key, part)
    return key


def _problem(detail: ErrorDetails, key: KeyPath) -> str:
    if detail["type"] == "extra_forbidden":
        return f"unknown key{hint(str(key[-1]), _siblings(key))}"
    if detail["type"] in ("missing", "union_tag_not_found"):
        return "is missing"
    if detail["type"] == "union_tag_invalid":
        tags = re.findall(r"'([^']+)'", detail["ctx"]["expected_tags"])
        given = str(detail["ctx"]["tag"])
        return f"must be one of {', '.join(tags)}, not {_shown(given)}{hint(given, tags)}"
    given = detail["input"]
    expected = detail.get("ctx", {}).get("expected")
    guess = hint(str(given), re.findall(r"'([^']+)'", str(expected))) if expected else ""
    plain = isinstance(given, str | int | float | bool) and key[-1:] not in SECRET
    shown = f", not {_shown(given)}" if plain else ""
    return f"{cross_checks.soften(detail['msg'])}{shown}{guess}"


def _shown(value: object) -> str:
    """A value for a message, of bearable length."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:56]}..."


def _siblings(key: KeyPath) -> list[str]:
    """Names that may stand where the unknown `key` stands."""
    places: list[Any] = [section(Config)]
    for part in key[:-1]:
        places = [inner for place in places for inner in _below(place, str(part))]
    return [
        name for place in places if hasattr(place, "model_fields") for name in place.model_fields
    ]


def _below(place: Any, part: str) -> list[Any]:
    if hasattr(place, "model_fields"):
        field = place.model_fields.get(part)
        return _members(field.annotation) if field else []
    return [member for argument in get_args(place)[1:] for member in _members(argument)]


def _members(annotation: Any) -> list[Any]:
    """The section classes in an annotation; a dict stands for itself, its keys being free."""
    if hasattr(annotation, "model_fields") or getattr(annotation, "__origin__", None) is dict:
        return [annotation]
    return [member for argument in get_args(annotation) for member in _members(argument)]


def _line(path: str, key: KeyPath, problem: str, positions: dict[KeyPath, Position]) -> str:
    """`config.yaml:10:3: train.sead: unknown key`, at the nearest key that is in the file."""
    nearest = key
    while nearest and nearest not in positions:
        nearest = nearest[:-1]
    line, column = positions.get(nearest, (1, 1))
    return f"{path}:{line}:{column}: {dotted(key)}: {printable(problem, longest=400)}"


def makefile(path: str, whole: Config) -> str:
    """`artifacts/config.mk`: the lists that the Makefile takes from the configuration alone."""
    fetch, market, sections = whole.fetch_data, whole.market_metrics.forecasts, asdict(whole)
    sources = [f"{view.KEYS}/fetch_data.{name}.path" for name in fetch.paths()]
    return "\n".join(
        [
            f"# Written by scripts/launch/configure.py from {path}; edit that instead.",
            f"override CONFIG_FILE := {path}",
            *(
                f"override {kind.plural.upper()} := {' '.join(kind.names(sections))}"
                for kind in kinds.KINDS.values()
            ),
            f"override BASELINE := {whole.evaluate.baseline}",
            *(
                f"override FORECASTS_{name} := {_pair(entry.forecasts)}"
                for name, entry in whole.strategies.items()
            ),
            f"override MARKET_FORECASTS := {_pair(market)}",
            f"override MARKET_SCENARIO := {market.scenario}",
            f"override RAW := {' '.join(whole.raw_names())}",
            f"override SOURCES := {' '.join(sources)}",
            "",
        ]
    )


def _pair(forecasts: Forecasts | None) -> str:
    return kinds.joined(forecasts.scenario, forecasts.model) if forecasts else ""


def _must_have_what_make_needs(tree: Tree, path: str, whole: Config) -> None:
    """Refuse what Make would refuse in its own words, or read as code."""
    odd = re.search(r"[^\w./@+-]|^-", path)
    if odd:
        raise InputError(path, f"has {odd[0]!r} in its name, which Make cannot handle", "rename it")
    for name in whole.raw_names():
        if not (tree / f"schemas/{name}.json").exists():
            raise InputError(
                f"schemas/{name}.json",
                f"does not exist, but config.yaml has a source {name}",
                "copy the schema of a similar source and adapt it",
            )


def sync(tree: Tree, path: str) -> list[str]:
    """Validate the configuration at `path`; bring the key files and config.mk in line with it.

    Returns the names of the keys that were edited.
    """
    looked = store.now_ns(tree)
    whole, document = _read(tree, path)
    _must_have_what_make_needs(tree, path, whole)
    changes = view.sync(tree, asdict(whole), makefile(path, whole), looked)
    return view.named(changes, dict(view.flattened(document)))
