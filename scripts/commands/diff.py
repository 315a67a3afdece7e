"""Show what differs between two runs: values, metrics with what chance could do, and rankings.

make diff                    the last run and the one before it
make diff A=20261130T1557    that run and the last one; `last` is the last one, too
make diff A=main B=HEAD      two commits; one that was never run here is run in a tree of its own
make diff FORMAT=markdown    for a pull request; FORMAT=json for machines
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tidemark.comparing.as_json import as_json
from tidemark.comparing.as_markdown import as_markdown
from tidemark.comparing.as_text import as_text
from tidemark.comparing.compare import compare
from tidemark.comparing.side import Side
from tidemark.config import view
from tidemark.errors import InputError
from tidemark.files import locks
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.harness.results_store import Store
from tidemark.naming import several
from tidemark.project import HERE, ROOT, Tree
from tidemark.runs import naming, settling
from tidemark.runs.evidence import FiguresByDate
from tidemark.tables import history
from tidemark.trees import checkout, environments, git, running

FORMATS: Mapping[str, Callable[..., str]] = {
    "text": as_text,
    "markdown": as_markdown,
    "json": as_json,
}
LAST = "last"
LOCK = "diff"  # one at a time makes trees
PROGRAM = ("Makefile", "make", "scripts", "requirements.lock")  # what results are computed by
Record = Mapping[str, Any]  # of a run


@dataclass(frozen=True)
class Found:
    """One of the two: what its record says, and what else to say of it."""

    side: Side
    record: Record
    notes: Sequence[str] = ()


def main() -> int:
    """Print the comparison; exit code 2 if there is no such run, or a commit cannot be run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="config.yaml", help="of commits that are run")
    parser.add_argument("--before", default=os.environ.get("A", ""), help="a run or commit")
    parser.add_argument("--after", default=os.environ.get("B", ""), help="a run or commit")
    parser.add_argument("--format", default=os.environ.get("FORMAT") or "text")
    parser.add_argument("--make", default=os.environ.get("MAKE_COMMAND", "make"), help="GNU Make")
    options = parser.parse_args()
    if options.format not in FORMATS:
        raise InputError(f"FORMAT={options.format}", "is no format", f"one of {', '.join(FORMATS)}")
    os.chdir(ROOT)
    settling.settle(HERE)
    asked = _Asked(options.make, options.config, [it.content for it in history.log(HERE).records()])
    after = asked.found("B", options.after or LAST)
    before = asked.found("A", options.before) if options.before else asked.before(after)
    notes = [*before.notes, *after.notes, *_unlike(before.record, after.record)]
    console.say(FORMATS[options.format](compare(before.side, after.side), notes).rstrip("\n"))
    return 0


