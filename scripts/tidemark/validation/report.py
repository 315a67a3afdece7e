"""What validation says of each source, the report of all, and the error that it ends in."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from tidemark.errors import InputError
from tidemark.layout.data_gate import VALIDATION_REPORT
from tidemark.naming import counted
from tidemark.validation.finding import Finding
from tidemark.validation.settings import SCHEMA

import pandas as pd

ACKNOWLEDGEMENT = "acknowledgement"  # the check


@dataclass(frozen=True)
class Part:
    """What is said of one source.

    Attributes:
        path: of the source, which stands for a place where a finding has none.
        raw_sha256: of the raw file that was checked.
        schema_sha256: of what it was held against.
        rows: how many were checked.
        null_rates: share of missing values, by column.
        findings: with the places of their rows in the user's files.
    """

    path: str
    raw_sha256: str
    schema_sha256: str
    rows: int
    null_rates: Mapping[str, float]
    findings: tuple[Finding, ...]

    @classmethod
    def of(
        cls,
        path: str,
        raw_sha256: str,
        schema_sha256: str,
        frame: pd.DataFrame,
        findings: Iterable[Finding],
    ) -> "Part":
        """The part of a source that was read from `path` as `frame`."""
        nulls = {name: float(frame[name].isna().mean()) for name in frame}
        return cls(path, raw_sha256, schema_sha256, len(frame), nulls, tuple(findings))

    @classmethod
    def of_json(cls, content: Mapping[str, Any]) -> "Part":
        """The part that `as_json` gave."""
        findings = tuple(Finding(**finding) for finding in content["findings"])
        return cls(**{**content, "findings": findings})

    def as_json(self) -> dict[str, Any]:
        """As the source's findings file holds it."""
        return asdict(self) | {"findings": [finding.as_json() for finding in self.findings]}

    def as_reported(self) -> dict[str, Any]:
        """As the report holds it."""
        content = self.as_json()
        del content["path"], content["raw_sha256"]
        return {"ok": not errors(self.findings), **content}

    def with_more(self, findings: Iterable[Finding]) -> "Part":
        """The same with further findings."""
        return replace(self, findings=(*self.findings, *findings))


def unacknowledged(name: str, sha256: str) -> Finding:
    """The finding that the configuration does not quote this schema's fingerprint."""
    return Finding(
        ACKNOWLEDGEMENT,
        None,
        f"its SHA-256, {sha256[:12]}..., is not the one that is acknowledged",
        _to_acknowledge({name: sha256}),
    )


def _to_acknowledge(fingerprints: Mapping[str, str]) -> str:
    """The cure for schemas that the configuration does not quote: what to paste there."""
    lines = ", ".join(f'{name}: "{sha256[:12]}"' for name, sha256 in fingerprints.items())
    return (
        f"read the schema; to accept it, write under validate_schema.acknowledged_schemas: {lines}"
    )


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that stop the run."""
    return [finding for finding in findings if finding.severity == "error"]


def summary(parts: Iterable[Part]) -> str:
    """`12,154 rows pass, 1 warning`, or how many errors there are."""
    rows, severities = 0, []
    for part in parts:
        rows += part.rows
        severities += [finding.severity for finding in part.findings]
    stops = severities.count("error")
    verdict = f"have {counted(stops, 'error')}" if stops else "pass"
    return f"{counted(rows, 'row')} {verdict}, {counted(severities.count('warning'), 'warning')}"


def failure(parts: Mapping[str, Part]) -> InputError | None:
    """One error for all findings that stop the run, the first in full; None without any.

    Args:
        parts: by the name of the source.
    """
    stops = [(name, finding) for name, part in parts.items() for finding in errors(part.findings)]
    if not stops:
        return None
    name, first = stops[0]
    if first.check == ACKNOWLEDGEMENT:
        return _all_unacknowledged(stops, parts)
    problem = first.message + _example(first) + _more(len(stops) - 1)
    return InputError(_place(parts[name].path, first), problem, first.cure)


def _all_unacknowledged(stops: list[tuple[str, Finding]], parts: Mapping[str, Part]) -> InputError:
    """One error with the values to paste for every schema that the configuration does not quote."""
    unquoted = {
        name: finding.message for name, finding in stops if finding.check == ACKNOWLEDGEMENT
    }
    several = "their SHA-256 are not those that are acknowledged"
    problem = several if len(unquoted) > 1 else "".join(unquoted.values())
    return InputError(
        ", ".join(SCHEMA.format(source=name) for name in unquoted),
        problem + _more(len(stops) - len(unquoted)),
        _to_acknowledge({name: parts[name].schema_sha256 for name in unquoted}),
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
