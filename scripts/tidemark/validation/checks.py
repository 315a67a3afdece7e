"""The checks of a schema. Each returns findings; none raises."""

from collections.abc import Iterator

from tidemark.naming import counted
from tidemark.ohlcv import OHLC
from tidemark.validation.finding import Finding, iso, offenders
from tidemark.validation.schema import PRICE, Column, Schema

import numpy as np
import pandas as pd
from pandas.api import types

MEND = (
    "mend the value in the source, or leave it empty if it is unknown; if it is real, let the"
    " schema admit it"
)
IS_TYPE = {
    "timestamp": types.is_datetime64_dtype,
    "string": types.is_string_dtype,
    "number": lambda dtype: types.is_numeric_dtype(dtype) and not types.is_bool_dtype(dtype),
}


def check(
    frame: pd.DataFrame,
    schema: Schema,
    as_of: pd.Timestamp | None,
    summed: pd.Series | None = None,
    counts: pd.Series | None = None,
) -> list[Finding]:
    """Check a frame against its schema.

    Args:
        frame: as it stands in data/raw/, with a default index.
        schema: the rules.
        as_of: the day on which freshness is judged; None: not at all.
        summed: values that add up over rows with the same key, NaN where they do not; None: no
            values add up.
        counts: for prices, whether a missing value in each row counts (see `completeness`, which
            also judges those of adj_close); None: all count.
    """
    findings = [*_drift(frame, schema), *_size(frame, schema)]
    present = {name: column for name, column in schema.fields.items() if name in frame}
    sound = {name for name, column in present.items() if _has_type(frame[name], column)}
    empty = [
        name for name in present if name in sound and _lacks_values(frame[name], present[name])
    ]
    findings += _no_values(frame, empty if len(frame) else [])
    for name, column in present.items():
        if name not in sound:
            findings.append(_wrong_type(frame, name, column))
        elif name not in empty:
            if counts is None:
                findings += _nulls(frame, name, column.max_null_rate, frame[name].isna())
            elif name != PRICE:
                findings += _nulls(frame, name, column.max_null_rate, frame[name].isna() & counts)
            findings += _values(frame, name, column)
    if sound.issuperset(schema.unique):
        findings += _duplicates(frame, schema.unique, summed)
    if schema.ohlc_tolerance is not None and sound.issuperset(OHLC):
        findings += _ohlc(frame, schema.ohlc_tolerance)
    if as_of is not None and sound.issuperset(["timestamp", schema.age_of]) and len(frame):
        findings += _freshness(frame, schema, as_of)
    return findings


def _has_type(values: pd.Series, column: Column) -> bool:
    return bool(IS_TYPE[column.type](values.dtype))


def _wrong_type(frame: pd.DataFrame, name: str, column: Column) -> Finding:
    message = f"holds {frame[name].dtype}, not {column.type}"
    return Finding("type", name, message, "correct `columns` of this source")


def _drift(frame: pd.DataFrame, schema: Schema) -> Iterator[Finding]:
    for name in schema.fields:
        if name not in frame:
            cure = "map it under `columns` of this source, or take it off the schema"
            yield Finding("missing_column", name, "the column is missing", cure)
    for name in frame:
        if name not in schema.fields:
            cure = "take it out of `columns`, or describe it in the schema"
            yield Finding("unexpected_column", name, "the schema does not know this column", cure)


def _size(frame: pd.DataFrame, schema: Schema) -> Iterator[Finding]:
    if len(frame) < schema.min_rows:
        yield Finding(
            "min_rows",
            None,
            f"{counted(len(frame), 'row')} where at least {schema.min_rows} are expected",
            "check that the source is whole, or lower min_rows in the schema",
        )


def _lacks_values(values: pd.Series, column: Column) -> bool:
    """Whether a column of numbers has none, as if the configuration did not map it."""
    return column.type == "number" and column.max_null_rate < 1 and bool(values.isna().all())


def _no_values(frame: pd.DataFrame, names: list[str]) -> Iterator[Finding]:
    if names:
        yield Finding(
            "no_values",
            ", ".join(names),
            "no values at all in the source",
            "take it out of `columns` of this source, which then need not have it, or map another",
            count=len(names) * len(frame),
        )


def _values(frame: pd.DataFrame, name: str, column: Column) -> Iterator[Finding]:
    values = frame[name]
    for rule, bad, words in _broken(values, column):
        if bad.any():
            yield Finding(
                rule,
                name,
                f"{counted(int(bad.sum()), 'value')} {words}",
                MEND,
                count=int(bad.sum()),
                rows=offenders(frame, bad, values),
            )


