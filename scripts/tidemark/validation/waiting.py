"""The questions that the last look at the data left, as commands and pages list them."""

import json
from collections.abc import Sequence

from tidemark.errors import InputError, hint
from tidemark.files import decisions, store
from tidemark.files.decisions import Decision
from tidemark.layout.data_gate import VALIDATION_REPORT
from tidemark.project import Tree
from tidemark.validation import questions
from tidemark.validation.questions import Question

ALL = "all"


def of_kind(tree: Tree, kind: questions.Kind) -> list[Question]:
    """Those of a kind that nobody answered, as of the last `make data_gate`.

    Raises:
        InputError: no data were validated yet, or decisions were altered.
    """
    try:
        content = json.loads(store.read_file(tree / VALIDATION_REPORT))
    except FileNotFoundError as error:
        raise InputError(
            VALIDATION_REPORT, "does not exist: no data were looked at yet", "make data_gate"
        ) from error
    answered = decisions.latest(tree, _log_of(kind))
    asked = questions.of_json(content.get("open", ()))
    return [one for one in asked if one.kind == kind and one.id not in answered]


def made(tree: Tree, kind: questions.Kind) -> dict[str, Decision]:
    """What was answered to questions of a kind, by id."""
    return dict(decisions.latest(tree, _log_of(kind)))


def named(ids: str, asked: Sequence[Question], variable: str, command: str) -> list[Question]:
    """The questions of these ids, separated by blanks; of `all`, all of them.

    Raises:
        InputError: one of the ids is none of theirs.
    """
    if ids.strip() == ALL:
        return list(asked)
    known = {one.id: one for one in asked}
    for id_ in ids.split():
        if id_ not in known:
            problem = f"is no question that waits{hint(id_, known)}"
            raise InputError(f"{variable}={id_}", problem, f"{command} lists them")
    return [known[id_] for id_ in dict.fromkeys(ids.split())]


def _log_of(kind: questions.Kind) -> str:
    return decisions.GAPS if kind == "gap" else decisions.REVIEWS
