"""The time that is asked for is cut without gap or overlap, and never silently shortened."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from tidemark.errors import BadValue
from tidemark.providers import spans
from tidemark.providers.contract import Ask

import pytest
from hypothesis import given
from hypothesis import strategies as some

NOW = datetime(2026, 11, 30, 19, tzinfo=UTC)
SECONDS = some.integers(0, 10_000_000).map(lambda seconds: timedelta(seconds=seconds))


@given(SECONDS, some.integers(200_000, 9_000_000).map(lambda s: timedelta(seconds=s)))
def test_windows_join_and_are_not_too_long(length, longest):
    cut = list(spans.windows(NOW - length, NOW, longest))
    assert bool(cut) is (length > timedelta())
    if cut:
        assert (cut[0][0], cut[-1][1]) == (NOW - length, NOW)
    assert all(one[1] == other[0] for one, other in pairwise(cut))
    assert all(timedelta() < end - start <= longest for start, end in cut)


@given(SECONDS, SECONDS)
def test_a_start_is_as_it_was_said_or_refused(ago, reach):
    ask = Ask("X", "X", since=NOW - ago, now=NOW)
    if ago <= reach:
        assert spans.begin(ask, reach, "It") == ask.since
    else:
        with pytest.raises(BadValue, match="X are asked for from"):
            spans.begin(ask, reach, "It")
    assert spans.begin(Ask("X", "X", now=NOW), reach, "It") == NOW - reach
    assert spans.begin(ask, None, "It") == ask.since


@pytest.mark.parametrize(
    ("interval", "minutes"), [("1m", 1), ("30m", 30), ("4h", 240), ("1d", 1440)]
)
def test_intervals_last_as_long_as_they_say(interval, minutes):
    assert spans.length(interval) == timedelta(minutes=minutes)
