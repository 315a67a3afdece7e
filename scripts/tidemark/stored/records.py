"""The kinds of records that are kept: their columns, their keys, and how rows become such a table.

The columns are those of schemas/market_data.json, economic_data.json, news.json and events.json.
Each row that is kept has these beside them:

    known_at       since when it could be known, UTC: as sent, else when it was fetched; of a row
                   that replaced one, not before its fetch
    fetched_at     when it was fetched, UTC
    superseded_at  when a row that replaced it was fetched, UTC; missing while it holds
    revision       0, and 1 more for each row of the same key that came before it
    checksum       of the record as sent, see `checksums`

Of actions, `nth` numbers those of a key that hold together. Of bars, `scale` is what splits that
came later multiply a row by that its provider no longer gives, and so never restated; else 1.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from tidemark.errors import InputError
from tidemark.naming import counted, several

import pandas as pd
import pyarrow as pa

Type = Literal["text", "time", "number", "flag", "texts", "count"]
ARROW = {
    "text": pa.large_string(),
    "time": pa.timestamp("us", tz="UTC"),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "texts": pa.list_(pa.large_string()),
    "count": pa.int32(),
}
TIME = "datetime64[us, UTC]"
NTH, SCALE = "nth", "scale"


@dataclass(frozen=True)
class Kind:
    """A kind of records.

    Attributes:
        columns: of a record as sent, with the type of each.
        key: what tells rows apart; a row with the key of another takes its place.
        may_lack: parts of the key that may be missing.
        several: whether several records of a key hold together, such as two dividends of one day.
            They are numbered from the largest value on (`nth`), and replaced together.
        unhashed: columns of which a change is none.
        scaled: whether rows have a `scale`.
    """

    columns: Mapping[str, Type]
    key: tuple[str, ...]
    may_lack: frozenset[str] = frozenset()
    several: bool = False
    unhashed: frozenset[str] = frozenset()
    scaled: bool = False

    @property
    def unique(self) -> list[str]:
        """The columns that no two rows that hold have alike."""
        return [*self.key, *([NTH] if self.several else [])]

    @property
    def kept(self) -> dict[str, Type]:
        """The columns of the rows that are kept, with the type of each."""
        own: dict[str, Type] = {NTH: "count"} if self.several else {}
        own |= {SCALE: "number"} if self.scaled else {}
        return {**self.columns, **own, **KEPT}


KEPT: dict[str, Type] = {
    "known_at": "time",
    "fetched_at": "time",
    "superseded_at": "time",
    "revision": "count",
    "checksum": "text",
}
KINDS = {
    "bars": Kind(
        {
            "ticker": "text",
            "timestamp": "time",
            "open": "number",
            "high": "number",
            "low": "number",
            "close": "number",
            "volume": "number",
            "adj_close": "number",
            "interval": "text",
            "live": "flag",
            "volume_is": "text",
        },
        key=("ticker", "timestamp"),
        scaled=True,
    ),
    "actions": Kind(
        {
            "ticker": "text",
            "timestamp": "time",
            "kind": "text",
            "value": "number",
            "currency": "text",
        },
        key=("ticker", "timestamp", "kind"),
        several=True,
    ),
    "series": Kind(
        {
            "series": "text",
            "timestamp": "time",
            "value": "number",
            "known_at": "time",
            "vintage": "text",
        },
        key=("series", "timestamp", "vintage"),
        may_lack=frozenset({"vintage"}),
    ),
    "news": Kind(
        {
            "id": "text",
            "timestamp": "time",
            "known_at": "time",
            "title": "text",
            "summary": "text",
            "url": "text",
            "source": "text",
            "tickers": "texts",
            "language": "text",
        },
        key=("id",),
        unhashed=frozenset({"known_at"}),  # the fetch, mostly
    ),
    "events": Kind(
        {
            "ticker": "text",
            "kind": "text",
            "timestamp": "time",
            "announced_at": "time",
            "name": "text",
            "value": "number",
        },
        key=("ticker", "kind", "timestamp", "name"),
        may_lack=frozenset({"ticker"}),
    ),
}


def schema(kind: str) -> pa.Schema:
    """The columns of the rows that are kept, as Arrow types."""
    return pa.schema([(name, ARROW[type_]) for name, type_ in KINDS[kind].kept.items()])


def none(kind: str) -> pd.DataFrame:
    """A table of kept rows without any."""
    empty: pd.DataFrame = schema(kind).empty_table().to_pandas()
    return empty


def received(source: str, kind: str, rows: pd.DataFrame, fetched: datetime) -> pd.DataFrame:
    """Records as sent, as rows to keep: typed, sorted by key, each once, none superseded.

    A record that stands there twice is one row. Of two records with one key the later one holds,
    as pages come in order; where several may hold, all do.

    Args:
        source: for messages.
        kind: of all records.
        rows: a record each; columns that may be empty may be absent.
        fetched: when they were fetched, with a time zone.

    Raises:
        InputError: a column is unknown, a part of a key is missing, or a value is of another type.
    """
    form = KINDS[kind]
    where = f"{source}: {kind}"
    _must_be_columns(where, form, rows)
    typed = pd.DataFrame(
        {
            name: _typed(where, name, type_, rows[name])
            if name in rows
            else _missing(type_, rows.index)
            for name, type_ in form.columns.items()
        }
    )
    for name in {*form.key, "timestamp"} - form.may_lack:
        if typed[name].isna().any():
            problem = f"{name}: missing in {counted(int(typed[name].isna().sum()), 'row')}"
            raise InputError(
                where, problem, "look at the payload, which the provider's module read"
            )
    typed["checksum"] = checksums(form, typed)
    if form.several:
        typed = typed.drop_duplicates([*form.key, "checksum"])
        typed = typed.sort_values([*form.key, "value"], ascending=[True] * len(form.key) + [False])
        typed[NTH] = typed.groupby([*form.key], dropna=False).cumcount().astype("int32")
    typed = typed.drop_duplicates(form.unique, keep="last")
    if form.scaled:
        typed[SCALE] = 1.0
    at = pd.Timestamp(fetched).tz_convert("UTC").as_unit("us")
    known = typed["known_at"].fillna(at) if "known_at" in typed else at
    typed = typed.assign(
        known_at=known, fetched_at=at, superseded_at=_missing("time", typed.index), revision=0
    )
    return in_form(kind, typed)


def in_form(kind: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with the columns, types and order in which they are kept."""
    form = KINDS[kind]
    ordered = rows.astype(
        {
            name: TIME if type_ == "time" else "int32"
            for name, type_ in form.kept.items()
            if type_ in ("time", "count")
        }
    )
    by = [*form.unique, "revision"]
    return ordered[list(form.kept)].sort_values(by, na_position="first", ignore_index=True)


