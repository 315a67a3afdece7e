"""What people answered to questions about data, as reports tell it; and what still waits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tidemark.errors import UndecidedError
from tidemark.naming import counted, several
from tidemark.validation.questions import Asked, Question

import pandas as pd

SHOWN = 5
OVERRIDE = 'make override GAP={ids} REASON="..."'
REVIEW = 'make review, which shows them; then ACCEPT=, REJECT= or CORRECT=, and REASON="..."'


def by_kind(questions: Sequence[Question]) -> tuple[list[Question], list[Question]]:
    """Gaps, and anomalies."""
    gaps = [one for one in questions if one.kind == "gap"]
    return gaps, [one for one in questions if one.kind != "gap"]


def without_splits(questions: Sequence[Question], actions: pd.DataFrame | None) -> list[Question]:
    """The questions but those on moves at a split that is listed: these explain themselves.

    Args:
        questions: of prices.
        actions: corporate actions as in data/raw/; None if there are none.
    """
    if actions is None:
        return list(questions)
    splits = actions[actions["kind"] == "split"]
    days = splits["timestamp"].dt.strftime("%Y-%m-%d")
    known = set(zip(splits["ticker"], days, strict=True))
    return [
        one
        for one in questions
        if one.kind == "gap" or (one.tickers[0], one.first[:10]) not in known
    ]


def stopping(asked: Asked, where: str, *, anomalies_block: bool) -> UndecidedError | None:
    """What stops the pipeline until somebody decides; None if nothing does.

    Args:
        asked: questions, and what was answered.
        where: the source, for messages.
        anomalies_block: whether anomalies that nobody reviewed stop it.
    """
    gaps, odd = by_kind(asked.open)
    if gaps:
        told = [f"{one.id} {one.words}" for one in gaps]
        cure = "complete the source; or let them pass, if that is how it was: "
        cure += OVERRIDE.format(ids=f'"{" ".join(one.id for one in gaps[:SHOWN])}"')
        if len(gaps) > SHOWN:
            cure += f" (make override lists all {len(gaps):,})"
        return UndecidedError(where, f"blocked by {_gaps(gaps)}: {several(told, SHOWN)}", cure)
    if odd and anomalies_block:
        told = [f"{one.id} {one.words}" for one in odd]
        problem = f"blocked by {counted(len(odd), 'move')} that nobody reviewed"
        return UndecidedError(where, f"{problem}: {several(told, SHOWN)}", REVIEW)
    return None


def alert(asked: Asked) -> str:
    """What the owner is told of gaps; empty if none is open."""
    gaps, _ = by_kind(asked.open)
    shown = several([one.words for one in gaps], SHOWN)
    return f"data-gap: {_gaps(gaps)}: {shown}" if gaps else ""


def notes(asked: Asked, sigma: float | None, *, anomalies_block: bool) -> Iterator[str]:
    """What people are told beside: what waits, and by whom gaps were let pass."""
    _, odd = by_kind(asked.open)
    if odd and not anomalies_block:
        shown = several([one.words for one in odd], 3)
        wait = "waits" if len(odd) == 1 else "wait"
        yield (
            f"{counted(len(odd), 'move')} beyond {sigma:g} sigma {wait} for a review: {shown};"
            " make review shows them"
        )
    if asked.answered:
        told = sorted(set(asked.answered.values()))
        yield f"{counted(len(asked.answered), 'question')} answered: {several(told, 3)}"


def decisions(
    questions: Sequence[Question],
    asked: Asked,
    reviewed: Sequence[Mapping[str, Any]],
    prices: pd.DataFrame,
    called: Callable[[Mapping[str, Any]], str],
) -> list[dict[str, Any]]:
    """What was decided and holds, a row each, as the report keeps it.

    Args:
        questions: all of them.
        asked: what was answered to them.
        reviewed: of `sources.settings.Correction`.
        prices: as in data/raw/, corrected.
        called: the value that a correction is about, in words.
    """
    rows = [
        {
            "id": one.id,
            "kind": one.kind,
            "tickers": several(one.tickers, SHOWN),
            "what": one.words,
            "decision": "let pass" if one.kind == "gap" else "accepted",
            "told": asked.answered[one.id],
        }
        for one in questions
        if one.id in asked.answered
    ]
    for one in reviewed:
        here = (prices["ticker"] == one["ticker"]) & (
            prices["timestamp"] == pd.Timestamp(one["timestamp"])
        )
        now = prices.loc[here, "close"]
        value = one["value"]
        holds = len(now) and (now.isna().all() if value is None else (now == value).all())
        if holds:
            rows.append(
                {
                    "id": "",
                    "kind": "anomaly",
                    "tickers": one["ticker"],
                    "what": f"{one['ticker']} {one['timestamp']}: {called(one)}",
                    "decision": "taken out" if value is None else f"corrected to {value:g}",
                    "told": one["told"],
                }
            )
    return rows


def _gaps(gaps: Sequence[Question]) -> str:
    return counted(len(gaps), "gap")
