"""Hold a source in data/raw/ against its schema and a calendar; data_gate stops at errors."""

from typing import TYPE_CHECKING

from tidemark.bars import closes
from tidemark.errors import InputError
from tidemark.harness.step import Run, step
from tidemark.layout.fetch_data import RAW, RAW_LINES
from tidemark.layout.validate_schema import FINDINGS, SESSIONS
from tidemark.naming import several
from tidemark.sources import places, settings
from tidemark.validation import checks, completeness, report, schema, sessions
from tidemark.validation.finding import Finding
from tidemark.validation.schema import Schema

import pandas as pd

if TYPE_CHECKING:
    from tidemark.bars.trading_calendar import Held


@step(per=("source",))
def validate_schema(run: Run) -> None:
    """Write artifacts/{source}_findings.json, and of prices artifacts/sessions.parquet."""
    name = run.source
    frame = run.read.parquet(RAW.format(source=name))
    content = run.read.content(f"schemas/{name}.json")
    rules, sha256 = _rules(name, content), schema.fingerprint(content)
    held = _held(run, name, frame["timestamp"], rules)
    findings = [
        *_acknowledgement(run, name, sha256),
        *_values(run, name, frame, rules),
        *_sessions(run, name, frame, rules, held),
    ]
    section = settings.section_of(run.config["fetch_data"], name)
    if any(finding.rows for finding in findings):
        lines = run.read.parquet(RAW_LINES.format(source=name))
        where = places.finder(lines, run.plain(section.get("columns", {})))
        findings = [finding.placed(where) for finding in findings]
    for finding in findings:
        run.log.info("%s: %s", finding.check, finding.message)
        if finding.severity != "error":  # errors are the gate's to tell, those of all sources
            run.tell.note(finding.in_words())
    if name == "prices":
        run.write.parquet(SESSIONS, closes.table(held))
    part = report.Part.of(section["path"], sha256, frame, findings)
    run.write.json(FINDINGS.format(source=name), part.as_json())
    run.tell.headline(report.summary([part]))


def _rules(name: str, content: bytes) -> Schema:
    rules = schema.parse(f"schemas/{name}.json", content)
    if rules.adjustment_tolerance is not None and name != "corporate_actions":
        raise InputError(
            f"schemas/{name}.json: adjustment_tolerance",
            "is for corporate actions, which explain steps of prices",
            "remove it",
        )
    return rules


def _values(run: Run, name: str, frame: pd.DataFrame, rules: Schema) -> list[Finding]:
    """What the schema says, and of prices what it says of each ticker."""
    if name != "prices":
        actions = name == "corporate_actions"
        dividends = frame["value"].where(frame["kind"] == "dividend") if actions else None
        return checks.check(frame, rules, _as_of(run), dividends)
    longest = run.config["preprocess"]["longest_hole_days"]
    counted = completeness.fillable(frame, longest)
    return [
        *checks.check(frame, rules, _as_of(run), counted=counted),
        *completeness.check(frame, rules, longest, counted),
    ]


def _as_of(run: Run) -> pd.Timestamp | None:
    day = run.config["validate_schema"]["as_of"]
    return None if day is None else pd.Timestamp(day)


def _acknowledgement(run: Run, name: str, sha256: str) -> list[Finding]:
    quoted = run.config["validate_schema"]["acknowledged_schemas"].get(name, "")
    return [] if schema.is_acknowledged(sha256, quoted) else [report.unacknowledged(name, sha256)]


def _held(run: Run, name: str, times: pd.Series, rules: Schema) -> "Held | None":
    """The exchange's sessions from the first to the last of these times; None if nobody asks."""
    against = run.config["validate_schema"]
    exchange = against["calendar"]
    if exchange is None or (name != "prices" and rules.gaps == "ignore"):
        return None
    from tidemark.bars import trading_calendar

    exceptions = against["extra_sessions"], against["closed_sessions"]
    try:
        held = trading_calendar.held(exchange, times.min(), times.max(), *exceptions)
    except InputError as error:
        if rules.gaps != "ignore":
            raise
        run.tell.note(f"{error.where}: {error.problem}; going on as without a calendar")
        return None
    for day in held.known:
        run.tell.note(f"{exchange} says the same of {day} by itself: no exception is needed")
    if name == "prices" and held.beyond:
        covered = f"{times.min().date()} to {times.max().date()}"
        days = several(held.beyond)
        run.tell.note(
            f"exceptions to {exchange} outside the bars, {covered}, have no effect: {days}"
        )
    return held


def _sessions(
    run: Run, name: str, frame: pd.DataFrame, rules: Schema, held: "Held | None"
) -> list[Finding]:
    if rules.gaps == "ignore" or held is None:
        return []
    daily = name != "prices" or run.config["fetch_data"]["prices"]["bar"] == "daily"
    named = frame if "ticker" in frame else frame.assign(ticker=name)
    return sessions.gaps(named, held, daily=daily, severity=rules.gaps)


if __name__ == "__main__":
    validate_schema()
