"""Bad input of every kind: exit code 1 or 2, one clear line, every earlier result intact."""

import gzip
import json
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from conftest import Tree, in_campaigns
from tidemark.validation import report

import pytest

PRICES = "data/sample/prices.csv"
Damage = Callable[[Tree], None]


def rows(tree: Tree) -> list[str]:
    return tree.text(PRICES).splitlines()


def write(tree: Tree, lines: list[str]) -> None:
    (tree.path / PRICES).write_text("\n".join([*lines, ""]), "utf-8")


def cell(row: int, column: int, value: str) -> Damage:
    """Damage a cell; row 1 is the first below the header, which is line 2 of the file."""

    def damage(tree: Tree) -> None:
        lines = rows(tree)
        fields = lines[row].split(",")
        fields[column] = value
        lines[row] = ",".join(fields)
        write(tree, lines)

    return damage


def header(old: str, new: str) -> Damage:
    return lambda tree: write(tree, [rows(tree)[0].replace(old, new), *rows(tree)[1:]])


def swap(tree: Tree) -> None:
    lines = rows(tree)
    lines[10], lines[11] = lines[11], lines[10]
    write(tree, lines)


def duplicate(tree: Tree) -> None:
    lines = rows(tree)
    write(tree, [*lines[:500], lines[499], *lines[500:]])


def only(text: str | bytes) -> Damage:
    data = text.encode() if isinstance(text, str) else text
    return lambda tree: void((tree.path / PRICES).write_bytes(data))


def void(_: object) -> None:
    """Turn an expression into a statement, for use in a lambda."""


def latin(tree: Tree) -> None:
    data = (tree.path / PRICES).read_bytes()
    (tree.path / PRICES).write_bytes(data[:5000] + b"\xe9" + data[5000:])


def source(name: str, data: bytes) -> Damage:
    """Another file in place of the prices."""

    def damage(tree: Tree) -> None:
        (tree.path / "data/sample" / name).write_bytes(data)
        tree.edit("config.yaml", PRICES, f"data/sample/{name}")

    return damage


