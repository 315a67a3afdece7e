"""A YAML file with other values: what stays keeps its words, its place and its remarks.

A value that changed is written where the old one stood; a new key stands behind the one before it;
with keys that go, go the remarks above them that speak of no other. Block mappings are gone through
key by key, everything else is written anew in one line.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tidemark.config import yaml_lines

import yaml

PLAIN = re.compile(r"[A-Za-z0-9_./][\w ./+@%-]*(?<! )")
LEAST_GAP = 2  # blanks before a remark


class _Edit(NamedTuple):
    """What stands from `start` to `stop` of the text becomes `words`."""

    start: int
    stop: int
    words: str


def rewritten(text: str, values: Mapping[str, Any]) -> str:
    """The text of a YAML mapping, changed as little as may be, so that it says these values.

    Args:
        text: a mapping in block style, without anchors.
        values: as `yaml_lines.parse` gives them; new keys stand where the text is to have them.

    Raises:
        InputError: it is not YAML, or cannot be made to say it.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").rstrip("\n") + "\n"
    old, _ = yaml_lines.parse("", text.encode())
    node = yaml.compose(text, yaml.SafeLoader)
    edits = sorted(_mapping(text, node, old, values), key=lambda edit: edit[:2])
    for start, stop, words in reversed(edits):
        text = text[:start] + words + text[stop:]
    return text


def _mapping(
    text: str, node: Any, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[_Edit]:
    entries = {key.value: (key, value) for key, value in node.value}
    first = node.value[0][0].start_mark
    end = _line_start(text, first.index)
    for name, value in new.items():
        if name in entries:
            key, held = entries[name]
            yield from _value(text, key, held, (old[name], value))
            end = _line_end(text, _last(held))
        else:
            yield _Edit(end, end, f"{' ' * first.column}{scalar(name)}: {written(value)}\n")
    yield from _without(text, [*entries.values()], {name for name in old if name not in new})


def _value(text: str, key: Any, node: Any, change: tuple[Any, Any]) -> Iterator[_Edit]:
    old, new = change
    block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    if block and isinstance(old, Mapping) and isinstance(new, Mapping) and old.keys() & new.keys():
        yield from _mapping(text, node, old, new)
    elif json.dumps(old) != json.dumps(new):
        start = text.index(":", key.end_mark.index) + 1
        stop = start if block else max(start, node.end_mark.index)
        rest = text[stop : _line_end(text, stop) - 1]
        remark = rest.strip()
        words = f" {written(new)}"
        if remark:  # in its column, if there is room
            column = stop + len(rest) - len(rest.lstrip()) - _line_start(text, stop)
            here = start - _line_start(text, start) + len(words)
            words += " " * max(column - here, LEAST_GAP) + remark
        yield _Edit(start, _line_end(text, _last(node)) - 1, words)


def _without(text: str, entries: Sequence[tuple[Any, Any]], gone: set[str]) -> Iterator[_Edit]:
    """Cut keys out, and remarks where all keys from these to the next ones go."""
    groups: list[tuple[int, list[tuple[Any, Any]]]] = []
    for key, node in entries:
        start = _line_start(text, key.start_mark.index)
        remarks = _remarks(text, start, key.start_mark.column)
        if remarks < start or not groups:
            groups.append((remarks, []))
        groups[-1][1].append((key, node))
    for remarks, group in groups:
        if all(key.value in gone for key, _ in group):
            start = _line_start(text, group[0][0].start_mark.index)
            yield _Edit(remarks, start, "")
        for key, node in group:
            if key.value in gone:
                start = _line_start(text, key.start_mark.index)
                yield _Edit(start, _line_end(text, _last(node)), "")


def _remarks(text: str, start: int, column: int) -> int:
    """Where the lines of remarks begin that stand right above a line, as far in as it."""
    while start:
        above = _line_start(text, start - 1)
        if not text.startswith(f"{' ' * column}#", above):
            break
        start = above
    return start


def _last(node: Any) -> int:
    """Where the last word of a node ends; a block's own end lies behind the remarks below it."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _last(last[1] if isinstance(last, tuple) else last)


def _line_start(text: str, place: int) -> int:
    return text.rfind("\n", 0, place) + 1


def _line_end(text: str, place: int) -> int:
    """Behind the break of the line that `place` lies in."""
    return text.index("\n", place) + 1


def written(value: Any) -> str:
    """A value in one line of YAML."""
    if isinstance(value, Mapping):
        inner = (f"{scalar(name)}: {written(item)}" for name, item in value.items())
        return f"{{{', '.join(inner)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(written, value))}]"
    return scalar(value)


def scalar(value: Any) -> str:
    """Text, a number, a truth or null; text is in quotes where it would be read as another."""
    if not isinstance(value, str):
        return json.dumps(value)
    if PLAIN.fullmatch(value) and yaml_lines.parse("", value.encode())[0] == value:
        return value
    return json.dumps(value, ensure_ascii=False)
