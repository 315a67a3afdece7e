"""Which run people mean by the beginning of its name."""

from collections.abc import Mapping, Sequence
from typing import Any

from tidemark.errors import InputError
from tidemark.naming import several


def begins(
    records: Sequence[Mapping[str, Any]], variable: str, name: str
) -> Mapping[str, Any] | None:
    """The record of the one run whose name begins so; None if there is none.

    Args:
        records: of the history.
        variable: of Make, that people gave it in.
        name: its beginning, such as 20261130T1557.

    Raises:
        InputError: several begin so.
    """
    found = [record for record in records if record["run"].startswith(name)]
    if len(found) > 1:
        told = several([record["run"] for record in found])
        raise InputError(f"{variable}={name}", f"begins the names of runs {told}", "add letters")
    return found[0] if found else None
