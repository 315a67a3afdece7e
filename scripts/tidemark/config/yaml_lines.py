"""YAML with line numbers, without YAML's surprises.

Repeated keys are refused. Of plain scalars, only `true`/`false`, `null`/`~`/nothing and decimal
numbers are not text: `NO`, `0123`, `12:30:00`, `2013-03-01` stay what they look like. Keys are
always text.

A file may be hostile: what it holds is counted while it is read, aliases as often as they are used.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from tidemark.errors import InputError, printable

import yaml

Position = tuple[int, int]
KeyPath = tuple[str | int, ...]

LARGEST = 300_000  # bytes
DEEPEST = 40  # levels
MOST_VALUES = 20_000
MOST_DIGITS = 40
TAGS = ("str", "int", "float", "bool", "null", "map", "seq")


class _PlainLoader(yaml.SafeLoader):
    """SafeLoader with YAML 1.2's few implicit types, and a bottom."""

    depth = 0
    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        self.nodes += 1
        if self.depth > DEEPEST or self.nodes > 2 * MOST_VALUES:  # keys are nodes too
            problem = f"more than {DEEPEST} levels, or {MOST_VALUES:,} values"
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


_PlainLoader.yaml_implicit_resolvers = {}
_NUMBERS = {
    "int": r"[-+]?(0|[1-9][0-9]*)",
    "float": r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?",
}
for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"~|null|", ["~", "n", ""]),
    ("int", _NUMBERS["int"], "-+0123456789"),
    ("float", _NUMBERS["float"], "-+.0123456789"),
):
    _PlainLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )


def parse(where: str, data: bytes) -> tuple[Any, dict[KeyPath, Position]]:
    """The document, and for each key path its 1-based line and column.

    Raises:
        InputError: too large, not UTF-8, not YAML, a key stands twice, or a value that no file
            needs: more than DEEPEST levels, MOST_VALUES values or MOST_DIGITS digits, an anchor
            that holds itself, a tag beyond TAGS, a key that is a list; names line and column.
    """
    if len(data) > LARGEST:
        raise InputError(f"{where}:1:1", f"has more than {LARGEST:,} bytes", "name a YAML file")
    text = _decoded(where, data)
    node = _composed(where, text)
    if node is None:
        return None, {}
    reader = _Reader(where)
    document = reader.value(node, ())
    return document, reader.positions


def _decoded(where: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        at = f"{where}:{line}:{column}"
        raise InputError(at, "is not UTF-8", "save the file as UTF-8") from error


def _composed(where: str, text: str) -> yaml.Node | None:
    loader = None
    try:
        loader = _PlainLoader(text)
        node: yaml.Node | None = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        problem = " ".join(filter(None, [error.problem, error.context]))
        raise InputError(f"{where}{at}", f"not valid YAML: {printable(problem)}") from error
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, error.position - before.rfind("\n")
        sign = f"U+{ord(text[error.position]):04X}"
        cure = "remove it, and save the file as UTF-8"
        raise InputError(f"{where}:{line}:{column}", f"holds the sign {sign}", cure) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # such as "\UFFFFFFFF"
        mark = loader.get_mark() if loader else None
        at = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        problem = "an escape or a version is out of range"
        raise InputError(f"{where}{at}", f"not valid YAML: {problem}") from error
    return node


class _Reader:
    """Values from nodes. An alias is read anew wherever it stands, and counts there."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._values = 0
        self._open: list[yaml.Node] = []
        self.positions: dict[KeyPath, Position] = {}

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        """The value of a node, whose place in the document is `path`."""
        self._values += 1
        if self._values > MOST_VALUES:
            raise self._fault(node, path, f"aliases unfold to more than {MOST_VALUES:,} values")
        if any(node is outer for outer in self._open):
            raise self._fault(node, path, "an anchor holds itself")
        if len(path) > DEEPEST:
            raise self._fault(node, path, f"more than {DEEPEST} levels")
        tag = node.tag.removeprefix("tag:yaml.org,2002:")
        if tag not in TAGS:
            raise self._fault(node, path, f"has the tag {printable(node.tag)}", "remove the tag")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, tag, path)
        self._open.append(node)
        items: Any = None
        if isinstance(node, yaml.MappingNode) and tag == "map":
            items = self._mapping(node, path)
        elif isinstance(node, yaml.SequenceNode) and tag == "seq":
            items = self._sequence(node, path)
        else:
            raise self._fault(node, path, f"is not the {tag} that its tag says", "remove the tag")
        self._open.pop()
        return items

    def _scalar(self, node: yaml.ScalarNode, tag: str, path: KeyPath) -> Any:
        text: str = node.value
        if tag in _NUMBERS:
            if not re.fullmatch(f"{_NUMBERS['int']}|{_NUMBERS[tag]}", text):
                raise self._fault(node, path, "is not the number that its tag says")
            if sum(sign.isdigit() for sign in text) > MOST_DIGITS:
                raise self._fault(node, path, f"has more than {MOST_DIGITS} digits")
            return int(text) if tag == "int" else float(text) + 0.0  # not -0.0
        if tag == "bool" and text in ("true", "false"):
            return text == "true"
        if tag == "null" and text in ("~", "null", ""):
            return None
        if tag != "str":
            raise self._fault(node, path, f"is not the {tag} that its tag says")
        self._must_be_text(node, path)
        return text

    def _must_be_text(self, node: yaml.ScalarNode, path: KeyPath) -> None:
        """Refuse what only an escape such as "\\0" brings in, and no file or terminal bears."""
        for sign in node.value:
            if unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\t\r\n":
                raise self._fault(node, path, f"holds the sign U+{ord(sign):04X}", "remove it")

    def _sequence(self, node: yaml.SequenceNode, path: KeyPath) -> list[Any]:
        for number, item in enumerate(node.value):
            self.positions[(*path, number)] = _start(item)
        return [self.value(item, (*path, number)) for number, item in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        return {key: self.value(item, (*path, key)) for key, item in self._items(node, path)}

    def _items(self, node: yaml.MappingNode, path: KeyPath) -> Iterator[tuple[str, yaml.Node]]:
        first_line: dict[str, int] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._fault(key, path, "a list or a mapping is no key", "write a name")
            self._must_be_text(key, path)
            name: str = key.value
            if name == "<<":
                raise self._fault(key, path, "<< merges nothing here", "write the keys out")
            if name in first_line:
                told = f"stands twice (first in line {first_line[name]})"
                raise self._fault(key, (*path, name), told, "keep one")
            first_line[name], _ = self.positions[(*path, name)] = _start(key)
            yield name, item

    def _fault(self, node: yaml.Node, path: KeyPath, problem: str, cure: str = "") -> InputError:
        line, column = _start(node)
        key = dotted(path)
        named = f"{key}: {problem}" if key else problem
        return InputError(f"{self._where}:{line}:{column}", named, cure)


def _start(node: yaml.Node) -> Position:
    return node.start_mark.line + 1, node.start_mark.column + 1


def nearest(path: KeyPath, positions: dict[KeyPath, Position]) -> str:
    """`10:3`: line and column of a key, or of the nearest one above it that is in the file."""
    while path and path not in positions:
        path = path[:-1]
    line, column = positions.get(path, (1, 1))
    return f"{line}:{column}"


def dotted(path: KeyPath) -> str:
    """A key path as people write it, of bearable length, on one line."""
    return printable(".".join(map(str, path)))