def checksums(form: Kind, typed: pd.DataFrame) -> pd.Series:
    """The first 16 hex digits of SHA-256 of each record, as JSON: its values, in their order.

    Numbers stand as the shortest decimals that give them back, times as microseconds since 1970.
    """
    columns = [_plain(type_, typed[name]) for name, type_ in form.columns.items()
               if name not in form.unhashed]  # fmt: skip
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    texts = map(encode, zip(*columns, strict=True))
    sums = [hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts]
    return pd.Series(sums, typed.index, dtype="str")


def _must_be_columns(where: str, form: Kind, rows: pd.DataFrame) -> None:
    if unknown := [str(name) for name in rows.columns if name not in form.columns]:
        cure = f"a record has {several(list(form.columns), len(form.columns))}"
        raise InputError(where, f"{several(unknown)}: no column of such records", cure)
    required = {*form.key, "timestamp"} - form.may_lack
    if lacking := sorted(required - {*rows.columns}):
        raise InputError(where, f"{several(lacking)}: missing", "each record must have it")


def _typed(where: str, name: str, type_: Type, values: pd.Series) -> pd.Series:
    try:
        match type_:
            case "time":
                return pd.to_datetime(values, utc=True, format="ISO8601").dt.as_unit("us")
            case "number":
                return values.astype("float64") + 0.0  # which makes -0.0 plain
            case "flag":
                return values.fillna(False).astype("bool")
            case "texts":
                return values.map(lambda texts: [str(text) for text in texts])
            case _:
                return values.astype("str")
    except (ValueError, TypeError, OverflowError) as error:
        problem = f"{name}: {error}".splitlines()[0]
        raise InputError(where, problem, f"each {name} must be a {type_}") from error


def _missing(type_: Type, index: pd.Index) -> pd.Series:
    match type_:
        case "time":
            return pd.Series(pd.NaT, index, dtype=TIME)
        case "number":
            return pd.Series(float("nan"), index)
        case "flag":
            return pd.Series(False, index)
        case "texts":
            return pd.Series([[] for _ in index], index, dtype=object)
        case _:
            return pd.Series(None, index, dtype="str")


def _plain(type_: Type, values: pd.Series) -> list[Any]:
    """Values as JSON has them."""
    if type_ == "time":
        instants = values.astype("int64").where(values.notna())
        return [None if pd.isna(instant) else int(instant) for instant in instants]
    return [None if one is None or one != one else one for one in values.tolist()]
