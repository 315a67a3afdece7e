"""One pass over all checkpoints that brings file times in line with contents.

Make compares times. After a checkout, a restored cache, a `touch`, a copied tree or a failed run,
times say little, and a file moved into place may be older than what it replaced. Here contents
decide, and times tell Make: a checkpoint that holds becomes newer than what it depends on, and its
outputs as new as itself; one that does not hold becomes older than anything. Then Make runs, or
lists with -n, exactly what is needed.
"""

import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from tidemark.config import view
from tidemark.files import locks, store
from tidemark.harness import console, publishing, record, restoring, results_store, staleness
from tidemark.harness.publishing import LONG_AGO_NS
from tidemark.harness.record import FOLDER, Checkpoint
from tidemark.harness.staleness import Look
from tidemark.project import Tree

STAMP = FOLDER / ".verified"
LOOKED = FOLDER / ".looked"  # its time: when the last look began
WATCHED = FOLDER / ".watched"
WRITTEN = ("artifacts", "data", "features", "models", "metrics", "reports")


def verify(tree: Tree, goals: Collection[str] = ()) -> None:
    """Settle every checkpoint that no process is at, upstream first, and note that it was done.

    What `goals` need is restored, as far as the results store has it.

    Args:
        tree: the project.
        goals: checkpoints and outputs, by path.

    Raises:
        InputError: a newer version of Tidemark wrote one of them.
    """
    began = store.now_ns(tree)
    look = Look(tree)
    _watch(tree, view.source_paths(look.stored))
    loaded = {name: look.checkpoint(name) for name in record.names(tree)}
    checkpoints = {name: known for name, known in loaded.items() if known is not None}
    asked = (Path(goal).stem for goal in goals if _is_checkpoint(goal))
    links: dict[str, Linked] = {**restoring.links(look, asked), **checkpoints}
    unreadable = [name for name in loaded if name not in links]
    wanted = _needed_by(goals, links)
    pending: set[str] = set()
    holding: list[str] = []
    for name in [*upstream_first(links), *unreadable]:
        with locks.held_if_free(tree, name) as free:
            if free and (
                (name in loaded and _settled(name, pending, look, began))
                or (name in wanted and _restored(name, holding, look, began))
            ):
                holding.append(name)
            elif free and name in checkpoints:
                pending.update(checkpoints[name].outputs)
    publishing.forget_all_but(tree, {*checkpoints, *holding})
    _sweep(tree)
    now = (look.checkpoint(name) for name in {*loaded, *holding})
    _report_upgrades((known for known in now if known), look)
    store.write_atomic(tree / LOOKED, b"", began)
    ended = store.file_clock_ns(tree)
    held = (checkpoint for checkpoint in map(look.checkpoint, holding) if checkpoint)
    if any(_edited_meanwhile(tree, checkpoint, began) for checkpoint in held):
        (tree / STAMP).unlink(missing_ok=True)
    else:  # a later time in it than now: the clock went back
        store.write_atomic(tree / STAMP, f"{int(time.time())}\n".encode(), ended)


def _watch(tree: Tree, sources: Iterable[str]) -> None:
    """List for changed.sh the sources, their folders, and all links on the way to what is read.

    NUL, which no name has, ends each. `folder/` stands for the files in it, `folder/.` for itself.
    """
    places = []
    for path in sources:
        folder = Path(path).parent
        places += [f"{folder}/", f"{folder}/."] if "*" in path else [path, f"{folder}/."]
        places += _links(tree, folder if "*" in path else Path(path))
    for top in (*WRITTEN, "schemas"):
        places += _links(tree, Path(top))
    places += _links(tree, tree.module("scripts"))
    listed = [place if place.startswith("/") else f"./{place}" for place in dict.fromkeys(places)]
    text = "".join(f"{path}\0" for path in listed)
    store.write_if_changed(tree / WATCHED, os.fsencode(text))


def _links(tree: Tree, path: Path) -> Iterator[str]:
    """Yield every link that is followed on the way to a path."""
    if not (tree / path).exists():  # or it goes round in circles
        return
    for place in (*reversed(path.parents), path):
        link = tree / place
        if link.is_symlink():
            yield f"{place}/." if link.is_dir() else str(place)
            yield from _links(tree, place.parent / link.readlink())


def _sweep(tree: Tree) -> None:
    """Remove the temporary files of processes that were killed on this machine.

    The steps themselves may not run again, if the edit that started them was undone.
    """
    for left in _temporary(tree):
        try:
            os.kill(int(left.name.split(".")[-2].partition("-")[0]), 0)
        except ProcessLookupError:
            left.unlink(missing_ok=True)
        except (ValueError, PermissionError):
            continue


