"""Hold sources against each other, and stop at all errors that validation found in any of them."""

from collections.abc import Callable, Mapping

from tidemark.bars import closes, holes
from tidemark.harness.step import Run, step
from tidemark.layout.data_gate import PASSED, VALIDATION_REPORT
from tidemark.layout.fetch_data import RAW, RAW_ACTIONS, RAW_LINES, RAW_PRICES
from tidemark.layout.validate_schema import FINDINGS, QUESTIONS, SESSIONS
from tidemark.sources import corrections, places, settings
from tidemark.validation import (
    adjustments,
    answers,
    passed,
    questions,
    report,
    schema,
    steps,
)
from tidemark.validation.finding import Finding

import pandas as pd

ACTIONS = "corporate_actions"


@step()
def data_gate(run: Run) -> None:
    """Write artifacts/validation_report.json, whatever it says, and which data may pass."""
    fetch = run.config["fetch_data"]
    names = settings.names(fetch)
    parts = {n: report.Part.of_json(run.read.json(FINDINGS.format(source=n))) for n in names}
    prices, known = run.read.parquet(RAW_PRICES), run.read.parquet(SESSIONS)
    daily = fetch["prices"]["bar"] != "intraday"
    if fetch["economic"] and daily:
        assumed = closes.assumed(prices["timestamp"], known, fetch["prices"]["time_zone"])
        if assumed:
            run.tell.note(assumed)
    bars = prices if daily else _with_days(prices, closes.zone(known, fetch["prices"]["time_zone"]))

    longest = run.config["preprocess"]["longest_hole_days"]
    broken = holes.beyond_reach(bars, bars["adj_close"] > 0, longest)
    actions = run.read.parquet(RAW_ACTIONS) if ACTIONS in names else None
    can_split = fetch["prices"]["asset"] in settings.SPLIT
    findings = {"prices": list(steps.check(bars, actions, broken, can_split=can_split))}
    if actions is not None:
        path = run.config["validate_schema"]["schemas"][ACTIONS]
        tolerance = schema.parse(path, run.read.content(path)).adjustment_tolerance
        findings[ACTIONS] = list(adjustments.cross_check(bars, actions, tolerance))
    finders = {}
    for name in _with_rows(findings):
        lines = run.read.parquet(RAW_LINES.format(source=name))
        columns = run.plain(settings.section_of(fetch, name)["columns"])
        finders[name] = places.finder(lines, columns)
    for name, placed in _placed(findings, finders).items():
        for finding in placed:
            run.log.info("%s: %s: %s", name, finding.check, finding.message)
            run.tell.note(f"{name}: {finding.in_words()}")
        parts[name] = parts[name].with_more(placed)

    against = run.config["validate_schema"]
    asking = answers.without_splits(questions.of_json(run.read.json(QUESTIONS)), actions)
    asked = questions.held_against(asking, run.plain(against["answers"]))
    blocks = against["anomalies"]["block"]
    for note in answers.notes(asked, against["anomalies"]["sigma"], anomalies_block=blocks):
        run.tell.note(f"prices: {note}")
    if alert := answers.alert(asked):
        run.tell.alert(alert, "error")
    reviewed = run.plain(fetch["prices"][settings.REVIEWED])

    error = report.failure(parts) or answers.stopping(
        asked, parts["prices"].path, anomalies_block=blocks
    )
    content = {
        "ok": error is None,
        "as_of": against["as_of"],
        "datasets": {name: part.as_reported() for name, part in parts.items()},
        "open": [one.as_json() for one in asked.open],
        "decisions": answers.decisions(asking, asked, reviewed, prices, corrections.called),
    }
    run.write.json(VALIDATION_REPORT, content, even_on_failure=True)
    if error:
        raise error
    for name, part in parts.items():
        path, note = RAW.format(source=name), passed.note(part.raw_sha256)
        if path in run.read.inputs:
            passed.require(path, run.read.inputs[path], note)
        run.write.json(PASSED.format(source=name), note)
    run.tell.headline(report.summary(parts.values()))


def _with_days(prices: pd.DataFrame, zone: str) -> pd.DataFrame:
    """The prices with the `day` in this zone on which each bar lies."""
    there = prices["timestamp"].dt.tz_localize("UTC").dt.tz_convert(zone)
    return prices.assign(day=there.dt.tz_localize(None).dt.normalize())


def _with_rows(findings: Mapping[str, list[Finding]]) -> list[str]:
    """The sources whose rows any findings name."""
    every = {f.rows_of or name: None for name, own in findings.items() for f in own if f.rows}
    return list(every)


def _placed(
    findings: Mapping[str, list[Finding]],
    finders: Mapping[str, Callable[[int, str | None], str]],
) -> dict[str, list[Finding]]:
    """The findings of each source with the places of their rows in the user's files.

    Args:
        findings: by source.
        finders: of a value's place, by the source whose row it is.
    """
    return {
        name: [f.placed(finders[f.rows_of or name]) if f.rows else f for f in own]
        for name, own in findings.items()
    }


if __name__ == "__main__":
    data_gate()
