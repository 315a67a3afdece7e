"""The smallest configuration, as README shows it."""

import csv
import re

from conftest import ROOT, Tree

SHOWN = r"`mine.yaml`.*\n\n((?:    .*\n)+)\n.*\n\n    make contract (CONFIG=\S+) REASON=\"(.*)\"\n"


def test_the_ten_lines_of_the_readme_are_a_configuration(tree: Tree, long: bool):
    readme = (ROOT / "README.md").read_text("utf-8")
    lines, config, reason = re.search(SHOWN, readme).groups()
    assert lines.count("\n") < 10
    name = config.removeprefix("CONFIG=")
    (tree.path / name).write_text(re.sub("^    ", "", lines, flags=re.M), "utf-8")
    write_closes(tree, "mydata/oil.csv")

    asked = tree.make("all", config)
    assert asked.code == 2
    assert len(re.findall("mine.yaml:", asked.stderr)) == 1
    assert f"make contract {config} REASON=" in asked.stderr
    assert tree.make("contract", config, REASON=reason).code == 0
    outcome = tree.make(*(["all"] if long else ["split_data", "market_scenarios"]), config)
    assert outcome.code == 0, outcome
    assert "1 ticker" in outcome.stdout
    assert "14 features x" in outcome.stdout
    if long:
        for report in (tree.path / "reports").glob("*.md"):
            assert "None" not in report.read_text("utf-8")
            assert "AAPL" not in report.read_text("utf-8")


def write_closes(tree: Tree, path: str) -> None:
    """The adjusted closes of one stock as what the configuration expects."""
    with (tree.path / "data/sample/prices.csv").open(newline="") as file:
        bars = [row for row in csv.DictReader(file) if row["Ticker"] == "IBM"]
    (tree.path / path).parent.mkdir()
    lines = [f"{bar['Date']},{bar['Adj Close']}" for bar in bars]
    (tree.path / path).write_text("\n".join(["Date,Price", *lines, ""]), "utf-8")