def _broken(values: pd.Series, column: Column) -> Iterator[tuple[str, pd.Series, str]]:
    """Each rule on single values: its name, where it is broken, and in words."""
    if column.type == "number":
        yield "infinite", pd.Series(np.isinf(values), values.index), "infinite"
    if column.minimum is not None:
        yield "minimum", values < column.minimum, f"below {column.minimum:g}"
    if column.exclusive_minimum is not None:
        limit = column.exclusive_minimum
        yield "exclusive_minimum", values <= limit, f"not above {limit:g}"
    if column.maximum is not None:
        yield "maximum", values > column.maximum, f"above {column.maximum:g}"
    if column.allowed is not None:
        unknown = ~values.isin(column.allowed) & values.notna()
        yield "allowed", unknown, f"not one of {', '.join(column.allowed)}"


def _nulls(frame: pd.DataFrame, name: str, limit: float, missing: pd.Series) -> Iterator[Finding]:
    if missing.mean() > limit:
        yield Finding(
            "null_rate",
            name,
            f"{counted(int(missing.sum()), 'value')} missing of {len(frame):,}"
            f" ({missing.mean():.1%}; the limit is {limit:.1%})",
            "complete the source, or raise max_null_rate in the schema",
            count=int(missing.sum()),
            rows=offenders(frame, missing, frame[name]),
        )


def _duplicates(frame: pd.DataFrame, key: list[str], summed: pd.Series | None) -> Iterator[Finding]:
    """Report rows that share their key: copies of another row, and rows that contradict it.

    Rows that differ in `summed` are neither, because they add up, as two dividends of a day do.
    """
    again = frame.duplicated(key)
    copies = again & frame.duplicated()
    others = again & ~copies
    if summed is not None:
        others &= frame[key].assign(summed=summed).duplicated()
    add_up = summed is not None and summed[copies].notna().any()
    for bad, words, cure in (
        (
            copies,
            "alike in every column",
            "remove the repeated line from the source"
            + ("; if both are real, write their sum in one line" if add_up else ""),
        ),
        (
            others,
            "with other values",
            "decide which row is right and mend the source; rows of different times need a"
            " date_format that reads the time, and prices bar: intraday",
        ),
    ):
        if bad.any():
            yield Finding(
                "unique",
                " + ".join(key),
                f"repeated in {int(bad.sum()):,} row{'' if bad.sum() == 1 else 's'}, {words}",
                cure,
                count=int(bad.sum()),
                rows=offenders(frame, bad, frame[key[-1]]),
            )


def _ohlc(frame: pd.DataFrame, tolerance: float) -> Iterator[Finding]:
    """Report bars whose high is not the highest or low not the lowest of the known prices."""
    inner = frame[list(OHLC)]
    above = inner.max(axis=1) > frame["high"] + tolerance * frame["high"].abs()
    below = inner.min(axis=1) < frame["low"] - tolerance * frame["low"].abs()
    bad = above | below
    if bad.any():
        bars = inner[bad].apply(
            lambda bar: " ".join(f"{field}={bar[field]:g}" for field in bar.index), axis=1
        )
        yield Finding(
            "ohlc",
            "high, low",
            f"{counted(int(bad.sum()), 'value')} where high is not the highest or low not the"
            " lowest",
            "mend the bar in the source",
            count=int(bad.sum()),
            rows=offenders(frame, bad, bars.reindex(frame.index)),
        )


def _freshness(frame: pd.DataFrame, schema: Schema, as_of: pd.Timestamp) -> Iterator[Finding]:
    newest = frame[schema.age_of].max()
    age = (as_of - newest.normalize()).days
    if schema.max_age_days is not None and age > schema.max_age_days:
        yield Finding(
            "freshness",
            schema.age_of,
            f"the newest value is of {iso(newest)}, {age} days before {iso(as_of)}"
            f" (the limit is {schema.max_age_days})",
            "fetch newer data, or set validate_schema.as_of",
            rows=offenders(frame, frame[schema.age_of] == newest, frame[schema.age_of]),
        )
    future = frame["timestamp"] >= as_of + pd.Timedelta(days=1)
    if future.any():
        yield Finding(
            "future",
            "timestamp",
            f"{counted(int(future.sum()), 'value')} after {iso(as_of)}, as of which freshness is"
            " judged",
            "set validate_schema.as_of",
            severity="warning",
            count=int(future.sum()),
            rows=offenders(frame, future, frame["timestamp"]),
        )
