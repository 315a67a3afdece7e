"""Hold data/raw/ against schemas/ and a calendar, write a report, and stop at errors."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from tidemark.bars import closes, holes
from tidemark.errors import InputError
from tidemark.harness.step import Run, step
from tidemark.layout.validate_schema import SESSIONS, VALIDATION_REPORT
from tidemark.naming import counted, several
from tidemark.sources import places
from tidemark.validation import adjustments, checks, completeness, report, schema, sessions, steps
from tidemark.validation.finding import Finding
from tidemark.validation.schema import Schema

import pandas as pd

if TYPE_CHECKING:
    from tidemark.bars.trading_calendar import Held


@step()
def validate_schema(run: Run) -> None:
    """Write artifacts/sessions.parquet, and validation_report.json, whatever it says."""
    sources = run.config["fetch_data"]
    optional = ["corporate_actions"] if sources["corporate_actions"] is not None else []
    names = ["prices", *optional, *sources["economic"]]
    frames = {name: run.read_parquet(f"data/raw/{name}.parquet") for name in names}
    findings, datasets, fingerprints, bars = {}, {}, {}, frames["prices"]
    for name in names:
        content = run.read_bytes(f"schemas/{name}.json")
        rules = schema.parse(f"schemas/{name}.json", content)
        fingerprints[name] = sha256 = schema.fingerprint(content)
        held = _held(run, name, frames[name]["timestamp"], rules)
        findings[name] = [
            *_acknowledgement(run, name, sha256),
            *_values(run, name, frames[name], rules),
            *_sessions(run, name, frames[name], rules, held),
        ]
        if name == "prices":
            known = closes.table(held)
            run.write_parquet(SESSIONS, known)
            _say_assumed(run, bars, known)
            bars = _with_days(run, bars, known)
            findings[name] += _steps(run, bars, frames.get("corporate_actions"))
        findings[name] += _adjustments(name, bars, frames[name], rules)
        findings[name] = _placed(run, name, findings[name])
        datasets[name] = report.dataset(frames[name], sha256, findings[name])
    _conclude(run, findings, datasets, fingerprints)


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


def _say_assumed(run: Run, prices: pd.DataFrame, known: pd.DataFrame) -> None:
    """Tell when bars are taken to end, where that decides which economic values they know."""
    sources = run.config["fetch_data"]
    if sources["economic"] and sources["prices"]["bar"] == "daily":
        told = closes.assumed(prices["timestamp"], known, sources["prices"]["time_zone"])
        if told:
            run.note(told)


def _with_days(run: Run, prices: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The prices with the `day` of the exchange, or else of `time_zone`, on which each bar lies."""
    source = run.config["fetch_data"]["prices"]
    if source["bar"] == "daily":
        return prices
    zone = closes.zone(known, source["time_zone"])
    there = prices["timestamp"].dt.tz_localize("UTC").dt.tz_convert(zone)
    return prices.assign(day=there.dt.tz_localize(None).dt.normalize())


def _steps(run: Run, prices: pd.DataFrame, actions: pd.DataFrame | None) -> list[Finding]:
    longest = run.config["preprocess"]["longest_hole_days"]
    broken = holes.beyond_reach(prices, prices["adj_close"].notna(), longest)
    return list(steps.check(prices, actions, broken))


def _as_of(run: Run) -> pd.Timestamp | None:
    day = run.config["validate_schema"]["as_of"]
    return None if day is None else pd.Timestamp(day)


def _acknowledgement(run: Run, name: str, sha256: str) -> list[Finding]:
    quoted = run.config["validate_schema"]["acknowledged_schemas"].get(name, "")
    return [] if schema.is_acknowledged(sha256, quoted) else [report.unacknowledged(name, sha256)]


def _held(run: Run, name: str, times: pd.Series, rules: Schema) -> "Held | None":
    """The exchange's sessions from the first to the last of these times; None if nobody asks."""
    settings = run.config["validate_schema"]
    exchange = settings["calendar"]
    if exchange is None or (name != "prices" and rules.gaps == "ignore"):
        return None
    from tidemark.bars import trading_calendar

    exceptions = settings["extra_sessions"], settings["closed_sessions"]
    try:
        held = trading_calendar.held(exchange, times.min(), times.max(), *exceptions)
    except InputError as error:
        if rules.gaps != "ignore":
            raise
        run.note(f"{error.where}: {error.problem}; going on as without a calendar")
        return None
    for day in held.known:
        run.note(f"{exchange} says the same of {day} by itself: no exception is needed")
    if name == "prices" and held.beyond:
        covered = f"{times.min().date()} to {times.max().date()}"
        days = several(held.beyond)
        run.note(f"exceptions to {exchange} outside the bars, {covered}, have no effect: {days}")
    return held


def _sessions(
    run: Run, name: str, frame: pd.DataFrame, rules: Schema, held: "Held | None"
) -> list[Finding]:
    if rules.gaps == "ignore" or held is None:
        return []
    daily = name != "prices" or run.config["fetch_data"]["prices"]["bar"] == "daily"
    named = frame if "ticker" in frame else frame.assign(ticker=name)
    return sessions.gaps(named, held, daily=daily, severity=rules.gaps)


def _adjustments(
    name: str, prices: pd.DataFrame, frame: pd.DataFrame, rules: Schema
) -> list[Finding]:
    if rules.adjustment_tolerance is None:
        return []
    if name != "corporate_actions":
        raise InputError(
            f"schemas/{name}.json: adjustment_tolerance",
            "is for corporate actions, which explain steps of prices",
            "remove it",
        )
    return list(adjustments.cross_check(prices, frame, rules.adjustment_tolerance))


def _section(run: Run, name: str) -> Mapping[str, Any]:
    """A source's own section of the configuration."""
    sources = run.config["fetch_data"]
    single = name in ("prices", "corporate_actions")
    section: Mapping[str, Any] = sources[name] if single else sources["economic"][name]
    return section


def _placed(run: Run, name: str, findings: list[Finding]) -> list[Finding]:
    """The findings with the places of their rows in the user's files."""

    @cache
    def where(name: str) -> Callable[[int, str | None], str]:
        lines = run.read_parquet(f"data/raw/{name}.lines.parquet")
        names = run.plain(_section(run, name)["columns"])
        return partial(places.of_value, lines, names=names)

    return [
        finding.placed(where(finding.rows_of or name)) if finding.rows else finding
        for finding in findings
    ]


def _conclude(
    run: Run,
    findings: dict[str, list[Finding]],
    datasets: dict[str, dict[str, object]],
    fingerprints: dict[str, str],
) -> None:
    """Write the report, warn of the warnings, raise for the errors."""
    sources = {name: _section(run, name)["path"] for name in findings}
    error = report.failure(findings, sources, fingerprints)
    content = {"ok": error is None, "as_of": run.config["validate_schema"]["as_of"]}
    run.write_json(VALIDATION_REPORT, content | {"datasets": datasets}, even_on_failure=True)
    warnings = 0
    for name, found in findings.items():
        for finding in found:
            run.log.info("%s: %s: %s", name, finding.check, finding.message)
            warnings += finding.severity == "warning"
            if finding.severity != "error":
                cure = f"; {finding.cure}" if finding.severity == "warning" else ""
                run.note(f"{name}: {finding.message}{cure}")
    if error:
        raise error
    rows = sum(int(str(dataset["rows"])) for dataset in datasets.values())
    run.headline(f"{counted(rows, 'row')} pass, {counted(warnings, 'warning')}")


if __name__ == "__main__":
    validate_schema()