def truncated_gzip(tree: Tree) -> None:
    packed = gzip.compress((tree.path / PRICES).read_bytes())
    source("prices.csv.gz", packed[: len(packed) // 2])(tree)


def truncated_parquet(tree: Tree) -> None:
    whole = (tree.path / "data/raw/prices.parquet").read_bytes()
    source("prices.parquet", whole[: len(whole) // 2])(tree)


def config(old: str, new: str) -> Damage:
    return lambda tree: tree.edit("config.yaml", old, new)


def file_as_folder(tree: Tree) -> None:
    """Make a folder that nobody can write to, not even root."""
    shutil.rmtree(tree.path / "logs")
    (tree.path / "logs").write_text("in the way")
    tree.edit("scripts/tidemark/features/families/volatility.py", ".std(ddof=1)", ".std(ddof=0)")


def folder_as_source(tree: Tree) -> None:
    (tree.path / "data/sample/folder.csv").mkdir()
    tree.edit("config.yaml", PRICES, "data/sample/folder.csv")


def pipe_as_source(tree: Tree) -> None:
    (tree.path / PRICES).unlink()
    os.mkfifo(tree.path / PRICES)


def rewrite(path: str, old: str, new: str) -> Damage:
    return lambda tree: tree.edit(path, old, new)


def unknown_zone(tree: Tree) -> None:
    tree.edit("config.yaml", "bar: daily", "bar: intraday")
    tree.edit("config.yaml", "time_zone: UTC", "time_zone: Mars/Olympus")


def collision(tree: Tree) -> None:
    tree.edit(
        "config.yaml",
        "  mean_impute:\n",
        "  scenario: {impute: mean, outliers: {method: none}}\n  mean_impute:\n",
    )
    tree.edit("config.yaml", "  ridge:\n", "  compare: {estimator: mean}\n  ridge:\n")


def gap(tree: Tree) -> None:
    lines = rows(tree)
    write(tree, [*lines[:300], *lines[310:]])


def many_nulls(tree: Tree) -> None:
    for row in range(100, 170):
        cell(row, 5, "")(tree)


LAUGHS = "\n".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]" for n in range(1, 12))
LAUGHS = LAUGHS.replace("*x0", "*a")

KINDS: dict[str, tuple[Damage, list[str]]] = {
    "missing column": (header("Close", "Closing"), [PRICES, "Close"]),
    "column twice": (header("Volume", "Close"), [PRICES, "Close"]),
    "text in a number": (cell(7, 5, "n/a?"), [f"{PRICES}:8", "n/a?"]),
    "number with thousands separator": (cell(7, 6, "9'616'100"), [f"{PRICES}:8", "9'616'100"]),
    "impossible date": (cell(7, 1, "2009-02-30"), [f"{PRICES}:8", "2009-02-30"]),
    "date in another format": (cell(7, 1, "01/13/2009"), [f"{PRICES}:8", "01/13/2009"]),
    "time going backwards": (swap, [PRICES, "AAPL"]),
    "empty file": (only(""), [PRICES, "empty"]),
    "header only": (lambda tree: write(tree, rows(tree)[:1]), [PRICES]),
    "binary rubbish": (only(bytes(range(256)) * 9), [PRICES]),
    "wrong encoding": (latin, [PRICES, "UTF-8"]),
    "one field too many": (cell(7, 7, "1.0,2.0"), [PRICES]),
    "no ticker": (cell(7, 0, ""), [f"{PRICES}:8", "Ticker"]),
    "negative price": (cell(7, 5, "-3.2"), [f"{PRICES}:8: Close (AAPL", "-3.2"]),
    "value that would overflow": (cell(7, 7, "1e308"), [f"{PRICES}:8", "1e308"]),
    "HTML in place of CSV": (only("<!DOCTYPE html>\n<p>Not, found</p>\n"), [PRICES, "HTML"]),
    "pipe as source": (pipe_as_source, [PRICES, "is a pipe"]),
    "truncated Parquet": (truncated_parquet, ["data/sample/prices.parquet", "Parquet"]),
    "text called Parquet": (source("p.parquet", b"a,b\n1,2\n"), ["data/sample/p.parquet"]),
    "truncated gzip": (truncated_gzip, ["data/sample/prices.csv.gz"]),
    "folder as source": (folder_as_source, ["data/sample/folder.csv"]),
    "source that does not exist": (
        config(PRICES, "data/sample/none.csv"),
        ["data/sample/none.csv: does not exist"],
    ),
    "unreleased column": (config("10year", "11year"), ["treasury_yields.csv", "11year"]),
    "schema not acknowledged": (
        rewrite("schemas/prices.json", '"min_rows": ', '"min_rows": 1'),
        ["schemas/prices.json", "make acknowledge SOURCE=prices"],
    ),
    "schema is not JSON": (rewrite("schemas/prices.json", "{", "{,"), ["schemas/prices.json"]),
    "rule of prices in another schema": (
        rewrite("schemas/treasury.json", '"age_of"', '"adjustment_tolerance": 0.1,\n  "age_of"'),
        ["schemas/treasury.json", "adjustment_tolerance"],
    ),
    "feature contract broken": (
        config("windows: [5, 21, 63]", "windows: [5, 21, 42]"),
        ["schemas/feature_contract.yaml", "_42"],
    ),
    "test set outside the data": (
        config("test_start: 2012-01-03", "test_start: 2031-01-03"),
        ["split_data.test_start", "2031-01-03"],
    ),
    "too many folds": (config("folds: 5", "folds: 900"), ["split_data.folds"]),
    "block longer than the test set": (
        config("block_length: 21", "block_length: 2100"),
        ["evaluate.block_length"],
    ),
    "unknown calendar": (config("calendar: XNYS", "calendar: XNIX"), ["XNIX"]),
    "unknown time zone": (unknown_zone, ["fetch_data.prices.time_zone"]),
    "folder that cannot be written": (file_as_folder, ["logs: "]),
    "unknown key": (config("seed: 2", "sead: 2"), ["config.yaml:6:1: sead", "did you mean seed?"]),
    "key twice": (config("seed: 20130301", "seed: 1\nseed: 2"), ["config.yaml:7:1", "seed"]),
    "unknown model": (
        config("estimator: ridge", "estimator: rigde"),
        ["models.ridge", "did you mean ridge?"],
    ),
    "unknown fallback": (
        config("alpha: 1.0", "alpha: 1.0\n    fallback: baselin"),
        ["models.ridge.fallback", "did you mean baseline?"],
    ),
    "text for a number": (config("alpha: 1.0", "alpha: high"), ["models.ridge.alpha"]),
    "colliding names": (
        collision,
        ["config.yaml:", "collide in file names: metrics/scenario_compare.json"],
    ),
    "name with a dot": (config("  mean_impute:", "  mean.impute:"), ["mean.impute"]),
    "billion laughs": (
        config("seed: 20130301", "seed: &a [1, 1, 1]\n" + LAUGHS),
        ["config.yaml:", "unfold to more than 20,000 values"],
    ),
    "broken YAML": (config("seed: 20130301", "seed: [1"), ["config.yaml:"]),
    "unknown strategy": (
        config("{strategy: sma_cross", "{strategy: sma_kross"),
        ["strategies.sma_cross.strategy", "did you mean sma_cross?"],
    ),
    "unknown parameter": (
        config("fast: [5, 10]", "fats: [5, 10]"),
        ["strategies.sma_cross.parameters.fats", "did you mean fast?"],
    ),
    "strategy without forecasts": (
        config("{strategy: model_forecast, forecasts:", "{strategy: model_kelly} #"),
        ["strategies.model_forecast", "model_kelly needs forecasts"],
    ),
    "window that ends before it starts": (
        config("end: 2010-12-31", "end: 2009-12-31"),
        ["config.yaml:", ": market_scenarios.historical.year: ", "2009-12-31"],
    ),
    "unknown benchmark": (
        config("benchmark: buy_and_hold", "benchmark: buy_and_hope"),
        ["assess.benchmark", "did you mean buy_and_hold?"],
    ),
    "unknown weight": (
        config("weights: {sharpe_ratio", "weights: {sharp_ratio"),
        ["config.yaml:", "assess.weights.sharp_ratio", "did you mean sharpe_ratio?"],
    ),
    "walk-forward longer than the data": (
        config("first_years: 1", "first_years: 40"),
        ["config.yaml:", ": assess.walk_forward.first_years: ", "the data hold"],
    ),
    "embargo below horizon": (config("embargo: 5", "embargo: 0"), ["split_data.embargo"]),
}


RECOVERABLE = {"folder that cannot be written": 1}


# Kinds that are found where others of this list are, in the same way.
ALIKE = (
    "column twice", "number with thousands separator", "impossible date", "time going backwards",
    "date in another format", "empty file", "header only", "one field too many", "no ticker",
    "value that would overflow", "HTML in place of CSV", "truncated Parquet", "text called Parquet",
    "rule of prices in another schema", "too many folds", "block longer than the test set",
    "unknown parameter",
)  # fmt: skip


@pytest.mark.parametrize(
    "kind", [*in_campaigns(*ALIKE), *(kind for kind in KINDS if kind not in ALIKE)]
)
def test_bad_input(tree: Tree, kind: str) -> None:
    damage, told = KINDS[kind]
    before = results(tree)
    damage(tree)
    outcome = tree.make("all")
    assert outcome.code == 2, outcome.stdout
    assert f"Error {RECOVERABLE.get(kind, 2)}\n" in outcome.stderr
    assert "Traceback" not in outcome.stdout + outcome.stderr
    complaint = complaint_of(outcome.stderr)
    for word in told:
        assert word in complaint
    assert lost(before, tree) <= FETCHED


def test_no_step_starts_and_nothing_is_called_fresh_once_the_configuration_is_refused(tree):
    before = tree.results()
    tree.edit("scripts/tidemark/features/families/volatility.py", ".std(ddof=1)", ".std(ddof=0)")
    tree.edit("config.yaml", "seed: 20130301", "sead: 1")
    for goals in (("preprocess", "all"), ("artifacts/assess.ok",)):
        outcome = tree.make("-k", *goals)
        assert (outcome.code, outcome.stdout) == (2, "")
        assert "did you mean seed?" in complaint_of(outcome.stderr)
    assert tree.results() == before


FINDINGS: dict[str, tuple[Damage, list[str]]] = {
    "negative price": (cell(7, 5, "-3.2"), [f"{PRICES}:8: Close (AAPL", "-3.2"]),
    "zero price": (cell(9, 7, "0"), [f"{PRICES}:10: Adj Close (AAPL"]),
    "infinite value": (cell(11, 5, "inf"), [f"{PRICES}:12: Close", "inf"]),
    "high below low": (cell(3, 3, "0.5"), [f"{PRICES}:4: High, Low", "high"]),
    "negative volume": (cell(15, 6, "-5"), [f"{PRICES}:16: Volume", "-5"]),
    "too many nulls": (many_nulls, [f"{PRICES}:101: Close", "null"]),
    "missing sessions": (gap, [f"{PRICES}:301: Date", "session"]),
    "duplicate row": (duplicate, [f"{PRICES}:501: Ticker + Date (AAPL, 2011-01-"]),
    "stale data": (config("as_of: 2013-03-01", "as_of: 2013-06-01"), [f"{PRICES}:", "2013-03-01"]),
}


def test_of_all_that_validation_finds_the_first_is_told_and_each_would_be(tree):
    """One make for all kinds; of each the line that it would end in, were it alone."""
    before = results(tree)
    for damage, _ in FINDINGS.values():
        damage(tree)
    outcome = tree.make("all")
    assert outcome.code == 2
    assert "Error 2\n" in outcome.stderr
    assert "Traceback" not in outcome.stdout + outcome.stderr
    part = report.Part.of_json(json.loads(tree.text("artifacts/prices_findings.json")))
    stops = report.errors(part.findings)
    alone = [
        str(report.failure({"prices": replace(part, findings=(finding,))})) for finding in stops
    ]
    problem, _, cure = alone[0].partition(". Cure: ")
    told = re.fullmatch(r"(.*); and \d+ more in (\S+)\. Cure: (.*)", complaint_of(outcome.stderr))
    assert told.groups() == (problem, "artifacts/validation_report.json", cure)
    for kind, (_, words) in FINDINGS.items():
        assert any(all(word in line for word in words) for line in alone), (kind, alone)
    assert lost(before, tree) <= FETCHED


def complaint_of(stderr: str) -> str:
    """The one line of the step or of config.yaml, without Make's own lines and the log's name.

    Two instances of a step may both print it. The contract's has lines to paste.
    """
    text = re.sub(r"^make:.*\n?", "", stderr, flags=re.M)
    told = {said.strip("\n") for said in re.split(r"^    log: .*$", text, flags=re.M)} - {""}
    assert len(told) == 1, stderr
    (complaint,) = told
    if not complaint.startswith("schemas/feature_contract.yaml: "):
        lines = {*complaint.splitlines()}
        assert len(lines) == 1, stderr
        (complaint,) = lines
    return complaint


def results(tree: Tree) -> dict[str, str]:
    """The results without the sample, which the test damages."""
    found = tree.results()
    return {path: sha for path, sha in found.items() if not path.startswith("data/sample")}


FETCHED = {f"data/raw/prices.{end}" for end in ("parquet", "parquet.sha256", "lines.parquet")}


def lost(before: dict[str, str], tree: Tree) -> set[str]:
    after = results(tree)
    return {path for path in before if after.get(path) != before[path]}


@pytest.mark.parametrize("goals", [("clean", "all"), ("evaluate", "distclean")])
def test_cleaning_beside_what_would_be_cleaned_is_refused(tree, goals):
    before = tree.state()
    outcome = tree.make(*goals)
    assert outcome.code == 2
    assert "removes what other goals make. Cure: type two commands" in outcome.stderr
    assert tree.state() == before


def raise_a_yield(tree: Tree) -> None:
    """One that the schema forbids, in a series that no other source is held against."""
    tree.edit("data/sample/treasury_yields.csv", ",0.0783,0.0789,", ",99.9,0.0789,")


def test_data_that_the_gate_refused_reaches_no_step(tree):
    raise_a_yield(tree)
    assert tree.make("fetch_data").code == 0
    by_hand = tree.python("scripts/preprocess.py", "--scenario", "mean_impute")
    assert by_hand.code == 2
    assert "data/raw/treasury.parquet: is not what validation let pass" in by_hand.stderr
    accepted = tree.make("accept", T="validate_schema", REASON="nothing happened")
    assert accepted.code == 2
    assert "is to check other data" in accepted.stderr
    assert tree.make("accept", T="all", REASON="nothing happened").code == 0
    outcome = tree.make("all")
    assert outcome.code == 2
    assert "treasury_yields.csv:2: 3month" in outcome.stderr
    assert not {step for step in outcome.ran if step.startswith(("preprocess", "evaluate"))}
    assert "data_gate" in tree.make("why", T="evaluate").stdout


def test_files_dated_ahead_open_no_gate_and_spare_no_step(tree):
    before = tree.state()
    files = [path for top in ("data", "schemas") for path in (tree.path / top).rglob("*")]
    for path in filter(Path.is_file, [*files, *(tree.path / "artifacts").rglob("*")]):
        os.utime(path, (time.time() + 900, time.time() + 900))
    raise_a_yield(tree)
    refused = tree.make("all")
    assert refused.code == 2
    assert not {step for step in refused.ran if step.startswith(("preprocess", "evaluate"))}
    tree.edit("data/sample/treasury_yields.csv", ",99.9,0.0789,", ",0.0783,0.0789,")
    assert tree.make("all").code == 0
    assert {node["state"] for node in states(tree)} == {"fresh"}
    assert tree.state() == before


def states(tree: Tree) -> list[dict[str, str]]:
    return json.loads(tree.make("status", FORMAT="json").stdout)["instances"]
