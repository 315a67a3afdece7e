"""What checks config.yaml: strict pydantic sections, made of the settings of each room.

The JSON Schema for editors, `schemas/config.schema.json`, is made of them too.
"""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from tidemark.bounds import Among, Checked, ListsFor, Matching
from tidemark.config.sections import tag_of

import pydantic
from pydantic_core import ErrorDetails

CONTAINERS: dict[Any, Any] = {Sequence: list, Mapping: dict}
ATTRIBUTE = re.compile(r"^    (\w+): (.*(?:\n {5,}.*)*)", re.MULTILINE)  # of a docstring


class Section(pydantic.BaseModel):
    """A part of config.yaml; unknown keys are refused, and text does not pass for a number."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


@cache
def section(settings: Any) -> type[Section]:
    """The section that a dataclass of settings declares."""
    about, said = _documented(settings)
    hints = get_type_hints(settings, include_extras=True)
    keys: dict[str, Any] = {}
    for key in fields(settings):
        declared = pydantic.Field(_default(key), description=said.get(key.name))
        keys[key.name] = _translated(hints[key.name]), declared
    return pydantic.create_model(settings.__name__, __base__=Section, __doc__=about, **keys)


def _documented(settings: Any) -> tuple[str, dict[str, str]]:
    """What docstrings say of a section and of each key; those of base classes count too."""
    docs = [inspect.cleandoc(vars(kind).get("__doc__") or "") for kind in settings.__mro__]
    (about, _, _), *_ = parts = [doc.partition("\n\nAttributes:\n") for doc in docs]
    pairs = [pair for *_, keys in reversed(parts) for pair in ATTRIBUTE.findall(keys)]
    return about, {key: " ".join(words.split()) for key, words in pairs}


def _default(key: Field[Any]) -> Any:
    default = key.default if key.default_factory is MISSING else key.default_factory()
    if default is MISSING:
        return ...
    return _as_section(default)


def _as_section(value: Any) -> Any:
    """A default as pydantic has it, which does not check it once more."""
    if is_dataclass(value):
        settings: Any = type(value)
        inner = {key.name: _as_section(getattr(value, key.name)) for key in fields(settings)}
        return section(settings)(**inner)
    if isinstance(value, Mapping):
        return {name: _as_section(item) for name, item in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _translated(hint: Any) -> Any:
    """A kind of values as pydantic has it."""
    origin, inner = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return section(hint)
    if origin is Annotated:
        kind: Any = _translated(inner[0])
        for bound in inner[1:]:
            kind = _bounded(kind, bound)
        return kind
    if origin in (Union, UnionType) and any(get_origin(one) is Literal for one in inner):
        tagged = (Annotated[_translated(one), pydantic.Tag(_form_of_kind(one))] for one in inner)
        return Annotated[reduce(or_, tagged), pydantic.Discriminator(_form)]
    if origin in (Union, UnionType):
        kind = reduce(or_, map(_translated, inner))
        tag = tag_of(inner)
        return Annotated[kind, pydantic.Field(discriminator=tag)] if tag else kind
    if origin in CONTAINERS:
        return CONTAINERS[origin][tuple(map(_translated, inner))]
    return hint


def _form_of_kind(kind: Any) -> str:
    """What tells the members of a union with a `Literal` apart, so that a fault is told once."""
    return "word" if get_origin(kind) is Literal else "number"


def _form(value: object) -> str:
    return "word" if isinstance(value, str) else "number"


def _bounded(kind: Any, bound: Any) -> Any:
    if isinstance(bound, Among):
        return Literal[bound.words]
    if isinstance(bound, Checked):
        return Annotated[kind, pydantic.AfterValidator(_unchanged(bound.check))]
    if isinstance(bound, Matching):
        form = pydantic.BeforeValidator(_unchanged(_matches(bound)))
        return Annotated[kind, pydantic.Field(pattern=bound.pattern), form]
    if isinstance(bound, ListsFor):
        return Annotated[kind, pydantic.Field(json_schema_extra=_shown(bound))]
    return Annotated[kind, bound]


def _shown(bound: ListsFor) -> Callable[[dict[str, Any]], None]:
    """What editors show of kinds whose files only the JSON Schema loads all."""

    def show(schema: dict[str, Any]) -> None:
        schema["properties"] = {name: _lists(kind) for name, kind in bound.kinds().items()}
        schema["additionalProperties"] = False
        del schema["patternProperties"]

    return show


def _lists(kind: type) -> dict[str, Any]:
    """The JSON Schema of lists of values for each parameter of a kind."""
    whole = section(kind).model_json_schema()
    properties = {}
    for name, value in whole["properties"].items():
        about = {key: value.pop(key) for key in ("description", "title") if key in value}
        default = {"default": [value.pop("default")]} if "default" in value else {}
        properties[name] = {**about, **default, "type": "array", "minItems": 1, "items": value}
    whole |= {"properties": properties}
    return whole


def _matches(form: Matching) -> Callable[[object], None]:
    def check(value: object) -> None:
        if not isinstance(value, str) or not re.fullmatch(form.pattern, value):
            raise ValueError(form.told)

    return check


def _unchanged(check: Callable[[Any], None]) -> Callable[[Any], Any]:
    def checked(value: Any) -> Any:
        check(value)
        return value

    return checked


def said(detail: ErrorDetails) -> str:
    """What a bound or pydantic says of a value, in this project's voice."""
    error = detail.get("ctx", {}).get("error")
    message = str(error or detail["msg"].removeprefix("Input "))
    return message[:1].lower() + message[1:]
