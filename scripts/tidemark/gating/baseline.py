"""Baselines: results that count as good, kept in git until somebody decides on others.

`data/decisions/baselines/` is a log of decisions: its subject is the name of a baseline, and the
last record on it holds. What was decided on lies beside the records, by the SHA-256 of its bytes:

    results/<sha256>.json      what a decision names, as below; all of them are kept
    evidence/<sha256>.parquet  figures by date, with which other results are paired, named by
                               results; kept of the last record on each baseline alone

The content of a results file, which has a number because it is kept for good:

    format   of all this
    commit   of the project where the results were made; null if it is not in git
    dirty    whether the project's files differed from that commit
    results  as the record of a run has them; `evidence` in it is {path: SHA-256}
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tidemark.comparing.side import Side
from tidemark.errors import InputError
from tidemark.files import decisions, store
from tidemark.files.decisions import BASELINES, Decision
from tidemark.project import VERSION, Tree

FOLDER = decisions.FOLDER / BASELINES
FORMAT = 1


@dataclass(frozen=True)
class Kept:
    """What a decision names: results, and where they were made."""

    results: Mapping[str, Any]
    commit: str | None
    dirty: bool


@dataclass(frozen=True)
class Baseline:
    """Results that count as good, and who decided so."""

    kept: Kept
    decision: Decision


def latest(tree: Tree, name: str) -> Baseline | None:
    """The baseline of that name; None if nobody has decided on one.

    Raises:
        InputError: a record or the results were altered or removed, or a newer Tidemark wrote them.
    """
    decision = decisions.latest(tree, BASELINES).get(name)
    return Baseline(_kept(tree, decision.sha256), decision) if decision else None


def latest_of(tree: Tree, name: str, config_file: str) -> Baseline | None:
    """The same, which must be of this configuration file.

    Raises:
        InputError: it is of another one; or as with `latest`.
    """
    decided = latest(tree, name)
    own = decided.kept.results["config_file"] if decided else config_file
    if own != config_file:
        cure = f"give gate.baseline another name in {config_file}"
        raise InputError(f"baseline {name}", f"is of {own}, not of {config_file}", cure)
    return decided


def as_side(tree: Tree, of: Baseline) -> Side:
    """A baseline as the earlier side of a comparison; all of its figures by date are verified.

    Raises:
        InputError: some of it is gone, or was altered.
    """
    contents = evidence(tree, of.kept)
    tables = {sha256: store.parquet_frame(data) for sha256, data in contents.items()}
    return Side(f"baseline {of.decision.subject}", of.kept.results, tables.get)


def evidence(tree: Tree, kept: Kept) -> dict[str, bytes]:
    """The bytes of each file of figures by date that results name, by SHA-256.

    Raises:
        InputError: one is gone, or was altered.
    """
    named = sorted({*kept.results["evidence"].values()})
    return {sha256: _read(tree, _evidence(sha256), sha256) for sha256 in named}


def decide(
    tree: Tree,
    name: str,
    kept: Kept,
    evidence: Mapping[str, bytes],
    reason: str,
    most_megabytes: float,
) -> None:
    """Make this the baseline of that name, as whoever runs this decides now.

    The record comes last, so a decision that is interrupted changes nothing.

    Args:
        evidence: by SHA-256, the bytes of each file that the results name.
        most_megabytes: how much of these git may be given.

    Raises:
        InputError: there is no reason, the figures by date are too many, or records were altered.
        OSError: it cannot be written.
    """
    decisions.must_have_reason(BASELINES, reason)
    megabytes = sum(map(len, evidence.values())) / 1e6
    if megabytes > most_megabytes:
        raise InputError(
            "gate.evidence_megabytes",
            f"allows {most_megabytes:g} MB of figures by date in git, and these have"
            f" {megabytes:.2g} MB",
            "allow more there, or begin the test set later",
        )
    made = decisions.latest(tree, BASELINES)
    others = [_kept(tree, it.sha256) for subject, it in made.items() if subject != name]
    for sha256, data in evidence.items():
        store.write_if_changed(tree / _evidence(sha256), data)
    content = store.json_bytes({"format": FORMAT, **asdict(kept)})
    store.write_if_changed(tree / _results(store.sha256(content)), content)
    decisions.decide(tree, BASELINES, name, store.sha256(content), reason)
    _forget_all_but(tree, evidence.keys() | _named(others))


def _named(kept: Iterable[Kept]) -> set[str]:
    return {sha256 for one in kept for sha256 in one.results["evidence"].values()}


def _forget_all_but(tree: Tree, named: Collection[str]) -> None:
    """Remove figures by date that no last record names; whoever wants them finds them in git."""
    for path in (tree / FOLDER / "evidence").glob("*.parquet"):
        if path.stem not in named:
            path.unlink()


def _kept(tree: Tree, sha256: str) -> Kept:
    path = _results(sha256)
    content = json.loads(_read(tree, path, sha256))
    form = content.pop("format")
    if form > FORMAT:
        told = f"this is Tidemark {VERSION}, which reads formats up to {FORMAT}"
        raise InputError(str(path), f"is of format {form}; {told}", "go on with a newer Tidemark")
    return Kept(**content)


def _read(tree: Tree, path: Path, sha256: str) -> bytes:
    """The bytes of a file that has this hash."""
    cure = f"git checkout {path}; or decide anew: make gate-update REASON=..."
    try:
        data = store.read_file(tree / path)
    except FileNotFoundError as error:
        raise InputError(str(path), "is gone, and a baseline needs it", cure) from error
    if store.sha256(data) != sha256:
        raise InputError(str(path), "is not as it was written: it was altered or damaged", cure)
    return data


def _results(sha256: str) -> Path:
    return FOLDER / f"results/{sha256}.json"


def _evidence(sha256: str) -> Path:
    return FOLDER / f"evidence/{sha256}.parquet"
