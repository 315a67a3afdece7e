"""Ctrl-C ends everything at once, with no other message; the next make continues."""

import re
import signal
import time

from conftest import Running, Tree, assert_mends

PHASES = ("configure.py", "verify.py", "make -n", "launch.py", "train_models.py", "evaluate.py")


def edit(tree: Tree, alpha: float) -> None:
    """Give make something to do; 1.0 is what the tree was built with."""
    text = re.sub(r"alpha: [\d.]+", f"alpha: {alpha}", tree.text("config.yaml"))
    (tree.path / "config.yaml").write_text(text, "utf-8")


def wait_for(tree: Tree, running: Running, command: str) -> None:
    while not any(command in line for line in tree.processes().values()):
        assert running.process.poll() is None, running.outcome()
        time.sleep(0.003)


def interrupt(tree: Tree, running: Running) -> None:
    """Do what the terminal does at Ctrl-C."""
    in_time = running.process.poll() is None
    running.send(signal.SIGINT)
    outcome = running.outcome()
    assert outcome.code in ((2, -signal.SIGINT) if in_time else (0,)), outcome
    assert "Traceback" not in outcome.stderr, outcome
    assert_nothing_left(tree)


def assert_nothing_left(tree: Tree) -> None:
    deadline = time.monotonic() + 60  # the run is recorded meanwhile
    while (left := tree.processes()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert left == {}


def test_ctrl_c_in_every_phase(tree, long):
    for alpha, phase in enumerate(PHASES if long else PHASES[:-1], 2):
        edit(tree, alpha)
        running = tree.start("all")
        wait_for(tree, running, phase)
        interrupt(tree, running)


def test_ctrl_c_at_random_instants(tree, chance, undisturbed, long):
    for alpha in range(2, 42 if long else 6):
        edit(tree, alpha)
        running = tree.start("all", f"WARM={chance.choice((0, 1))}")
        time.sleep(chance.uniform(0, 5 if long else 1.5))
        interrupt(tree, running)
    edit(tree, 1.0)
    assert_mends(tree, undisturbed())
