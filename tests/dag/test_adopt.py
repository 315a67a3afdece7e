"""`make adopt` from end to end: a file as people have it, a configuration, and data at the gate."""

import io
import random
import re
import zipfile
from datetime import date, timedelta
from itertools import accumulate

from conftest import Tree
from workbook import workbook

import pandas as pd
import pytest

NAME = "Öl $(PATH) #1's.csv"


def test_a_users_own_file_is_adopted_and_what_it_gains_is_fetched(tree: Tree):
    days = pd.date_range("1990-01-31", periods=300, freq="ME").strftime("%d.%m.%Y")
    closes = [f"{70 + number % 7}.{number % 10}5" for number in range(len(days))]
    rows = [f"{day};{close.replace('.', ',')}" for day, close in zip(days, closes, strict=True)]
    file = tree.path / NAME
    file.write_text("\n".join(["Datum;Schlusskurs", *rows, ""]), "utf-8")

    stray = {"ZONE": "$(HOME)", "TICKER": "bash", "PRICES": "hundredths"}  # nobody typed them
    adopted = tree.make("adopt", f"FILE={NAME}", "WRITE=yes", **stray)
    assert (adopted.code, adopted.stderr) == (0, "")
    assert adopted.stdout.endswith("Next: make all CONFIG=config.mine.yaml\n")
    misspelt = tree.make("adopt", f"FILE={NAME}", "BAR=daily", "dates=day-first")
    assert misspelt.code == 2
    assert "make adopt takes no BAR dates" in misspelt.stderr
    first = tree.make("data_gate", "CONFIG=config.mine.yaml")
    assert first.ran == {"fetch_data prices", "validate_schema prices", "data_gate"}, first.stderr
    raw = pd.read_parquet(tree.path / "data/raw/prices.parquet")
    assert raw["close"].tolist() == [*map(float, closes)]

    with file.open("a", encoding="utf-8") as opened:
        opened.write("31.01.2015;-36,98\n")
    second = tree.make("data_gate", "CONFIG=config.mine.yaml")
    assert "fetch_data prices" in second.ran
    raw = pd.read_parquet(tree.path / "data/raw/prices.parquet")
    assert raw["close"].iloc[-1] == -36.98


@pytest.mark.long
def test_what_reads_workbooks_is_there_for_an_archive_of_them(tree: Tree):
    days = [date(2019, 1, 1) + timedelta(number) for number in range(900)]
    rows = [[day, 50 + number % 7 / 4] for number, day in enumerate(days) if day.weekday() < 5]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("KO.xlsx", workbook({"Prices": [["Date", "Close"], *rows]}))
    (tree.path / "mine.zip").write_bytes(archive.getvalue())

    adopted = tree.make("adopt", "FILE=mine.zip", "WRITE=yes")
    assert (adopted.code, adopted.stderr) == (0, "")
    fetched = tree.make("fetch_data", "CONFIG=config.mine.yaml")
    assert fetched.code == 0, fetched.stderr
    raw = pd.read_parquet(tree.path / "data/raw/prices.parquet")
    assert [[day.date(), close] for day, close in raw[["timestamp", "close"]].to_numpy()] == rows
    assert (tree.path / ".venv/.excel-ok").exists()


def test_closes_by_month_come_to_reports_that_fit_them(tree: Tree, long: bool):
    if not long:
        pytest.skip("long: a whole pipeline of its own")
    months = pd.date_range("1990-01-31", periods=300, freq="ME").strftime("%Y-%m-%d")
    walk = random.Random(15)
    prices = [
        *accumulate(range(299), lambda at, _: round(at * walk.gauss(1.005, 0.05), 2), initial=70)
    ]
    rows = [f"{month},{price}" for month, price in zip(months, prices, strict=True)]
    (tree.path / "Oil Prices.csv").write_text("\n".join(["Date,Price", *rows, ""]), "utf-8")

    adopted = tree.make("adopt", "FILE=Oil Prices.csv", "TICKER=OIL", "WRITE=yes")
    assert (adopted.code, adopted.stderr) == (0, "")
    made = tree.make("all", "CONFIG=config.mine.yaml")
    assert made.code == 0, made.stderr
    reports = {file.stem: file.read_text("utf-8") for file in (tree.path / "reports").glob("*.md")}
    assert len(reports) == 5
    wrong = r".*(?:\bNone\b(?! of)|\bnan\b|AAPL|\ba day\b|overnight|stock).*"
    for report in reports.values():
        assert not re.findall(wrong, report)
        for figure in re.findall(r"!\[.*\]\((.*)\)", report):
            assert (tree.path / "reports" / figure).exists()
    assert "close of each bar: what" in reports["model_communication_report"]
    assert "| full | 1990-01-31 | 2014-12-31 | 300 |" in reports["strategy_assessment"]
