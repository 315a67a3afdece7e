"""Values in a body of JSON: what is not what an API documents is a PayloadError."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from tidemark.errors import printable
from tidemark.providers.contract import PayloadError, RefusedError

EARLIEST, LATEST = datetime(1800, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def told(value: Any) -> str:
    """Something that a provider sent, fit for a message."""
    return printable(value if isinstance(value, str) else json.dumps(value))


def complaint(value: Any, *places: tuple[str, ...]) -> str | None:
    """What a provider says of an error, in the first of several places of its answer; or None."""
    for place in places:
        found = value
        for key in place:
            found = found.get(key) if isinstance(found, dict) else None
        if found:
            return told(found)
    return None


def explained(error: RefusedError, who: str, *places: tuple[str, ...]) -> PayloadError:
    """A refusal with the provider's own words, where there are any."""
    try:
        said = complaint(json.loads(error.body), *places)
    except (ValueError, RecursionError):
        said = None
    if said is None:
        return error
    return RefusedError(f"{who} says: {said} (status {error.status})", error.status, error.body)


def mapping(value: Any, what: str) -> Mapping[str, Any]:
    """An object of JSON.

    Raises:
        PayloadError: it is something else.
    """
    if not isinstance(value, dict):
        raise PayloadError(f"{what} is no object")
    return value


def listed(value: Any, what: str) -> list[Any]:
    """An array of JSON.

    Raises:
        PayloadError: it is something else.
    """
    if not isinstance(value, list):
        raise PayloadError(f"{what} is no list")
    return value


def number(value: Any, what: str) -> float | None:
    """A finite number, or None where the provider left it empty.

    Raises:
        PayloadError: it is a text, a truth value, or beyond all numbers.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise PayloadError(f"{what} is {told(value)}, which is no finite number")
    return value


def instant(seconds: Any, what: str) -> datetime:
    """The instant so many seconds after 1970, in UTC.

    Raises:
        PayloadError: it is no number, or of no century in which anything was traded.
    """
    since = number(seconds, what)
    if since is None or not EARLIEST.timestamp() <= since < LATEST.timestamp():
        raise PayloadError(f"{what} is {told(seconds)}, which is no time in seconds")
    return datetime.fromtimestamp(since, UTC)


def day(text: Any, what: str) -> date:
    """A date as `2020-08-31`.

    Raises:
        PayloadError: it is something else.
    """
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise PayloadError(f"{what} is {told(text)}, which is no date") from None
