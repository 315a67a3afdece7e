"""The page `docs/estimators.md`: the kinds of models, as their files declare them."""

import json
from collections.abc import Mapping
from typing import Any

from tidemark.config.schema import section
from tidemark.errors import InputError
from tidemark.models import estimators
from tidemark.models.settings import Model, Search

HEAD = """# Kinds of models

What `estimator` may be in an entry under `models` of `config.yaml`, and the parameters that go with
it. *Searched* is where a search looks for better values (log: evenly over their logarithms); `grid`
may list any that are allowed. Each kind is a file in `scripts/tidemark/models/estimators/`;
`make config-schema` writes this page of them.
[Models, scenarios and features](models.md) says how kinds are chosen, and what they cost.
"""
TABLE = """| parameter | values | default | searched | what it is |
|---|---|---|---|---|
"""
MANY = 1e9  # from here on zeros are counted, not shown
FORECASTS = {
    "return": "the return",
    "direction": "the probability that the return is above 0",
}
SCALED = {"standard": "standardised", "none": "taken as they are"}


def text() -> str:
    """The page, in Markdown.

    Raises:
        InputError: a kind says nothing of one of its parameters.
    """
    return "\n".join([HEAD, *map(_part, estimators.names())])


def _part(name: str) -> str:
    kind = estimators.kind(name)
    shape = section(kind).model_json_schema()
    for parameter in kind.parameter_names():
        if "description" not in shape["properties"][parameter]:
            raise InputError(
                estimators.file_of(name),
                f"nothing under `Attributes:` says what its parameter {parameter} is",
                f"write a line `{parameter}: ...` there, as ridge.py does",
            )
    searched = estimators.search_space(name)
    lines = [
        _row(parameter, shape["properties"][parameter], searched.get(parameter))
        for parameter in kind.parameter_names()
    ]
    table = f"\n{TABLE}{''.join(lines)}" if lines else ""
    return f"## {name}\n\n{shape['description']}\n\n{_traits(kind)}\n{table}"


def _traits(kind: type[Model]) -> str:
    drawn = "Random numbers are drawn from `seed`." if kind.draws else "It draws no random numbers."
    if kind.of_rows is not Model.of_rows:
        drawn = f"{drawn[:-1]}, but for what stands in its place beyond its limit of rows."
    scaled = f"Features are {SCALED[kind.scaling]}"
    if kind.target_scaling == "standard":
        scaled += ", and so is the target"
    return f"Forecasts {FORECASTS[kind.target]}. {scaled}. {drawn}"


def _row(
    parameter: str, shape: Mapping[str, Any], searched: Search | tuple[Any, ...] | None
) -> str:
    default = _number(shape["default"]) if "default" in shape else "none"
    cells = [f"`{parameter}`", _values(shape), default, _where(searched)]
    return f"| {' | '.join(cells)} | {shape['description']} |\n"


def _values(shape: Mapping[str, Any]) -> str:
    """What a JSON Schema of a number, of words or of either admits."""
    for either in ("oneOf", "anyOf"):
        if either in shape:
            return ", or ".join(map(_values, shape[either]))
    if "enum" in shape:
        return ", ".join(map(str, shape["enum"]))
    if shape.get("type") not in ("integer", "number"):
        given = str(shape.get("type", "any"))
        return {"boolean": "true, false", "string": "text"}.get(given, given)
    words = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "exclusiveMaximum": "below",
    }
    kind = "whole number" if shape["type"] == "integer" else "number"
    bounds = [f"{word} {_number(shape[key])}" for key, word in words.items() if key in shape]
    return f"{kind} {', '.join(bounds)}".strip()


def _where(searched: Search | tuple[Any, ...] | None) -> str:
    if isinstance(searched, Search):
        ends = f"{_number(searched.low)} to {_number(searched.high)}"
        return f"{ends} (log)" if searched.log else ends
    return "all" if searched else "no"


def _number(value: object) -> str:
    """A number without more zeros than it takes; words as they are, and others as in YAML."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, float) and not value.is_integer():
        return f"{value:g}"
    if isinstance(value, (int, float)):
        return f"{value:,.0f}" if value < MANY else f"{value:.0e}".replace("e+", "e")
    return str(value)
