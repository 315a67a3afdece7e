"""Shares of a whole: who has one, who waits, and that all of them end."""

import json
import os
from collections.abc import Sequence

from tidemark.files.shares import Common, Share

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ALONE = Common("", 0)
WHOLE = 100


@pytest.fixture
def share(tmp_path):
    """Open a share by who it is for."""
    return lambda who, common=ALONE: Share(tmp_path / "memory", WHOLE, who, common)


def test_what_is_free_is_taken_at_once_and_what_is_not_when_it_is_given_back(share):
    first, second = share("first"), share("second")
    assert first.take(60) == (True, 100, [])
    standing = second.take(50)
    assert (standing.taken, standing.free) == (False, 40)
    assert [(one.who, one.amount, one.taken) for one in standing.others] == [("first", 60, True)]
    first.give_back()
    assert second.take(50).taken


def test_a_file_that_is_no_number_is_nobodys(share, tmp_path):
    (tmp_path / "memory").mkdir()
    for name in ("7abc", "7 (conflicted copy)", "1.5"):
        (tmp_path / "memory" / name).write_text("[]")
    assert share("first").take(60) == (True, 100, [])


def test_who_needs_more_than_there_is_has_it_alone(share):
    small, large, later = share("small"), share("large"), share("later")
    assert small.take(1).taken
    assert not large.take(1000).taken
    small.give_back()
    assert large.take(1000).taken
    standing = later.take(1)
    assert (standing.taken, standing.free) == (False, 0)
    large.give_back()
    assert later.take(1).taken


def test_a_small_share_does_not_pass_a_large_one_that_waits(share):
    first, large, small = share("first"), share("large"), share("small")
    assert first.take(10).taken
    assert not large.take(95).taken
    assert not small.take(5).taken, "else small ones without end could hold up a large one"
    first.give_back()
    assert not small.take(5).taken
    assert large.take(95).taken
    assert small.take(5).taken


def test_who_leaves_the_line_holds_up_nobody(share):
    first, large, small = share("first"), share("large"), share("small")
    first.take(10)
    large.take(95)
    assert not small.take(5).taken
    large.give_back()
    assert small.take(5).taken


def test_what_is_held_together_counts_once(share):
    shares = [share(f"warm {n}", Common("make 1", 40)) for n in range(3)]
    assert shares[0].take(20).free == 60
    assert shares[1].take(20).taken
    assert share("plain").take(21).taken is False
    other = share("of another make", Common("make 2", 30))
    assert not other.take(0).taken, "20 + 20 + 40 + 30 > 100"
    assert not shares[2].take(20).taken, "others stand before it"


def test_a_need_may_turn_out_smaller_while_it_waits(share):
    first, second = share("first"), share("second")
    first.take(60)
    assert not second.take(1000).taken
    assert second.take(30).taken


def test_a_share_of_a_process_that_is_gone_is_nobodys(share, tmp_path):
    """Its file may be left, and not even be whole."""
    for content in (json.dumps(["gone", 90, True, ["", 0]]), '["go', ""):
        (tmp_path / "memory").mkdir(exist_ok=True)
        (tmp_path / "memory/7").write_text(content)
        one = share("one")
        assert one.take(90) == (True, 100, [])
        one.give_back()
    assert [path.name for path in (tmp_path / "memory").iterdir()] == ["lock"]


def test_a_share_that_is_only_just_begun_is_not_read(share, tmp_path):
    """Its process was killed under the folder's lock, and its own lock goes a moment later."""
    one = share("one")
    one.take(90)
    (path,) = (tmp_path / "memory").glob("[0-9]*")
    os.truncate(path, 0)
    assert share("two").take(20).taken


class Model:
    """The same in plain words: a line of [who, amount, taken]."""

    def __init__(self) -> None:
        self.line: list[list] = []

    def take(self, who: int, amount: int) -> bool:
        place = next((place for place in self.line if place[0] == who), None)
        if place is None:
            self.line.append(place := [who, amount, False])
        place[1] = amount
        before = self.line[: self.line.index(place)]
        held = [other for other in self.line if other[2] and other is not place]
        first = all(other[2] for other in before)
        place[2] = first and (not held or sum(each[1] for each in held) + amount <= WHOLE)
        return place[2]

    def give_back(self, who: int) -> None:
        self.line = [place for place in self.line if place[0] != who]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 130)), max_size=40))
def test_any_course_is_that_of_a_plain_line(tmp_path_factory, course: Sequence[tuple]):
    folder, model, shares = tmp_path_factory.mktemp("line"), Model(), {}
    for who, gives_back, amount in course:
        if gives_back:
            model.give_back(who)
            if who in shares:
                shares.pop(who).give_back()
        elif not any(place[0] == who and place[2] for place in model.line):
            one = shares.setdefault(who, Share(folder, WHOLE, str(who), ALONE))
            assert one.take(amount).taken == model.take(who, amount)
        held = [place[1] for place in model.line if place[2]]
        assert len(held) <= 1 or sum(held) <= WHOLE
    while model.line:  # whoever waits has its turn at last
        waiting = [place for place in model.line if not place[2]]
        for who, amount, _ in waiting:
            assert shares[who].take(amount).taken == model.take(who, amount)
        done = [place[0] for place in model.line if place[2]]
        assert done
        for who in done:
            model.give_back(who)
            shares.pop(who).give_back()
    for one in shares.values():
        one.give_back()
