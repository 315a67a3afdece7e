"""SIGKILL at random instants: whatever was half done, the next make ends with the same bytes."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence

from conftest import Running, Tree, assert_mends
from tidemark.harness import record
from tidemark.project import Tree as Project
from tidemark.runs.record import identity
from tidemark.tables import history

Edits = tuple[tuple[str, str], ...]

EDITS: Edits = (
    ("alpha: 1.0", "alpha: 250.0"),
    ("embargo: 5", "embargo: 8"),
    ("dpi: 60", "dpi: 70"),
    ("confidence: 0.95", "confidence: 0.9"),
)
KINDS = ("make", "step", "group")
REMOVABLE = ("artifacts", "data/processed", "data/splits", "features", "models", "metrics")
REMOVABLE += ("reports/figs",)


def configure(tree: Tree, text: str, edits: Edits) -> None:
    """Write config.yaml with these edits; `text` is the file without any."""
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    (tree.path / "config.yaml").write_text(text, "utf-8")


def remove_some(tree: Tree, chance: random.Random) -> list[str]:
    """Remove some files, bookkeeping included, as a person who tidies up might."""
    files = [file for top in REMOVABLE for file in (tree.path / top).rglob("*") if file.is_file()]
    files = [file for file in sorted(files) if "history" not in file.parts]
    chosen = chance.sample(files, min(len(files), chance.randint(1, 6)))
    for file in chosen:
        file.unlink(missing_ok=True)  # an orphaned step may have removed it first
    return [str(file.relative_to(tree.path)) for file in chosen]


def kill(running: Running, tree: Tree, kind: str, chance: random.Random) -> bool:
    """Kill make or its steps; whether there was anything to kill.

    If make alone is killed, its children live on.
    """
    if running.process.poll() is not None:
        return False
    if kind == "group":
        running.send(signal.SIGKILL)
    elif kind == "make":
        running.process.kill()
    else:
        return kill_one(sorted(tree.processes().keys() - {running.process.pid}), chance)
    return True


def kill_one(processes: Sequence[int], chance: random.Random) -> bool:
    try:
        os.kill(chance.choice(processes), signal.SIGKILL)
    except (IndexError, ProcessLookupError):
        return False
    return True


def other_edits(edits: Edits, chance: random.Random, *, long: bool) -> Edits:
    chosen = edits
    while chosen == edits:
        among = EDITS if long else EDITS[:1]
        chosen = tuple(edit for edit in among if chance.random() < 0.5)
    return chosen


def assert_store_is_whole(tree: Tree) -> None:
    """Nothing in it was half written; what killed writers left beside goes."""
    outcome = tree.make("store", "VERIFY=yes", "PRUNE=yes", STORE="")
    assert outcome.code == 0, outcome


def assert_each_run_is_in_the_history_once(tree: Tree) -> None:
    """Every run that left a checkpoint is there, whatever was killed, its closer too."""
    tree.come_to_rest()
    project = Project.at(tree.path)
    told = [it.content["run"] for it in history.log(project).records()]
    assert len(told) == len(set(told))
    assert {identity(it.run) for it in record.load_all(project).values()} <= set(told)
    assert not list((tree.path / "artifacts/.run").glob("*.jsonl"))


def test_a_tree_killed_at_random_instants_mends(tree, chance, undisturbed, long):
    text = tree.text("config.yaml")
    edits: Edits = ()
    killed: Counter[str] = Counter()
    while killed.total() < (60 if long else 4):
        work = chance.choices(("edit", "remove", "clean"), (6, 3 * long, long))[0]
        if work == "clean":
            assert tree.make("clean").code == 0
        elif work == "remove":
            print("removed:", *remove_some(tree, chance))
        else:
            edits = other_edits(edits, chance, long=long)
            configure(tree, text, edits)
        warm = chance.choice((0, 1))  # plain steps survive the death of make
        stored = chance.choice(("", "off"))  # results are kept and brought back, or computed
        running = tree.start("all", f"WARM={warm}", jobs=chance.choice((2, 4)), STORE=stored)
        time.sleep(chance.uniform(0, 6 if long else 1.5))
        kind = chance.choice(KINDS)
        killed[kind] += kill(running, tree, kind, chance)
        outcome = running.outcome()
        print(
            work,
            edits,
            f"WARM={warm} STORE={stored}",
            kind,
            outcome.code,
            outcome.stdout,
            outcome.stderr,
            tree.processes(),
        )
        if long and chance.random() < 0.3:
            assert_store_is_whole(tree)
            assert_mends(tree, undisturbed(*edits))
    configure(tree, text, ())
    assert_store_is_whole(tree)
    assert tree.make("all", STORE="").code == 0
    assert_mends(tree, undisturbed())
    assert_each_run_is_in_the_history_once(tree)
    print(killed)
