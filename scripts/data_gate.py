"""Hold sources against each other, and stop at all errors that validation found in any of them."""

from collections.abc import Callable
from functools import cache

from tidemark.bars import closes, holes
from tidemark.harness.step import Run, step
from tidemark.layout.data_gate import VALIDATION_REPORT
from tidemark.layout.fetch_data import RAW_ACTIONS, RAW_LINES, RAW_PRICES
from tidemark.layout.validate_schema import FINDINGS, SESSIONS
from tidemark.sources import places, settings
from tidemark.validation import adjustments, report, schema, steps
from tidemark.validation.finding import Finding

import pandas as pd

ACTIONS = "corporate_actions"


@step()
def data_gate(run: Run) -> None:
    """Write artifacts/validation_report.json, whatever it says."""
    names = settings.names(run.config["fetch_data"])
    parts = {n: report.Part.of_json(run.read.json(FINDINGS.format(source=n))) for n in names}
    prices, known = run.read.parquet(RAW_PRICES), run.read.parquet(SESSIONS)
    _say_assumed(run, prices, known)
    bars = _with_days(run, prices, known)
    actions = run.read.parquet(RAW_ACTIONS) if ACTIONS in names else None
    found = {"prices": _steps(run, bars, actions)}
    if actions is not None:
        found[ACTIONS] = _adjustments(run, bars, actions)
    for name, findings in _placed(run, found).items():
        for finding in findings:
            run.log.info("%s: %s: %s", name, finding.check, finding.message)
            run.tell.note(f"{name}: {finding.in_words()}")
        parts[name] = parts[name].with_more(findings)

    error = report.failure(parts)
    content = {"ok": error is None, "as_of": run.config["validate_schema"]["as_of"]}
    datasets = {name: part.as_reported() for name, part in parts.items()}
    run.write.json(VALIDATION_REPORT, content | {"datasets": datasets}, even_on_failure=True)
    if error:
        raise error
    run.tell.headline(report.summary(parts.values()))


def _say_assumed(run: Run, prices: pd.DataFrame, known: pd.DataFrame) -> None:
    """Tell when bars are taken to end, where that decides which economic values they know."""
    sources = run.config["fetch_data"]
    if sources["economic"] and sources["prices"]["bar"] == "daily":
        told = closes.assumed(prices["timestamp"], known, sources["prices"]["time_zone"])
        if told:
            run.tell.note(told)


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


def _adjustments(run: Run, prices: pd.DataFrame, actions: pd.DataFrame) -> list[Finding]:
    path = f"schemas/{ACTIONS}.json"
    tolerance = schema.parse(path, run.read.content(path)).adjustment_tolerance
    return [] if tolerance is None else list(adjustments.cross_check(prices, actions, tolerance))


def _placed(run: Run, found: dict[str, list[Finding]]) -> dict[str, list[Finding]]:
    """The findings of each source with the places of their rows in the user's files."""

    @cache
    def where(name: str) -> Callable[[int, str | None], str]:
        section = settings.section_of(run.config["fetch_data"], name)
        lines = run.read.parquet(RAW_LINES.format(source=name))
        return places.finder(lines, run.plain(section["columns"]))

    return {
        name: [one.placed(where(one.rows_of or name)) if one.rows else one for one in findings]
        for name, findings in found.items()
    }


if __name__ == "__main__":
    data_gate()
