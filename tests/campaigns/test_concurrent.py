"""Several makes at once in one tree: they find each other's work, and run each step once."""

from collections import Counter

from conftest import GATHER, Tree, assert_mends, instances

import pytest

RIDGE = ("alpha: 1.0", "alpha: 250.0")


def at_once(tree: Tree, makes: int, *goals: str, jobs: int = 2) -> Counter[str]:
    """Start several makes at once; how often each step ran."""
    started = [tree.start(*goals, jobs=jobs) for _ in range(makes)]
    outcomes = [running.outcome() for running in started]
    assert [(outcome.code, outcome.stderr) for outcome in outcomes] == [(0, "")] * makes, outcomes
    return Counter(step for outcome in outcomes for step in outcome.runs)


def once(steps: set[str]) -> Counter[str]:
    return Counter(steps)


@pytest.mark.long
def test_dry_runs_beside_it_disturb_no_make(tree):
    tree.edit("config.yaml", *RIDGE)
    assert tree.make("-n", "all").code == 0  # its promises include what steps were seen to read
    promised = [*(tree.path / "artifacts/.promised").iterdir()]
    before = {path: path.stat().st_mtime_ns for path in promised}
    running = tree.start("evaluate")
    while running.process.poll() is None:
        assert tree.make("-n", "all").code == 0
    outcome = running.outcome()
    assert (outcome.code, outcome.stderr) == (0, ""), outcome
    assert {path: path.stat().st_mtime_ns for path in promised} == before, "steps may be reading"


def test_makes_share_an_edit(tree, long):
    ridges = instances("train_models", models=["ridge"])
    for makes, jobs, edit in [(2, 4, RIDGE), (4, 8, RIDGE[::-1])][: 1 + long]:
        tree.edit("config.yaml", *edit)
        assert at_once(tree, makes, "train_models", jobs=jobs) == once(ridges)
        assert tree.make("train_models").ran == set()


@pytest.mark.parametrize("makes", [2, 4])
def test_makes_share_the_whole_pipeline(tree, cold, undisturbed, long, makes):
    if not long:
        pytest.skip("long: pytest tests/campaigns --long")
    assert tree.make("clean").code == 0
    assert at_once(tree, makes, "all") == once(cold[1].ran)
    assert_mends(tree, undisturbed())
    tree.edit("config.yaml", *RIDGE)
    steps = ("train_models", "evaluate", "plots")
    affected = {step for name in steps for step in instances(name, models=["ridge"])} | GATHER
    assert at_once(tree, makes, "all") == once(affected)
    assert_mends(tree, undisturbed(RIDGE))


def test_eight_jobs_make_the_same_bytes(tree, cold, long):
    if not long:
        pytest.skip("long: pytest tests/campaigns --long")
    assert tree.make("clean").code == 0
    outcome = tree.make("all", jobs=8)
    assert (outcome.code, Counter(outcome.runs)) == (0, once(cold[1].ran))
    assert_mends(tree, cold[0].state())
