"""Load config.yaml: errors name line and column; what is right goes to Make and the steps."""

import re
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import asdict
from typing import Any, NamedTuple, get_args

from tidemark.config import beside, cross_checks, kinds, view
from tidemark.config.completed import completed, left_out
from tidemark.config.fault import Fault, Problem
from tidemark.config.schema import said, section
from tidemark.config.secrets import is_secret
from tidemark.config.sections import filled
from tidemark.config.settings import Config
from tidemark.config.yaml_lines import LARGEST, KeyPath, Position, dotted, nearest, parse
from tidemark.errors import InputError, printable
from tidemark.files import store
from tidemark.market.settings import Forecasts
from tidemark.project import Tree
from tidemark.providers.catalogue import OFFERS
from tidemark.sources.settings import FetchData

from pydantic import ValidationError
from pydantic_core import ErrorDetails

# By section, others whose faults may follow from a fault in it.
ASKING = ("fetch", "tickers")  # sections that no step reads: what providers are asked by
AFFECTED = {
    "fetch_data": ("feature_engineering", "validate_schema", "backtest", "market_metrics"),
    "feature_engineering": ("split_data", "evaluate"),
    "scenarios": ("market_metrics", "strategies", "gate"),
    "models": ("evaluate", "market_metrics", "strategies", "gate"),
    "strategies": ("assess", "gate"),
}


def load(tree: Tree, path: str) -> Config:
    """Read and validate a configuration of a tree, and fill in what follows from the rest.

    Raises:
        InputError: all faults, one a line, each with line and column.
    """
    return _read(tree, path).whole


class _Configuration(NamedTuple):
    """A configuration as the file has it, as that says it, and with all that follows from it."""

    document: dict[str, Any]
    given: Config
    whole: Config


def _read(tree: Tree, path: str, *, whole_tree: bool = False) -> "_Configuration":
    """Read a configuration; with `whole_tree`, refuse one that files beside it do not fit."""
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
        given = _filled(document)
    except ValidationError as error:
        faults = _without_consequences([_fault(detail, positions) for detail in error.errors()])
        faults += _further(tree, path, document, faults, whole_tree=whole_tree)
        raise _refusal(path, faults, positions) from error
    whole = beside.decided(tree, completed(given))
    faults = _between_keys(tree, path, whole, whole_tree=whole_tree)
    if faults:
        raise _refusal(path, faults, positions)
    return _Configuration(document, given, whole)


def _filled(document: dict[str, Any]) -> Config:
    """The settings that a document says, if it is right in shape."""
    return filled(Config, section(Config).model_validate(document).model_dump())


def _between_keys(tree: Tree, path: str, whole: Config, *, whole_tree: bool) -> list[Fault]:
    """Every fault of a configuration that is right in shape."""
    faults = cross_checks.faults_of(tree, whole)
    return faults + (beside.faults_of(tree, path, whole) if whole_tree else [])


def _further(
    tree: Tree, path: str, document: dict[str, Any], faults: list[Fault], *, whole_tree: bool
) -> list[Fault]:
    """Faults between keys beside those of shape, so that all are told at once.

    They are of the document without the keys that are wrong, as far as that is right in shape, and
    not of sections that such a key could have to do with.
    """
    try:
        given = _filled(_without(document, [fault.key for fault in faults]))
        whole = beside.decided(tree, completed(given))
        others = _between_keys(tree, path, whole, whole_tree=whole_tree)
    except (ValidationError, InputError):
        return []
    wrong = {fault.key[0] for fault in faults}
    affected = wrong.union(*(AFFECTED.get(str(name), ()) for name in wrong))
    return [fault for fault in others if fault.key[0] not in affected]


def _without(document: dict[str, Any], keys: list[KeyPath]) -> dict[str, Any]:
    """A copy without these keys; without its list, if a key is an item."""
    kept: dict[str, Any] = deepcopy(document)
    for key in keys:
        place: Any = kept
        *above, last = key
        for part in above:
            if not isinstance(place.get(part), dict):
                last = part
                break
            place = place[part]
        place.pop(last, None)
    return kept


def _refusal(path: str, faults: list[Fault], positions: dict[KeyPath, Position]) -> InputError:
    first, *others = faults
    lines = [f"{_place(path, fault, positions)}: {_line(fault)}" for fault in others]
    return InputError(_place(path, first, positions), "\n".join([_line(first), *lines]))


def _place(path: str, fault: Fault, positions: dict[KeyPath, Position]) -> str:
    """`config.yaml:10:3`, where the nearest key is that is in the file."""
    return f"{path}:{nearest(fault.key, positions)}"


def _line(fault: Fault) -> str:
    """`train.sead: unknown key`."""
    return f"{dotted(fault.key)}: {printable(str(fault), longest=400)}"


def _without_consequences(faults: list[Fault]) -> list[Fault]:
    """Faults without the key that is missing only because it is misspelt."""
    unknown = (fault for fault in faults if fault.problem is Problem.UNKNOWN_KEY)
    misspelt = {(*fault.key[:-1], fault.meant) for fault in unknown}
    return [
        fault
        for fault in faults
        if fault.problem is not Problem.MISSING or fault.key not in misspelt
    ]


