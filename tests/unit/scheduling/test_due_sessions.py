"""Which sessions are over and not done, wherever the machine is."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tidemark.bars import trading_calendar
from tidemark.errors import BadValue
from tidemark.project import Tree
from tidemark.scheduling import done
from tidemark.scheduling.sessions import due

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.filterwarnings("ignore:Series.values")  # in exchange_calendars


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "last", "is_session", "closes"),
    [
        ("2026-11-25T20:59:59", "2026-11-24", True, "2026-11-25T21:00"),  # a second before
        ("2026-11-25T21:00:00", "2026-11-25", True, None),
        ("2026-11-26T23:00:00", "2026-11-25", False, None),  # Thanksgiving
        ("2026-11-27T17:59:00", "2026-11-25", True, "2026-11-27T18:00"),  # half a day
        ("2026-11-27T18:00:00", "2026-11-27", True, None),
        ("2026-11-28T03:00:00", "2026-11-27", True, None),  # still Friday in New York
        ("2026-11-28T12:00:00", "2026-11-27", False, None),  # Saturday
        ("2026-07-15T20:00:00", "2026-07-15", True, None),  # in summer an hour earlier
    ],
)
def test_new_york(now, last, is_session, closes):
    found = due("XNYS", utc(now), None)
    assert str(found.last) == last
    assert found.missed == (found.last,)
    assert found.is_session == is_session
    assert found.closes == (utc(closes) if closes else None)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_the_zone_of_the_machine_plays_no_part(zone):
    now = utc("2026-11-25T21:00:00")
    last = date(2026, 11, 20)
    assert due("XNYS", now.astimezone(ZoneInfo(zone)), last) == due("XNYS", now, last)


def test_sunday_is_a_session_where_the_week_begins_with_it():
    found = due("XSAU", utc("2026-11-29T20:00:00"), date(2026, 11, 26))
    assert (found.today, found.is_session) == (date(2026, 11, 29), True)
    assert found.missed == (date(2026, 11, 29),)


def test_a_machine_that_was_off_makes_up_for_all_of_it():
    found = due("XNYS", utc("2026-12-01T22:00:00"), date(2026, 10, 30))
    assert len(found.missed) == 21, "November 2026 without Thanksgiving, and the first of December"
    assert (found.missed[0], found.missed[-1]) == (date(2026, 11, 2), date(2026, 12, 1))


def test_without_a_calendar_each_day_is_one():
    found = due(None, utc("2026-11-29T00:00:00"), date(2026, 11, 26))
    assert found.missed == (date(2026, 11, 27), date(2026, 11, 28))


def test_the_users_own_exceptions_count():
    now, before = utc("2026-11-28T12:00:00"), date(2026, 11, 24)
    found = due("XNYS", now, before, extra=["2026-11-26"], closed=["2026-11-27"])
    assert [day.day for day in found.missed] == [25, 26]


def test_an_unknown_exchange_is_refused():
    with pytest.raises(BadValue, match="calendar"):
        due("XNOWHERE", utc("2026-11-28T12:00:00"), None)


@pytest.fixture(scope="module")
def autumn():
    """The sessions of the autumn, made once: what `held` would make of them again and again."""
    first, last = datetime(2026, 10, 1), datetime(2026, 12, 31)
    known = {it: trading_calendar.held(it, first, last) for it in ("XNYS", "ECB", "24/7")}

    def held(exchange, first, last, *_):
        whole = known[exchange]
        days = slice(first - timedelta(days=1), last + timedelta(days=1))
        return replace(whole, sessions=whole.sessions.loc[days])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trading_calendar, "held", held)
        yield


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 60 * 24 * 9), min_size=1, max_size=4),
    st.sampled_from(["XNYS", "ECB", "24/7"]),
)
def test_whenever_it_is_asked_each_session_is_done_once(autumn, minutes, exchange):
    """The nights when clocks change lie within the days that are tried."""
    now, last, seen = utc("2026-10-20T12:00:00"), date(2026, 10, 19), []
    for later in minutes:
        now += timedelta(minutes=later)
        missed = due(exchange, now, last).missed
        seen += missed
        last = missed[-1] if missed else last
        assert due(exchange, now, last).missed == ()
    assert seen == sorted(set(seen))
    assert tuple(seen) == due(exchange, now, date(2026, 10, 19)).missed


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"a": 5}', b'{"a": "soon"}', b"\xff"])
def test_what_was_done_is_kept_and_a_damaged_file_says_nothing(tmp_path, content):
    tree = Tree(tmp_path, tmp_path)
    assert done.done(tree) == {}
    done.note(tree, ["a", "b"], date(2026, 11, 27))
    done.note(tree, ["b"], date(2026, 11, 30))
    assert done.done(tree) == {"a": date(2026, 11, 27), "b": date(2026, 11, 30)}
    (tree / done.FILE).write_bytes(content)
    assert done.done(tree) == {}
