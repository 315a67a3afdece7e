"""Records held against the JSON Schema of their kind before anything keeps them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from tidemark.errors import InputError, printable
from tidemark.files import store
from tidemark.naming import counted
from tidemark.project import Tree
from tidemark.providers.contract import Kind, PayloadError

FOLDER = Path("schemas")
SCHEMAS: Mapping[Kind, str] = {
    "bars": "market_data.json",
    "actions": "market_data.json",
    "series": "economic_data.json",
    "news": "news.json",
    "events": "events.json",
}
KEYS: Mapping[Kind, tuple[str, ...]] = {
    "bars": ("ticker", "timestamp"),
    "series": ("series", "timestamp", "vintage"),
}
AHEAD = timedelta(days=2)  # that a day may begin before it does in UTC, and clocks may differ
SHOWN = 3  # faults of one page


def must_fit(tree: Tree, kind: Kind, records: Sequence[Mapping[str, Any]]) -> None:
    """Refuse records that their schema does not allow.

    Raises:
        PayloadError: at least one is not as it should be; the first few are named. Asking again
            may bring others.
        InputError: the schema is not there or is none, or jsonschema-rs is not installed.
    """
    validator = _validator(_schema(tree, SCHEMAS[kind]))
    faults = validator.iter_errors({kind: records})
    shown = [_told(fault) for fault in islice(faults, SHOWN)]
    if shown:
        more = sum(1 for _ in faults)
        rest = f"; and {counted(more, 'more fault')}" if more else ""
        raise PayloadError(f"{SCHEMAS[kind]} does not allow it: {'; '.join(shown)}{rest}")


def must_be_sound(kind: Kind, records: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Refuse bars of a time to come, and two records of one key that contradict each other.

    Args:
        kind: of all records.
        records: of one page, as their schema allows them.
        now: when they were asked for.

    Raises:
        PayloadError: there are such. Asking again may bring others.
    """
    key = KEYS.get(kind)
    if key is None:
        return
    seen: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for record in records:
        own = tuple(record.get(name) for name in key)
        if seen.setdefault(own, record) != record:
            words = " ".join(str(part) for part in own if part is not None)
            raise PayloadError(f"there are two {kind} of {words} that differ")
    latest = max((str(record["timestamp"]) for record in records), default="")
    if kind == "bars" and latest and datetime.fromisoformat(latest) > now + AHEAD:
        raise PayloadError(f"a bar of {latest} came, which is yet to come")


def _told(fault: Any) -> str:
    """Where the fault stands, as in `bars[3].close`, and what it is."""
    place = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault.instance_path
    )
    return f"{place.lstrip('.')}: {printable(fault.message)}"


def _schema(tree: Tree, name: str) -> Path:
    """The project's own schema, or else that of the code."""
    own = tree / FOLDER / name
    return own if own.exists() else tree.module(str(FOLDER / name))


def _validator(path: Path) -> Any:
    try:
        return _compiled(path, store.read_file(path).decode())
    except (OSError, ValueError) as error:
        raise InputError(
            str(path), "is not a JSON Schema that can be read", "restore it"
        ) from error


@cache
def _compiled(path: Path, text: str) -> Any:
    try:
        import jsonschema_rs
    except ImportError as error:
        raise InputError(
            "jsonschema-rs", "is not installed, and checks live data", "make .venv/.live-ok"
        ) from error
    return jsonschema_rs.validator_for(text, validate_formats=True)