@dataclass(frozen=True)
class _Asked:
    """What names are looked up in.

    Attributes:
        make: the command that GNU Make has here.
        config: the configuration of commits.
        records: of the runs here, the oldest first.
    """

    make: str
    config: str
    records: Sequence[Record]

    def found(self, letter: str, name: str) -> Found:
        """The run or commit of that name.

        Raises:
            InputError: there is none, or several.
        """
        if name == LAST:
            return self._run(self._at(len(self.records) - 1))
        run = naming.begins(self.records, letter, name)
        if run is not None:
            return self._run(run)
        commit = git.commit_of(HERE, name)
        if commit is None:
            raise InputError(
                f"{letter}={name}", "is no run and no commit", "make history lists the runs"
            )
        return self._commit(name, commit)

    def before(self, after: Found) -> Found:
        """The run before that one; before a commit that was run elsewhere, the last one."""
        places = [place for place, own in enumerate(self.records) if own is after.record]
        return self._run(self._at(places[0] - 1 if places else len(self.records) - 1))

    def _at(self, place: int) -> Record:
        if place < 0:
            told = "only one run has left a record" if self.records else "no run has left a record"
            raise InputError("make diff", f"{told} yet", "make all, edit, and make all again")
        return self.records[place]

    def _run(self, record: Record) -> Found:
        run, outcome = record["run"] or "an older run", record["outcome"]
        made = _made_of(record)
        name = f"run {run}{f' of {made}' if made else ''}"
        ended = outcome in ("", "success")
        notes = [] if ended else [f"{name} did not end well ({outcome}): its results are mixed"]
        if record.get("reconfigured"):
            notes.append(f"the configuration changed while {name} ran: its results may be of both")
        return Found(_side(name, record, HERE), record, notes)

    def _commit(self, name: str, commit: str) -> Found:
        """The newest whole run of a commit here; else it is run in a tree of its own."""
        for record in reversed(self.records):
            if record["commit"] == commit and _is_whole(record, self.config):
                return self._run(record)
        console.complain(f"{name} was not run here yet: running it in {checkout.FOLDER}/")
        with locks.held(HERE, LOCK, console.complain):
            tree = checkout.made(HERE, commit)
            lent = checkout.equipped(HERE, tree, self.config)
            environments.give(HERE, tree)
            try:
                running.make_all(self.make, tree, self.config, _sharing(_store()))
            finally:
                environments.keep(HERE, tree)
        settling.settle(tree)
        records = history.log(tree).records()
        if not records:
            told = "left no record of its run: its version of Tidemark keeps none"
            raise InputError(f"commit {commit[:12]}", told, "compare with a later commit")
        record = records[-1].content
        known = name if commit.startswith(name) else f"{name}, commit {commit[:12]}"
        return Found(_side(known, record, tree), record, list(_otherwise(name, tree, lent)))


def _is_whole(record: Record, config: str) -> bool:
    """Whether a run was of a commit as it is, and of all that this configuration asks for."""
    return (
        record["dirty"] is False
        and not record.get("reconfigured")
        and record["outcome"] == "success"
        and "all" in record["goals"]
        and record["results"]["config_file"] == config
    )


def _made_of(record: Record) -> str:
    """The commit of a run, and whether that is all; empty if it is not known."""
    commit = record["commit"]
    if not commit:
        return ""
    return f"commit {commit[:12]}{' with edits' if record['dirty'] else ''}"


def _side(name: str, record: Record, tree: Tree) -> Side:
    trees = dict.fromkeys((tree, HERE))
    kept = FiguresByDate(list(trees), _store(), record["results"]["evidence"])
    return Side(name, record["results"], kept.table)


def _store() -> Store | None:
    return Store.of(HERE, view.stored(HERE))


def _sharing(kept: Store | None) -> dict[str, str]:
    """Variables of a make elsewhere that shares the results store."""
    return {"STORE": str(kept.folder.resolve()) if kept else "off"}


def _otherwise(name: str, tree: Tree, lent: Sequence[str]) -> list[str]:
    """What in that tree is not of its commit."""
    notes = [f"{name} was run in {tree.root}"]
    environment = environments.own(HERE, tree)
    if environment:
        notes.append(f"{name} names other libraries, so it was run with those, in {environment}")
    if lent:
        notes.append(f"{name} was given data that are not in git: {several(lent)}")
    return notes


def _unlike(before: Record, after: Record) -> list[str]:
    """What makes the runs different beside values of the configuration and data."""
    notes = []
    files = [record["results"]["config_file"] for record in (before, after)]
    if all(files) and files[0] != files[1]:
        notes.append(f"the runs are of different configurations: {files[0]} and {files[1]}")
    commits = [record["commit"] for record in (before, after)]
    if all(commits) and commits[0] != commits[1]:
        notes += _code(*commits)
    return notes


def _code(before: str, after: str) -> list[str]:
    """Whether the code of two commits differs, as far as git knows."""
    try:
        files = git.changed(HERE, before, after, PROGRAM)
    except InputError as error:
        return [f"whether code differs is not known: {error.problem}"]
    return [f"code differs: {several(files)}"] if files else []


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
