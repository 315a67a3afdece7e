"""How live sources stand by the clock, from the store and from what the last fetch said."""

import fcntl
import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

from tidemark.fetching import budget, outcomes, standing, told
from tidemark.fetching.outcomes import Outcome
from tidemark.files import locks
from tidemark.project import CODE, Tree
from tidemark.stored import snapshots, writing

import pandas as pd
import pytest

THEN = datetime(2026, 11, 30, 18, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path, CODE)


def store(tree, when=THEN, day="2026-11-30"):
    """A fetch of one series up to a day; the name of what is then stored."""
    rows = pd.DataFrame({"series": ["usd"], "timestamp": [f"{day}T00:00:00+00:00"],
                         "value": [1.1], "vintage": [None], "known_at": [None]})  # fmt: skip
    cursor = {"usd": f"2026-01-01T00:00:00+00:00/{day}T00:00:00+00:00 USD"}
    writing.commit_all(
        tree, "rates", {"series": rows}, fetched=when, cursor=cursor, asked={}, terms={}
    )
    return snapshots.current(tree).sources["rates"].manifest


def outcome(manifest="", state="fresh", asked=THEN, **others):
    answered = asked.isoformat() if state in ("fresh", "partial") else None
    return Outcome("rates", "ecb", state, asked.isoformat(), answered, manifest=manifest, **others)


def stands(tree, now=THEN + HOUR, provider="ecb"):
    (one,) = standing.of_all(tree, {"rates": provider}, timedelta(hours=36), "36h", now)
    return one


def test_what_was_never_fetched_is_said_and_what_nobody_could_fetch_too(tree):
    assert (stands(tree).state, stands(tree).fetched) == ("never fetched", None)
    outcomes.keep(tree, outcome(state="stale", problem="no answer"))
    assert (stands(tree).state, stands(tree).why) == ("never fetched", "no answer")
    outcomes.keep(tree, outcome(state="blocked", problem="a page of HTML"))
    assert (stands(tree).state, stands(tree).why) == ("blocked", "a page of HTML")


@pytest.mark.parametrize("state", ["fresh", "partial", "stale", "blocked"])
def test_what_the_last_fetch_said_holds_until_the_next(tree, state):
    outcomes.keep(tree, outcome(store(tree), state, problem="x" if state != "fresh" else ""))
    found = stands(tree)
    assert (found.state, found.why) == (state, "" if state == "fresh" else "x")
    assert found.age(THEN + HOUR) == HOUR
    assert found.newest == datetime(2026, 11, 30, tzinfo=UTC)


def test_what_is_older_than_it_may_be_is_old_and_a_worse_state_stays(tree):
    outcomes.keep(tree, outcome(name := store(tree)))
    assert stands(tree, THEN + 36 * HOUR).state == "fresh"
    found = stands(tree, THEN + 37 * HOUR)
    assert (found.state, found.old) == ("old", True)
    assert "fetch.max_age (36h)" in found.why
    late = outcome(name, "stale", THEN + 37 * HOUR, problem="no answer")
    outcomes.keep(tree, replace(late, answered=THEN.isoformat()))
    found = stands(tree, THEN + 38 * HOUR)
    assert (found.state, found.old) == ("stale", True)
    assert found.why.startswith("no answer; older than")


def test_a_fetch_that_brought_nothing_new_makes_what_is_stored_current(tree):
    outcomes.keep(tree, outcome(store(tree), asked=THEN + 3 * DAY))
    found = stands(tree, THEN + 3 * DAY + HOUR)
    assert (found.state, found.fetched) == ("fresh", THEN + 3 * DAY)


def test_a_snapshot_that_was_restored_is_as_old_as_it_was(tree):
    store(tree, THEN - 2 * DAY, "2026-11-27")
    outcomes.keep(tree, outcome(store(tree)))
    snapshots.restore(tree, 1, THEN + HOUR)
    found = stands(tree, THEN + HOUR)
    assert (found.state, found.fetched) == ("old", THEN - 2 * DAY)
    assert "snapshot 1 was restored" in found.why
    assert found.newest == datetime(2026, 11, 27, tzinfo=UTC)


@pytest.mark.parametrize(
    "content",
    [None, b"", b"{", b"[]", b'{"format": 1}', b'{"format": 2}', b"\xff", "state", "asked"],
)
def test_what_is_lost_or_damaged_is_unknown_and_said(tree, content):
    good = outcome(store(tree))
    outcomes.keep(tree, good)
    path = tree / outcomes.path_of("rates")
    if content is None:
        path.unlink()
    elif isinstance(content, str):
        path.write_text(json.dumps({"format": 1, **asdict(good), content: "odd"}), "utf-8")
    else:
        path.write_bytes(content)
    found = stands(tree)
    assert (found.state, found.fetched) == ("unknown", THEN)
    assert "what the last fetch said is not known" in found.why
    assert (content is None) != ("rates.json cannot be read" in found.why)
    assert stands(tree, THEN + 2 * DAY).state == "old"


def test_another_provider_says_nothing_of_this_one(tree):
    outcomes.keep(tree, outcome(store(tree)))
    found = stands(tree, provider="treasury")
    assert (found.state, "came from ecb" in found.why) == ("unknown", True)


def test_who_waits_for_a_provider_is_named_with_how_long(tree):
    outcomes.keep(tree, outcome(store(tree)))
    note = tree / locks.FOLDER / "waiting.ecb.77.1"
    note.parent.mkdir(parents=True, exist_ok=True)
    until = (THEN + HOUR).timestamp() + 12
    with note.open("w") as waiting, locks.held(tree, "fetch.rates", print):
        assert "being fetched now" in stands(tree).why
        fcntl.flock(waiting, fcntl.LOCK_EX)
        why = "ecb takes 5 requests a minute"
        waiting.write(json.dumps({"provider": "ecb", "why": why, "until": until, "process": 77}))
        waiting.flush()
        assert [one.process for one in budget.waiting(tree)] == [77]
        found = stands(tree)
        assert (found.state, found.why) == ("waiting-data", f"{why}; process 77 goes on in 12 s")
    assert stands(tree).state == "fresh"


def test_the_table_and_the_description_say_the_same(tree):
    outcomes.keep(tree, outcome(store(tree), "stale", problem="no answer"))
    now = THEN + 3 * HOUR
    headings, line = told.table([stands(tree, now)], now)
    assert line.split("  ")[0] == "rates"
    for cell in ("ecb", "2026-11-30 ", "2026-11-30 18:00", "3 h", "stale", "no answer"):
        assert cell in line
    assert headings.index("why") == line.index("no answer")
    content = told.described(stands(tree, now), now)
    assert (content["age_seconds"], content["state"]) == (10_800, "stale")
    assert content["last_fetch"]["problem"] == "no answer"
    assert content["reaches"] == {"usd": "2026-11-30T00:00:00+00:00"}
    json.dumps(content)


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, ""), (59, "59 s"), (3599, "59 m"), (90_000, "1 d")]
)
def test_ages_are_in_one_unit(seconds, words):
    assert told.age(seconds) == words
