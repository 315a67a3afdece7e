"""`make -j` starts no more than the memory holds, and all steps end."""

import json
import os
import re
import signal
import time
from datetime import datetime
from itertools import pairwise

from conftest import STRATEGIES, in_campaigns, instances
from tidemark.files.shares import Common, Share
from tidemark.harness import memory, needs, record, turn
from tidemark.project import Tree

import pytest

COSTS = "cost_basis_points: 5"


@pytest.fixture
def needing(tree):
    """A built project whose backtests, says each checkpoint, took so much."""

    def limited(gigabytes, megabytes):
        for strategy in STRATEGIES:
            path = tree.path / f"artifacts/backtest_{strategy}.ok"
            content = {**json.loads(path.read_bytes()), "peak_memory_bytes": megabytes * 10**6}
            del content["digest"]
            path.write_text(json.dumps({**content, "digest": record.digest(content)}))
        tree.edit("config.yaml", "memory_gigabytes: null", f"memory_gigabytes: {gigabytes}")
        return tree

    return limited


def spans(tree):
    """When each backtest of the last make began and ended, by its log; the waits lie before."""
    told = {}
    for line in tree.text("logs/pipeline.log").splitlines():
        entry = json.loads(line)
        if entry.get("step") == "backtest" and re.search(" starts: | done in ", entry["message"]):
            told.setdefault((entry["run"], entry["strategy"]), []).append(entry["time"])
    last = [*told][-1][0]
    return sorted(
        tuple(map(datetime.fromisoformat, times)) for (run, _), times in told.items() if run == last
    )


@pytest.mark.parametrize("warm", ["1", *in_campaigns("0")])
def test_two_steps_that_do_not_fit_beside_each_other_take_turns(needing, warm):
    tree = needing(0.8, 400)  # two need a tenth more than 0.8 GB, and one leaves room for libraries
    assert record.load(Tree.at(tree.path), "backtest_sma_cross").file_bytes > 100_000
    tree.edit("config.yaml", COSTS, "cost_basis_points: 6")
    outcome = tree.make("backtest", jobs=4, WARM=warm)
    assert (outcome.code, outcome.ran) == (0, instances("backtest")), outcome
    ran = spans(tree)
    assert len(ran) == len(STRATEGIES)
    assert all(ended <= began for (_, ended), (began, _) in pairwise(ran)), "none beside another"
    assert "runs beside it" not in outcome.stdout, "each fits"
    assert not [*(tree.path / "artifacts/.memory").glob("*/[0-9]*")], "all is given back"
    for strategy in STRATEGIES:  # the wait is no part of what a step took
        took = record.load(Tree.at(tree.path), f"backtest_{strategy}").seconds
        assert took < 1 + max((ended - began).total_seconds() for began, ended in ran)


def test_steps_that_need_more_than_there_is_run_alone_and_say_so(needing):
    tree = needing(0.5, 600)
    tree.edit("config.yaml", COSTS, "cost_basis_points: 6")
    outcome = tree.make("backtest", jobs=4)
    assert (outcome.code, outcome.ran) == (0, instances("backtest")), outcome
    assert all(ended <= began for (_, ended), (began, _) in pairwise(spans(tree)))
    note = "needs 660 MB (as its last run), more than is left of the 500 MB of machine.memory_giga"
    assert outcome.stdout.count(note) == len(STRATEGIES), outcome.stdout


def test_what_is_estimated_at_first_is_about_what_is_held_then(cold):
    for ran in record.load_all(Tree.at(cold[0].path)).values():
        first = needs.AT_FIRST.get(ran.instance.step, needs.WHOLE).of(ran.file_bytes)
        assert ran.peak_memory_bytes < 1.3 * first, ran.name


@pytest.mark.long
def test_ctrl_c_ends_a_wait_at_once_and_another_make_may_hold_what_it_waits_for(needing):
    tree = needing(0.8, 400)
    folder = tree.path / turn.FOLDER / memory.host()
    ours = Share(folder, 8 * 10**8, "a step of another make", Common("", 0))
    assert ours.take(7 * 10**8).taken
    tree.edit("config.yaml", COSTS, "cost_basis_points: 6")
    running = tree.start("backtest", jobs=4)
    deadline = time.monotonic() + 60
    while "waiting for memory" not in read(running.stdout):
        assert time.monotonic() < deadline, read(running.stdout)
        time.sleep(0.05)
    began = time.monotonic()
    running.send(signal.SIGINT)
    outcome = running.outcome()
    assert time.monotonic() - began < 2
    assert outcome.code
    assert "held by a step of another make (700 MB)" in outcome.stdout
    assert "Traceback" not in outcome.stderr
    tree.come_to_rest()
    running = tree.start("backtest", jobs=4)
    while "waiting for memory" not in read(running.stdout):
        assert time.monotonic() < deadline + 60, read(running.stdout)
        time.sleep(0.05)
    ours.give_back()
    assert running.outcome().ran == instances("backtest")


def read(file):
    return os.pread(file.fileno(), 1 << 20, 0).decode()


def test_another_limit_is_no_reason_to_run(settled):
    settled.edit("config.yaml", "memory_gigabytes: null", "memory_gigabytes: 2")
    assert settled.make("all").ran == set()
    settled.edit("config.yaml", "memory_gigabytes: 2", "memory_gigabytes: 0.1")
    outcome = settled.make("all")
    assert outcome.code == 2
    assert re.search(r"config\.yaml:\d+:\d+: machine\.memory_gigabytes: .*0\.5", outcome.stderr)
