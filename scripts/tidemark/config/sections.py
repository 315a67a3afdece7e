"""Settings, which are frozen dataclasses, from the plain values that config.yaml has."""

from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


def filled(settings: type[T], values: Mapping[str, Any]) -> T:
    """Settings with these values; mappings become the settings that stand in their place."""
    kind: Any = settings
    kinds = _kinds(kind)
    return settings(**{name: _in_place(kinds[name], value) for name, value in values.items()})


def _in_place(kind: Any, value: Any) -> Any:
    inner = get_args(kind)
    if isinstance(value, list) and get_origin(kind) is Sequence:
        return [_in_place(inner[0], item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if get_origin(kind) is Mapping:
        return {name: _in_place(inner[1], item) for name, item in value.items()}
    members: list[Any] = [member for member in inner or (kind,) if is_dataclass(member)]
    tag = tag_of(members)
    chosen = [kind for kind in members if tag is None or value[tag] in get_args(_kinds(kind)[tag])]
    return filled(chosen[0], value) if chosen else value


def tag_of(members: Sequence[Any]) -> str | None:
    """The key that says which of several settings is meant: a Literal in each of them."""
    if len(members) < 2 or not all(map(is_dataclass, members)):
        return None
    first, *others = (
        {name for name, kind in _kinds(member).items() if get_origin(kind) is Literal}
        for member in members
    )
    common = first.intersection(*others)
    return min(common) if common else None


@cache
def _kinds(settings: Any) -> dict[str, Any]:
    return get_type_hints(settings)
