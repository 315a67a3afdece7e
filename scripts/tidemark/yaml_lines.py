"""YAML with line numbers, without YAML's surprises.

Repeated keys are refused. Of plain scalars only `true`/`false`, `null`/`~`/nothing and decimal
numbers are anything but text: `NO`, `0123`, `12:30:00`, `2013-03-01` stay what they look like.
"""

import re
from collections.abc import Iterator
from typing import Any

from tidemark.errors import InputError

import yaml

Position = tuple[int, int]
KeyPath = tuple[str | int, ...]


class _PlainLoader(yaml.SafeLoader):
    """SafeLoader with YAML 1.2's few implicit types."""


_PlainLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"~|null|", ["~", "n", ""]),
    ("int", r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    _PlainLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )


def parse(where: str, data: bytes) -> tuple[Any, dict[KeyPath, Position]]:
    """The document, and for each key path its 1-based line and column.

    Raises:
        InputError: not UTF-8, not YAML, or a key stands twice; names line and column.
    """
    try:
        loader = _PlainLoader(data.decode("utf-8"))
        node = loader.get_single_node()
        positions = dict(_positions(where, node, ())) if node else {}
        return (loader.construct_document(node) if node else None), positions
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{where}:{line}", "is not UTF-8", "save the file as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        problem = " ".join(filter(None, [error.problem, error.context]))
        raise InputError(f"{where}{at}", f"not valid YAML: {problem}") from error
    except yaml.YAMLError as error:
        raise InputError(where, f"not valid YAML: {' '.join(str(error).split())}") from error


def _positions(where: str, node: yaml.Node, path: KeyPath) -> Iterator[tuple[KeyPath, Position]]:
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line, column = key.start_mark.line + 1, key.start_mark.column + 1
            if key.value in seen:
                raise InputError(
                    f"{where}:{line}:{column}",
                    f"{'.'.join(map(str, (*path, key.value)))}: stands twice"
                    f" (first in line {seen[key.value]})",
                    "keep one",
                )
            seen[key.value] = line
            yield (*path, key.value), (line, column)
            yield from _positions(where, value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield (*path, number), (item.start_mark.line + 1, item.start_mark.column + 1)
            yield from _positions(where, item, (*path, number))
