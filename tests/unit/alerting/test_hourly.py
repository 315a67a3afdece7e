"""At most one message an hour, whoever sends it and whatever becomes of the file."""

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tidemark.alerting import hourly
from tidemark.project import Tree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = 1_796_000_000.0


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path, tmp_path)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 5000)), max_size=12))
def test_messages_are_an_hour_apart_and_those_held_back_are_counted(tmp_path_factory, alerts):
    folder = tmp_path_factory.mktemp("tree")
    sent, unsaid = defaultdict(list), defaultdict(int)
    now = NOW
    for key, later in alerts:
        now += later
        held_back = hourly.claim(Tree(folder, folder), key, now)
        if held_back is not None:
            assert not sent[key] or now - sent[key][-1] >= hourly.HOUR
            sent[key].append(now)
            assert held_back in (0, unsaid[key])
            unsaid[key] = 0
        else:
            assert now - sent[key][-1] < hourly.HOUR
            unsaid[key] += 1


def test_the_next_message_says_how_many_were_held_back(tree):
    claims = [hourly.claim(tree, "a", NOW + minutes * 60) for minutes in (0, 1, 59.9, 60, 61)]
    assert claims == [0, None, None, 2, None]


def test_what_did_not_arrive_may_be_tried_again(tree):
    hourly.claim(tree, "a", NOW)
    hourly.give_back(tree, "a")
    assert hourly.claim(tree, "a", NOW + 1) == 0


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"a": 5}', b'{"a": [null, 1]}', b"\xff"])
def test_a_damaged_file_holds_nothing_back(tree, content):
    (tree / hourly.FILE).parent.mkdir()
    (tree / hourly.FILE).write_bytes(content)
    assert hourly.claim(tree, "a", NOW) == 0
    assert hourly.claim(tree, "a", NOW) is None


def test_a_clock_that_was_ahead_holds_nothing_back(tree):
    hourly.claim(tree, "a", NOW + 86_400)
    assert hourly.claim(tree, "a", NOW) == 0


def test_where_nothing_can_be_written_messages_are_sent(tree):
    (tree / "artifacts").write_text("a file")
    assert [hourly.claim(tree, "a", NOW) for _ in range(2)] == [0, 0]


def test_of_several_processes_one_sends(tree):
    code = (
        "from tidemark.alerting import hourly; from tidemark.project import Tree; from pathlib"
        f" import Path; tree = Tree(Path({str(tree.root)!r}), Path());"
        f" print([hourly.claim(tree, str(key), {NOW}) for key in range(20)])"
    )
    scripts = Path(__file__).resolve().parents[3] / "scripts"
    running = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=scripts)
        for _ in range(3)
    ]
    answers = [eval(process.communicate()[0]) for process in running]
    for claims in zip(*answers, strict=True):
        assert sorted(claims, key=str) == [0, None, None]
