"""Changes that a person accepted: results stand unrun, and the checkpoint says who said so."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tidemark.errors import InputError
from tidemark.files import store
from tidemark.harness import code, environment, publishing, staleness
from tidemark.harness.reason import Cause, Reason
from tidemark.harness.record import Acceptance, Checkpoint, Module
from tidemark.harness.staleness import Look
from tidemark.project import Tree


def accept(tree: Tree, name: str, who: str, reason: str, when: str) -> list[str]:
    """Let the results stand as if made from what is there now; the changes that this passes over.

    The caller holds the step's lock. The checkpoint keeps who accepted what, when and why, until
    the step runs again.

    Raises:
        InputError: results or inputs are not what their steps wrote, or an input is gone.
    """
    look = Look(tree)
    checkpoint = look.checkpoint(name)
    if checkpoint is None:
        raise InputError(name, "has no checkpoint", "run the step")
    for damage in beyond_acceptance(checkpoint, look):
        raise InputError(name, str(damage), "run the step")
    reasons = [*staleness.reasons(look, name), *staleness.passed_upgrades(checkpoint, look)]
    changes = list(map(str, reasons))
    keys = {key: look.stored(key) for key in checkpoint.config}
    inputs = checkpoint.inputs.items()
    accepted = replace(
        checkpoint,
        config={key: json.loads(text) for key, text in keys.items() if text is not None},
        inputs={path: then._replace(sha256=look.sha(path)) for path, then in inputs},
        code={
            path: _fingerprint(tree.module(path))
            for path in checkpoint.code
            if tree.module(path).exists()
        },
        libraries=environment.now(tree, checkpoint.libraries),
        accepted=[*checkpoint.accepted, Acceptance(who, when, reason, changes)],
    )
    publishing.save(tree, accepted, store.now_ns(tree))
    return changes


def beyond_acceptance(checkpoint: Checkpoint, look: Look) -> Iterator[Reason]:
    """What nobody can accept: files that are not what their steps wrote, or not there."""
    if checkpoint.provisional:
        yield Reason(Cause.PROVISIONAL, checkpoint.provisional)
    yield from staleness.changed_outputs(checkpoint, look)
    for path in checkpoint.inputs:
        sha = look.sha(path)
        if sha == staleness.REPLACED:
            yield Reason(Cause.INPUT_REPLACED, path)
        elif sha in (None, staleness.UNREADABLE):
            gone = not (look.tree / path).exists()
            yield Reason(Cause.INPUT_GONE if gone else Cause.INPUT_UNREADABLE, path)


def _fingerprint(module: Path) -> Module:
    source = module.read_bytes()
    return Module(store.sha256(source), code.meaning_of(str(module), source))
