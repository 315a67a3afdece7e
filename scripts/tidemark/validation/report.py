"""The validation report, and the error that it ends in."""

from collections.abc import Mapping
from typing import Any

from tidemark.errors import InputError
from tidemark.layout.validate_schema import VALIDATION_REPORT
from tidemark.validation.finding import Finding

import pandas as pd

ACKNOWLEDGEMENT = "acknowledgement"  # the check


def dataset(frame: pd.DataFrame, sha256: str, findings: list[Finding]) -> dict[str, Any]:
    """One data set's part of the report."""
    return {
        "ok": not errors(findings),
        "schema_sha256": sha256,
        "rows": len(frame),
        "null_rates": {name: float(frame[name].isna().mean()) for name in frame},
        "findings": [finding.as_json() for finding in findings],
    }


def unacknowledged(name: str, sha256: str) -> Finding:
    """The finding that config.yaml does not quote this schema's fingerprint."""
    return Finding(
        ACKNOWLEDGEMENT,
        None,
        f"its SHA-256, {sha256[:12]}..., is not the one that config.yaml acknowledges",
        _to_acknowledge({name: sha256}),
    )


def _to_acknowledge(fingerprints: Mapping[str, str]) -> str:
    """The cure for schemas that config.yaml does not quote: what to paste there."""
    lines = ", ".join(f'{name}: "{sha256[:12]}"' for name, sha256 in fingerprints.items())
    return (
        "read the schema; to accept it, write in config.yaml under"
        f" validate_schema.acknowledged_schemas: {lines}"
    )


def errors(findings: list[Finding]) -> list[Finding]:
    """The findings that stop the run."""
    return [finding for finding in findings if finding.severity == "error"]


def failure(
    findings: Mapping[str, list[Finding]],
    sources: Mapping[str, str],
    fingerprints: Mapping[str, str],
) -> InputError | None:
    """One error for all findings that stop the run, the first in full; None without any.

    Args:
        findings: by data set, with the places of their rows.
        sources: the path of each data set's source, which stands for a place where there is none.
        fingerprints: SHA-256 of each data set's schema.
    """
    stops = [(name, finding) for name, found in findings.items() for finding in errors(found)]
    if not stops:
        return None
    name, first = stops[0]
    if first.check == ACKNOWLEDGEMENT:
        return _all_unacknowledged(stops, fingerprints)
    problem = first.message + _example(first) + _more(len(stops) - 1)
    return InputError(_place(sources[name], first), problem, first.cure)


def _all_unacknowledged(
    stops: list[tuple[str, Finding]], fingerprints: Mapping[str, str]
) -> InputError:
    """One error with the values to paste for every schema that config.yaml does not quote."""
    unquoted = {
        name: finding.message for name, finding in stops if finding.check == ACKNOWLEDGEMENT
    }
    several = "their SHA-256 are not those that config.yaml acknowledges"
    problem = several if len(unquoted) > 1 else "".join(unquoted.values())
    return InputError(
        ", ".join(f"schemas/{name}.json" for name in unquoted),
        problem + _more(len(stops) - len(unquoted)),
        _to_acknowledge({name: fingerprints[name] for name in unquoted}),
    )


def _more(count: int) -> str:
    return f"; and {count} more in {VALIDATION_REPORT}" if count else ""


def _place(source: str, finding: Finding) -> str:
    if not finding.rows:
        return f"{source}, column {finding.column!r}" if finding.column else source
    row = finding.rows[0]
    known = ", ".join(row[key] for key in ("ticker", "timestamp") if row[key])
    return f"{row['where']} ({known})" if known else str(row["where"])


def _example(finding: Finding) -> str:
    value = finding.rows[0]["value"] if finding.rows else None
    return "" if value is None else f" (the first: {value})"
