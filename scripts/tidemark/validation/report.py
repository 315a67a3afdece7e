"""The validation report, and the error that it ends in."""

from collections.abc import Mapping
from typing import Any

from tidemark.errors import InputError
from tidemark.validation.finding import Finding

import pandas as pd

REPORT = "artifacts/validation_report.json"
PASTE = (
    "read the schema; to accept it, write in config.yaml under"
    " validate_schema.acknowledged_schemas: "
)


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
        "acknowledgement",
        None,
        f"its SHA-256, {sha256[:12]}..., is not the one that config.yaml acknowledges",
        f'{PASTE}{name}: "{sha256[:12]}"',
    )


def errors(findings: list[Finding]) -> list[Finding]:
    """The findings that stop the run."""
    return [finding for finding in findings if finding.severity == "error"]


def failure(findings: Mapping[str, list[Finding]], sources: Mapping[str, str]) -> InputError | None:
    """One error for all findings that stop the run, the first in full; None without any.

    Args:
        findings: by data set, with the places of their rows.
        sources: the path of each data set's source, which stands for a place where there is none.
    """
    stops = [(name, finding) for name, found in findings.items() for finding in errors(found)]
    if not stops:
        return None
    name, first = stops[0]
    if first.check == "acknowledgement":
        return _all_unacknowledged(stops)
    problem = first.message + _example(first) + _more(len(stops) - 1)
    return InputError(_place(sources[name], first), problem, first.cure)


def _all_unacknowledged(stops: list[tuple[str, Finding]]) -> InputError:
    """One error with the values to paste for every schema that config.yaml does not quote."""
    found = [(name, finding) for name, finding in stops if finding.check == "acknowledgement"]
    paste = ", ".join(finding.cure.removeprefix(PASTE) for _, finding in found)
    first = found[0][1].message
    several = "their SHA-256 are not those that config.yaml acknowledges"
    return InputError(
        ", ".join(f"schemas/{name}.json" for name, _ in found),
        (first if len(found) == 1 else several) + _more(len(stops) - len(found)),
        PASTE + paste,
    )


def _more(count: int) -> str:
    return f"; and {count} more in {REPORT}" if count else ""


def _place(source: str, finding: Finding) -> str:
    if not finding.rows:
        return f"{source}, column {finding.column!r}" if finding.column else source
    row = finding.rows[0]
    known = ", ".join(row[key] for key in ("ticker", "timestamp") if row[key])
    return f"{row['where']} ({known})" if known else str(row["where"])


def _example(finding: Finding) -> str:
    value = finding.rows[0]["value"] if finding.rows else None
    return "" if value is None else f" (the first: {value})"
