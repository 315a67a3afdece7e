"""The schemas of raw data, schemas/<name>.json; the `description` in each explains the rules."""

import hashlib
import json
from collections.abc import Collection
from typing import Annotated, Any, Literal

from tidemark.errors import InputError, hint
from tidemark.ohlcv import OHLC

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

PRICE = "adj_close"
SHORTEST_ACKNOWLEDGEMENT = 12  # hex digits

Rate = Annotated[float, Field(ge=0, le=1)]
Tolerance = Annotated[float, Field(ge=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Column(_Strict):
    """What the values of one column must be; a `max_null_rate` of 0 means required."""

    type: Literal["timestamp", "string", "number"]
    max_null_rate: Rate = 0.0
    minimum: float | None = None
    exclusive_minimum: float | None = None
    maximum: float | None = None
    allowed: list[str] | None = None


class Schema(_Strict):
    """What one data set must be; see `description` in any of the files."""

    description: list[str]
    fields: dict[str, Column]
    unique: list[str]
    min_rows: Annotated[int, Field(ge=0)]
    max_age_days: Annotated[int, Field(ge=0)] | None = None
    age_of: str = "timestamp"
    ohlc_tolerance: Tolerance | None = None
    gaps: Literal["error", "warning", "ignore"] = "ignore"
    adjustment_tolerance: Tolerance | None = None

    @field_validator("unique", "age_of", "ohlc_tolerance")
    @classmethod
    def _must_be_about_fields(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse a rule on a column that is no field: its check would look at nothing."""
        if info.field_name == "age_of":
            needed = [value]
        elif info.field_name == "ohlc_tolerance":
            needed = [] if value is None else [*OHLC]
        else:
            needed = value
        fields = info.data.get("fields", dict.fromkeys(needed))  # absent if at fault themselves
        for name in needed:
            if name not in fields:
                context = {"name": name, "meant": hint(name, fields)}
                raise PydanticCustomError(
                    "no_field", "{name} is none of the fields{meant}", context
                )
        return value


def parse(path: str, content: bytes) -> Schema:
    """Read a schema file.

    Raises:
        InputError: it is not JSON, or has a rule that does not exist, or one on a column that is
            none of its fields.
    """
    try:
        return Schema.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"{path}: {where}" if where else path,
            first["msg"],
            "correct the schema; its description lists the rules",
        ) from error


def of_mapped(rules: Schema, present: Collection[str], mapped: Collection[str]) -> Schema:
    """The rules of a source without what they require of numbers that it does not map.

    Args:
        rules: of its schema.
        present: the columns that it has in data/raw/.
        mapped: columns that the configuration names in it. `PRICE` counts as named, because it is
            made of the closes if it is not.
    """
    fields = {}
    for name, column in rules.fields.items():
        idle = column.type == "number" and name not in (*mapped, PRICE)
        if idle and name in present:
            fields[name] = column.model_copy(update={"max_null_rate": 1.0})
        elif not idle:
            fields[name] = column
    return rules.model_copy(update={"fields": fields})


def fingerprint(content: bytes) -> str:
    """SHA-256 of a schema's canonical JSON: sorted keys, no blanks; layout does not count."""
    canonical = json.dumps(json.loads(content), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def is_acknowledged(sha256: str, acknowledged: str) -> bool:
    """Whether the configuration quotes at least the first digits of this schema's fingerprint."""
    return len(acknowledged) >= SHORTEST_ACKNOWLEDGEMENT and sha256.startswith(acknowledged.lower())
