"""The ECB's real file as four days had it: what each brought, and that it never restated a rate."""

from datetime import datetime
from pathlib import Path

from tidemark.project import Tree
from tidemark.stored import reading
from tidemark.stored.writing import Came, commit

import pandas as pd
import pytest

CASES = Path(__file__).resolve().parents[2] / "cases/ecb_increments"
# Weekdays that each file has more than the one before, and five currencies that have a rate.
WEEKDAYS = {"2026-07-07": 9, "2026-08-04": 20, "2026-09-14": 29, "2026-10-30": 34}
ADDED = {day: 5 * days for day, days in WEEKDAYS.items()}


def rows(day: str, since: str = "") -> pd.DataFrame:
    """The file of that day as records."""
    wide = pd.read_csv(CASES / f"{day}.csv", na_values="N/A").query("Date >= @since")
    long = wide.melt("Date", var_name="series").dropna()
    known = long["Date"] + "T15:00:00Z"  # 16:00 CET
    return pd.DataFrame(
        {"series": long["series"], "timestamp": long["Date"] + "T00:00:00Z",
         "value": long["value"], "known_at": known, "vintage": None}
    )  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Tree:
    """Of the first file all, of the others what is new and an overlap of a week."""
    tree = Tree.at(tmp_path_factory.mktemp("ecb"))
    starts = {"2026-07-07": "", "2026-08-04": "2026-06-30", "2026-09-14": "2026-07-28",
              "2026-10-30": "2026-09-07"}  # fmt: skip
    for (day, since), expected in zip(starts.items(), ADDED.values(), strict=True):
        came = put(tree, rows(day, since), day)
        assert (came.added, came.restated, came.older) == (expected, 0, 0)
    return tree


def put(tree: Tree, frame: pd.DataFrame, day: str) -> Came:
    fetched = datetime.fromisoformat(f"{day}T18:00Z")
    asked = {"from": "", "to": day}
    return commit(tree, "ecb", "series", frame, fetched=fetched, cursor={}, asked=asked, terms={})


def test_each_snapshot_is_the_file_of_its_day(tree):
    for number, day in enumerate(ADDED, start=1):
        kept, sent = reading.rows(tree, number, "ecb"), rows(day)
        assert len(kept) == len(sent)
        by = ["series", "timestamp"]
        sent = sent.assign(timestamp=pd.to_datetime(sent["timestamp"]))
        both = kept.merge(sent, on=by, suffixes=("", "_sent"))
        assert len(both) == len(sent)
        assert (both["value"] == both["value_sent"]).all()


def test_what_was_known_then_is_what_the_fetch_of_then_had(tree):
    """So no rate is known before four in the afternoon, and a later fetch takes nothing back."""
    last = reading.rows(tree, None, "ecb")
    first = reading.rows(tree, "2026-07-31", "ecb")
    known = last[last["known_at"] <= "2026-07-07T15:00Z"].drop(columns="fetched_at")
    assert known.reset_index(drop=True).equals(first.drop(columns="fetched_at"))
    assert reading.rows(tree, None, "ecb", superseded=True)["superseded_at"].isna().all()


def test_the_whole_last_file_once_more_changes_nothing(tree):
    came = put(tree, rows("2026-10-30"), "2026-11-30")
    assert (came.added, came.restated, came.unchanged) == (0, 0, sum(ADDED.values()))
