"""Hold a source in data/raw/ against its schema and a calendar; data_gate stops at errors."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tidemark.bars import closes
from tidemark.errors import BadValue, InputError
from tidemark.harness.step import Run, step
from tidemark.layout.fetch_data import RAW, RAW_LINES
from tidemark.layout.validate_schema import FINDINGS, QUESTIONS, SESSIONS
from tidemark.naming import several
from tidemark.sources import places, settings
from tidemark.validation import (
    anomalies,
    checks,
    completeness,
    data_gaps,
    report,
    schema,
    sessions,
)
from tidemark.validation.finding import Finding
from tidemark.validation.questions import Question
from tidemark.validation.schema import Schema
from tidemark.validation.settings import Anomalies, Gaps

import pandas as pd

if TYPE_CHECKING:
    from tidemark.bars.trading_calendar import Held

LONGER_THAN_SESSIONS = ("weekly", "monthly")


@step(per=("source",))
def validate_schema(run: Run) -> None:
    """Write artifacts/{source}_findings.json, and of prices sessions and questions."""
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
    bar = fetch["prices"]["bar"] if name == "prices" else "daily"
    asks = False
    if name == "prices":
        known = closes.table(held)
        run.write.parquet(SESSIONS, known)
        asks = _asks_for_gaps(run, bar)
        asked, notes = _questions(run, frame, known if asks else None, daily=bar == "daily")
        run.write.json(QUESTIONS, [one.as_json() for one in asked])
        for note in notes:
            run.tell.note(note)
    if rules.gaps != "ignore" and bar in LONGER_THAN_SESSIONS:
        if held is not None:
            run.tell.note(f"no session is looked for, because bars are {bar}")
    elif rules.gaps != "ignore":
        named = frame if "ticker" in frame else frame.assign(ticker=name)
        found = sessions.gaps(named, held, daily=bar == "daily", severity=rules.gaps)
        findings += [one for one in found if not (asks and one.check == sessions.MISSING)]

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


def _asks_for_gaps(run: Run, bar: str) -> bool:
    """Whether bars that are missing are a question, rather than a finding."""
    of = run.config["validate_schema"]["gaps"]["of"]
    live = of == "live" and run.config["fetch_data"]["prices"]["provider"] is not None
    return bar not in LONGER_THAN_SESSIONS and (of == "all" or live)


def _questions(
    run: Run, prices: pd.DataFrame, sessions_: pd.DataFrame | None, *, daily: bool
) -> tuple[list[Question], list[str]]:
    """What only a person can decide about prices; what could not be looked for, in words.

    Gaps are looked for in `sessions_`, if there are any.
    """
    against = run.config["validate_schema"]
    asked, notes = [], []
    if sessions_ is not None:
        if not len(sessions_):
            notes.append(
                "gaps are not looked for, because validate_schema.calendar is null: name the"
                " exchange there, or set validate_schema.gaps.of to none"
            )
        asked += data_gaps.found(prices, sessions_, Gaps(**run.plain(against["gaps"])), daily=daily)
    limits = Anomalies(**run.plain(against["anomalies"]))
    odd, unknown = anomalies.found(prices, limits)
    if unknown:
        notes.append(
            f"moves of {unknown:,} tickers are not held against those before, most of which are 0"
        )
    return [*asked, *odd], notes


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
