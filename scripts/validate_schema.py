"""Hold a source in data/raw/ against its schema and a calendar; data_gate stops at errors."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tidemark.bars import closes
from tidemark.errors import BadValue, InputError
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

LONGER_THAN_SESSIONS = ("weekly", "monthly")


@step(per=("source",))
def validate_schema(run: Run) -> None:
    """Write artifacts/{source}_findings.json, and of prices artifacts/sessions.parquet."""
    name = run.source
    frame = run.read.parquet(RAW.format(source=name))
    against, fetch = run.config["validate_schema"], run.config["fetch_data"]
    path = against["schemas"][name]
    content = run.read.content(path)
    rules, sha256 = _rules(name, path, content), schema.fingerprint(content)
    findings: list[Finding] = []
    if not schema.is_acknowledged(sha256, against["acknowledged_schemas"][name]):
        findings.append(report.unacknowledged(name))
    section = settings.section_of(fetch, name)
    rules = schema.of_mapped(rules, list(frame), set(run.plain(section["columns"])))
    if name == "corporate_actions" and section["provider"]:
        rules = rules.model_copy(update={"min_rows": 0})  # there may have been none

    as_of = None if against["as_of"] is None else pd.Timestamp(against["as_of"])
    if name == "prices":
        longest = run.config["preprocess"]["longest_hole_days"]
        counts = completeness.fillable(frame, longest)
        findings += checks.check(frame, rules, as_of, counts=counts)
        findings += completeness.check(frame, rules, longest, counts)
    else:
        findings += checks.check(frame, rules, as_of, summed=_summed(name, frame))

    held = None
    if against["calendar"] is not None and (name == "prices" or rules.gaps != "ignore"):
        held, notes = _held(name, against, frame["timestamp"], rules)
        for note in notes:
            run.tell.note(note)
    if name == "prices":
        run.write.parquet(SESSIONS, closes.table(held))
    bar = fetch["prices"]["bar"] if name == "prices" else "daily"
    if rules.gaps != "ignore" and bar in LONGER_THAN_SESSIONS:
        if held is not None:
            run.tell.note(f"no session is looked for, because bars are {bar}")
    elif rules.gaps != "ignore":
        named = frame if "ticker" in frame else frame.assign(ticker=name)
        findings += sessions.gaps(named, held, daily=bar == "daily", severity=rules.gaps)

    if any(finding.rows for finding in findings):
        lines = run.read.parquet(RAW_LINES.format(source=name))
        where = places.finder(lines, run.plain(section.get("columns", {})))
        findings = [finding.placed(where) for finding in findings]
    for finding in findings:
        run.log.info("%s: %s", finding.check, finding.message)
        if finding.severity != "error":  # errors are the gate's to tell, those of all sources
            run.tell.note(finding.in_words())
    raw_sha256 = run.read.inputs[RAW.format(source=name)]
    of = {"path": section["path"], "raw_sha256": raw_sha256}
    of |= {"schema": path, "schema_sha256": sha256}
    part = report.Part.of(frame, findings, **of)
    run.write.json(FINDINGS.format(source=name), part.as_json())
    run.tell.headline(report.summary([part]))


def _rules(name: str, path: str, content: bytes) -> Schema:
    rules = schema.parse(path, content)
    if rules.adjustment_tolerance is not None and name != "corporate_actions":
        raise InputError(
            f"{path}: adjustment_tolerance",
            "is for corporate actions, which explain steps of prices",
            "remove it",
        )
    return rules


def _summed(name: str, frame: pd.DataFrame) -> pd.Series | None:
    """The values that add up over rows with one key: a ticker's dividends of a day."""
    if name != "corporate_actions":
        return None
    return frame["value"].where(frame["kind"] == "dividend")


def _held(
    name: str, against: Mapping[str, Any], times: pd.Series, rules: Schema
) -> "tuple[Held | None, list[str]]":
    """The exchange's sessions from the first to the last of these times, and what to tell of them.

    None where the calendar does not reach so far, if the schema asks for no sessions.
    """
    from tidemark.bars import trading_calendar

    exchange, exceptions = (
        against["calendar"],
        (against["extra_sessions"], against["closed_sessions"]),
    )
    try:
        held = trading_calendar.held(exchange, times.min(), times.max(), *exceptions)
    except BadValue as bad:
        if rules.gaps != "ignore":
            raise
        told = f"validate_schema.{bad.parameter}: {bad.problem}; going on as without a calendar"
        return None, [told]
    notes = [
        f"{exchange} says the same of {day} by itself: no exception is needed" for day in held.known
    ]
    if name == "prices" and held.beyond:
        covered = f"{times.min().date()} to {times.max().date()}"
        days = several(held.beyond)
        notes.append(
            f"exceptions to {exchange} outside the bars, {covered}, have no effect: {days}"
        )
    return held, notes


if __name__ == "__main__":
    validate_schema()
