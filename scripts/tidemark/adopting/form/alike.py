"""Several files as files of one form, or which of them are written otherwise."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from tidemark.errors import InputError
from tidemark.naming import several
from tidemark.reading.settings import Form

# Of a file that has no need of it, what such a file may be read with all the same.
UNNEEDED = {"encoding": "utf-8", "repeated_names": "refuse", "extra_cells": "refuse"}


def merged(forms: Mapping[str, Form]) -> Form:
    """The form by which all files can be read; what single ones skip is skipped in all.

    Raises:
        InputError: files differ; names those that are fewer, and in what.
    """
    usual = Form()
    for field in fields(Form):
        if field.name == "skip":
            skip = dict.fromkeys(like for form in forms.values() for like in form.skip)
            usual = replace(usual, skip=tuple(skip))
            continue
        values = {path: getattr(form, field.name) for path, form in forms.items()}
        usual = replace(usual, **{field.name: _agreed(field.name, values)})
    return usual


def _agreed(name: str, values: Mapping[str, Any]) -> Any:
    needed = {path: value for path, value in values.items() if value != UNNEEDED.get(name, ...)}
    counts = Counter((needed or values).values()).most_common()
    if len(counts) == 1:
        return counts[0][0]
    usual = counts[0][0]
    others = [path for path, value in values.items() if value not in (usual, UNNEEDED.get(name))]
    like = next(path for path, value in values.items() if value == usual)
    raise InputError(
        several(others),
        f"is written otherwise than {like}: {_named(name)} is {values[others[0]]!r} there, and"
        f" {usual!r} here",
        "adopt them apart, or export all in one way",
    )


def _named(field: str) -> str:
    return field.replace("_", " ")
