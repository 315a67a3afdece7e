"""Which raw data validation let pass, so that nothing is made of others."""

from collections.abc import Mapping

from tidemark.errors import InputError


def note(sha256: str) -> dict[str, str]:
    """What the gate writes of a source whose raw file has this hash."""
    return {"sha256": sha256}


def require(path: str, sha256: str, passed: Mapping[str, str]) -> None:
    """Refuse a raw file other than the one that the gate let pass.

    Args:
        path: of the raw file.
        sha256: of its content as it was read.
        passed: of `note`.

    Raises:
        InputError: it is another one: fetched since, or refused.
    """
    if sha256 != passed["sha256"]:
        problem = "is not what validation let pass"
        raise InputError(path, problem, "run make data_gate, and mend what it names")
