"""Values that a file types itself, cell by cell, as columns of one type each."""

import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from tidemark.reading.settings import Form

import numpy as np
import pyarrow as pa

Cell = object  # None if there is none


def column(values: Sequence[Cell], form: Form) -> pa.Array:
    """The values as numbers, times or text; of several types, as text that the form can read."""
    types = set(map(type, values)) - {type(None)}
    try:
        if types <= {bool} or types <= {str}:
            return pa.array(values, pa.bool_() if bool in types else pa.string())
        if types == {int}:
            return pa.array(values, pa.int64())
        if types <= {int, float}:
            return pa.array(values, pa.float64())
        if types == {date}:
            return pa.array(values, pa.date32())
        if types <= {date, datetime}:
            return pa.array(list(map(_moment, values)), pa.timestamp("us"))
    except (pa.ArrowInvalid, OverflowError):
        pass  # such as a whole number of twenty digits
    return pa.array([None if value is None else text(value, form) for value in values], pa.string())


def _moment(value: Cell) -> Cell:
    """A day as its midnight."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    return value


def text(value: Cell, form: Form) -> str:
    """One value as text: a number without blanks, with the form's decimal sign."""
    match value:
        case str():
            return value
        case bool():
            return str(value)
        case int():
            return str(value)
        case float():
            return np.format_float_positional(value, trim="-").replace(".", form.decimal)
        case datetime() | date() | time() | timedelta():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False)