def _fault(detail: ErrorDetails, positions: dict[KeyPath, Position]) -> Fault:
    """pydantic's complaint as a fault of a key that stands in the file, or should."""
    kind = detail["type"]
    key = _without_tags(detail["loc"], positions, absent=kind == "missing")
    context = detail.get("ctx", {})
    if kind == "extra_forbidden":
        return Fault(key, Problem.UNKNOWN_KEY, {"given": key[-1], "known": _siblings(key)})
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        key = (*key, context["discriminator"].strip("'"))
    if kind in ("missing", "union_tag_not_found"):
        return Fault(key, Problem.MISSING)
    given = context["tag"] if kind == "union_tag_invalid" else detail["input"]
    known = re.findall(r"'([^']+)'", context.get("expected_tags") or context.get("expected") or "")
    named = {"given": given, "known": known, "shown": _shown(given)}
    if kind == "union_tag_invalid":
        return Fault(key, Problem.UNKNOWN_TAG, named | {"all": ", ".join(known)})
    if isinstance(given, str | int | float | bool) and not is_secret(dotted(key)):
        return Fault(key, Problem.REFUSED_VALUE, named | {"said": said(detail)})
    return Fault(key, Problem.REFUSED, {"said": said(detail)})


def _without_tags(
    location: tuple[str | int, ...], positions: dict[KeyPath, Position], *, absent: bool
) -> KeyPath:
    """pydantic's location without the names of union members, which are not in the file.

    Nor is the last part of an `absent` key.
    """
    key: KeyPath = ()
    for number, part in enumerate(location):
        if part == "[key]":
            break
        last = number == len(location) - 1
        is_tag = (*key, part) not in positions and not (absent and last)
        key = key if is_tag else (*key, part)
    return key


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


def makefile(path: str, whole: Config, tables: Iterable[str]) -> str:
    """`artifacts/config.mk`: the lists that the Makefile does not write itself.

    Args:
        path: of the configuration.
        whole: what it holds.
        tables: paths of `layout` that tables of the database are made of, as declared.
    """
    market, sections = whole.market_metrics.forecasts, asdict(whole)
    names = {kind.name: kind.names(sections) for kind in kinds.KINDS.values()}
    measured = [path for pattern in tables for path in kinds.paths(pattern, names)]
    return "\n".join(
        [
            f"# Written by scripts/launch/configure.py from {path} and the declared tables.",
            view.naming(path).rstrip(),
            *(
                f"override {kind.plural.upper()} := {' '.join(names[kind.name])}"
                for kind in kinds.KINDS.values()
            ),
            f"override BASELINE := {whole.evaluate.baseline}",
            *(
                f"override FORECASTS_{name} := {_pair(entry.forecasts)}"
                for name, entry in whole.strategies.items()
            ),
            f"override MARKET_FORECASTS := {_pair(market)}",
            f"override MARKET_SCENARIO := {market.scenario if market else ''}",
            f"override EXTRAS := {' '.join(whole.fetch_data.extras())}",
            f"override CLIENTS := {' '.join([*whole.store.extras(), *whole.alerts.extras()])}",
            f"override SERIES := {' '.join(whole.fetch_data.economic)}",
            f"override LIVE := {' '.join(whole.fetch_data.live())}",
            f"override LIVE_EXTRAS := {' '.join(_live_extras(whole.fetch_data))}",
            *(
                f"override STORED_{key.rpartition('.')[2]} := {source.path}"
                for key, source in whole.fetch_data.sections().items()
                if source.provider
            ),
            *(
                f"override SCHEMA_{source} := {schema}"
                for source, schema in whole.validate_schema.schemas.items()
            ),
            f"override CONTRACT := {whole.feature_engineering.contract}",
            f"override TABLES := {' '.join(measured)}",
            "",
        ]
    )


def _live_extras(fetch: FetchData) -> list[str]:
    """Libraries that asking providers takes, as their lock files are called."""
    asked = {section.provider for section in fetch.live().values()}
    of_providers = {extra for name in asked if name for extra in OFFERS[name].extras}
    return ["live", *sorted(of_providers)] if asked else []


def _pair(forecasts: Forecasts | None) -> str:
    return kinds.joined(forecasts.scenario, forecasts.model) if forecasts else ""


def _must_be_a_name_for_make(path: str) -> None:
    """Refuse what Make would refuse in its own words, or would read as code."""
    odd = re.search(r"[^\w./@+-]|^-", path)
    if odd:
        raise InputError(path, f"has {odd[0]!r} in its name, which Make cannot handle", "rename it")


class Synced(NamedTuple):
    """The names of the keys that were edited, and what does not apply, in words."""

    edited: list[str]
    left_out: list[str]


def sync(tree: Tree, path: str, tables: Iterable[str]) -> Synced:
    """Validate the configuration at `path`; bring the key files and config.mk in line with it.

    `tables` are those of `makefile`.
    """
    looked = store.now_ns(tree)
    _must_be_a_name_for_make(path)
    document, given, whole = _read(tree, path, whole_tree=True)
    sections = {key: value for key, value in asdict(whole).items() if key not in ASKING}
    changes = view.sync(tree, sections, makefile(path, whole, tables), looked)
    edited = view.named(changes, dict(view.flattened(document)))
    return Synced(edited, list(left_out(given, whole)))