def _temporary(tree: Tree) -> Iterator[Path]:
    """Yield the temporary files of this machine; those of the results store are its own affair."""
    for top in WRITTEN:
        for folder, folders, files in os.walk(tree / top):
            if folder == str(tree / results_store.FOLDER):
                folders.clear()
                continue
            yield from (Path(folder, name) for name in files if name.endswith(f"-{store.HOST}.tmp"))


def _report_upgrades(checkpoints: Iterable[Checkpoint], look: Look) -> None:
    """Tell of upgrades that rerun nothing, so that none passes unnoticed."""
    passed = [u for checkpoint in checkpoints for u in staleness.passed_upgrades(checkpoint, look)]
    for line in staleness.passed_over(passed):
        console.say(line)


class Linked(Protocol):
    """What reads files and writes files, such as a checkpoint."""

    @property
    def inputs(self) -> Iterable[str]:
        """Paths."""

    @property
    def outputs(self) -> Iterable[str]:
        """Paths."""


def upstream_first(linked: Mapping[str, Linked]) -> Iterator[str]:
    """Names, each after those that made its inputs."""
    producer = {path: name for name, links in linked.items() for path in links.outputs}
    seen: set[str] = set()

    def visit(name: str) -> Iterator[str]:
        if name not in seen:
            seen.add(name)
            for path in linked[name].inputs:
                if path in producer:
                    yield from visit(producer[path])
            yield name

    for name in linked:
        yield from visit(name)


def _settled(name: str, pending: set[str], look: Look, looked_ns: int) -> bool:
    """Whether the checkpoint holds, as far as it does not wait for `pending` inputs."""
    tree = look.tree
    path = tree / record.path_of(name)
    checkpoint = look.reload(name)  # another make may have written it before we had the lock
    if checkpoint is None or not staleness.holds(look, name, pending):
        if checkpoint:
            publishing.publish_dependencies(tree, checkpoint)
        os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS))
        return False
    publishing.publish(tree, checkpoint)
    if _edited_meanwhile(tree, checkpoint, looked_ns):
        return True  # as far as was seen; but no time may say so
    stamp = max(path.stat().st_mtime_ns, _newest(checkpoint, look, looked_ns))
    for output in (tree / path for path in checkpoint.outputs):
        if output.stat().st_mtime_ns < stamp:
            os.utime(output, ns=(stamp, stamp))
    os.utime(path, ns=(stamp, stamp))
    return True


def _is_checkpoint(path: str) -> bool:
    return Path(path) == record.path_of(Path(path).stem)


def _needed_by(goals: Collection[str], links: Mapping[str, Linked]) -> set[str]:
    """The checkpoints among these goals or behind them; with outputs, those that wrote them."""
    maker = {path: name for name, linked in links.items() for path in linked.outputs}
    waiting = [maker.get(goal) or Path(goal).stem for goal in goals]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in links and name not in found:
            found.add(name)
            waiting += [maker[path] for path in links[name].inputs if path in maker]
    return found


def _restored(name: str, holding: Collection[str], look: Look, looked_ns: int) -> bool:
    """Whether the checkpoint holds now, because its results were in the store.

    They are looked for if all that it reads is settled: made by no step, or by one that holds.
    """

    def known(path: str) -> bool:
        maker = look.producer(path)
        return maker is None or maker in holding

    why = list(staleness.reasons(look, name))
    if not restoring.restored(look, name, why, looked_ns, known):
        return False
    checkpoint = look.reload(name)
    if checkpoint is None:
        return False
    stamp = max(looked_ns, _newest(checkpoint, look, looked_ns))
    for path in (*checkpoint.outputs, str(record.path_of(name))):
        os.utime(look.tree / path, ns=(stamp, stamp))
    for folder in {(look.tree / path).parent for path in checkpoint.outputs}:
        os.utime(folder, ns=(looked_ns, looked_ns))  # else who lists it would be older, and start
    return True


def _edited_meanwhile(tree: Tree, checkpoint: Checkpoint, looked_ns: int) -> bool:
    """Whether an output may have been changed after it was read.

    Whatever was done to it since the look began shows, except that its time was set here: then it
    has the checkpoint's own.
    """
    try:
        own = (tree / record.path_of(checkpoint.name)).stat()
        for stat in ((tree / output).stat() for output in checkpoint.outputs):
            given = stat.st_mtime_ns == own.st_mtime_ns
            if stat.st_ctime_ns > (own.st_ctime_ns if given else looked_ns):
                return True
    except FileNotFoundError:
        return True
    return False


def _newest(checkpoint: Checkpoint, look: Look, looked_ns: int) -> int:
    """Time of the newest prerequisite; those edited since the pass began do not count."""
    times = [look.mtime_ns(path) or 0 for path in publishing.prerequisites(look.tree, checkpoint)]
    now = store.file_clock_ns(look.tree)
    return max((t for t in times if t <= looked_ns or t > now), default=0)
