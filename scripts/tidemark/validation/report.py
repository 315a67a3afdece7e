"""What validation says of each source, the report of all, and the error that it ends in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from tidemark.errors import InputError
from tidemark.layout.data_gate import VALIDATION_REPORT
from tidemark.naming import counted
from tidemark.validation.finding import Finding

import pandas as pd

ACKNOWLEDGEMENT = "acknowledgement"  # the check


@dataclass(frozen=True)
class Part:
    """What is said of one source.

    Attributes:
        path: of the source, which stands for a place where a finding has none.
        raw_sha256: of the raw file that was checked.
        schema: path of the file that it was held against.
        schema_sha256: fingerprint of what stands there.
        rows: how many were checked.
        null_rates: share of missing values, by column.
        findings: with the places of their rows in the user's files.
    """

    path: str
    raw_sha256: str
    schema: str
    schema_sha256: str
    rows: int
    null_rates: Mapping[str, float]
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, frame: pd.DataFrame, findings: Iterable[Finding], **files: str) -> "Part":
        """The part of a source that was read as `frame`; the first four attributes are named."""
        nulls = {name: float(frame[name].isna().mean()) for name in frame}
        return cls(**files, rows=len(frame), null_rates=nulls, findings=tuple(findings))

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
        del content["path"], content["raw_sha256"], content["schema"]
        return {"ok": not errors(self.findings), **content}

    def with_more(self, findings: Iterable[Finding]) -> "Part":
        """The same with further findings."""
        return replace(self, findings=(*self.findings, *findings))


def unacknowledged(name: str) -> Finding:
    """The finding that nobody acknowledged a source's schema as it is."""
    return Finding(ACKNOWLEDGEMENT, None, *_to_acknowledge([name]))


def _to_acknowledge(names: Sequence[str]) -> tuple[str, str]:
    """What is wrong with schemas that nobody acknowledged, and what to type."""
    one = len(names) == 1
    listed, verb, them = (names[0], "is", "it") if one else (f'"{" ".join(names)}"', "are", "them")
    return (
        f"{verb} not as somebody acknowledged {them}",
        f'read {them}, then type make acknowledge SOURCE={listed} REASON="..."',
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
    """One error for every schema that nobody acknowledged."""
    unread = [name for name, finding in stops if finding.check == ACKNOWLEDGEMENT]
    problem, cure = _to_acknowledge(unread)
    where = ", ".join(parts[name].schema for name in unread)
    return InputError(where, problem + _more(len(stops) - len(unread)), cure)


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
