"""Show moves of prices that nobody reviewed, with what is around them; decide on some.

make review                                             list them
make review ACCEPT=1f3a90cc REASON="profit warning"     it is real; several ids, or all, do as well
make review REJECT=1f3a90cc REASON="no such trade"      it is wrong: the bar has no prices
make review CORRECT=1f3a90cc VALUE=25.75 REASON="typo"  the bar's close is this
make review FORMAT=json

The data stay as they were sent; what is decided is kept with who, when and why, and holds for the
value as it was sent. When the provider restates that, it is asked again.
"""

import argparse
import json
import math
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tidemark.config.beside import ACCEPTED, CORRECTED, REJECTED
from tidemark.errors import InputError
from tidemark.files import decisions
from tidemark.files.decisions import Decision
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.naming import counted
from tidemark.project import HERE, ROOT
from tidemark.validation import waiting
from tidemark.validation.questions import Question

FORMATS = ("text", "json")
VERDICTS = {"ACCEPT": ACCEPTED, "REJECT": REJECTED, "CORRECT": CORRECTED}
BARS = "▁▂▃▄▅▆▇█"
NONE = "·"


def main() -> int:
    """List or decide; exit code 2 if a variable is wrong or there is no reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", default=os.environ.get("FORMAT") or "text")
    options = parser.parse_args()
    if options.format not in FORMATS:
        raise InputError(f"FORMAT={options.format}", "is no format", " or ".join(FORMATS))
    os.chdir(ROOT)
    asked = {name: os.environ[name] for name in VERDICTS if os.environ.get(name, "").strip()}
    if asked:
        return _decide(asked)
    moves, made = waiting.of_kind(HERE, "anomaly"), waiting.made(HERE, "anomaly")
    if options.format == "json":
        rows = [one.as_json() for one in moves]
        told = {"open": rows, "decided": {id_: vars(one) for id_, one in made.items()}}
        console.say(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        console.say("\n".join(listed(moves, made)))
    return 0


def _decide(asked: Mapping[str, str]) -> int:
    if len(asked) > 1:
        raise InputError(" ".join(asked), "are several decisions", "decide one at a time")
    ((variable, ids),) = asked.items()
    reason, value = os.environ.get("REASON", ""), _value(variable)
    decisions.must_have_reason(decisions.REVIEWS, reason)
    made = waiting.made(HERE, "anomaly")
    again = [id_ for id_ in ids.split() if id_ in made]
    fresh = " ".join(id_ for id_ in ids.split() if id_ not in made)
    waits = waiting.of_kind(HERE, "anomaly")
    chosen = waiting.named(fresh, waits, variable, "make review") if fresh else []
    if variable == "CORRECT" and len(chosen) + len(again) > 1:
        raise InputError("CORRECT", "names several moves", "VALUE= is of one bar")
    closes = [one.close for one in chosen] + [made[id_].details["close"] for id_ in again]
    if variable == "CORRECT" and not all(closes):
        problem = "names a bar without a close, of which no other price can follow"
        raise InputError(f"CORRECT={ids}", problem, "take it out: REJECT=, or mend the source")
    verdict = VERDICTS[variable]
    about = {one.id: (one.sha256, _details(one)) for one in chosen}
    about |= {id_: (made[id_].sha256, made[id_].details) for id_ in again}
    for id_, (sha256, details) in about.items():
        own = {**details, "verdict": verdict, "value": value}
        decisions.decide(HERE, decisions.REVIEWS, id_, sha256, reason, details=own)
        console.say(f"{id_}  {details['what']}: {verdict}, {reason.strip()}")
    console.say(f"{counted(len(about), 'move')} {verdict}; make all goes on")
    return 0


def _value(variable: str) -> float | None:
    """What VALUE= says, which CORRECT= needs and the others must not have."""
    text = os.environ.get("VALUE", "").strip()
    if variable != "CORRECT":
        if text:
            raise InputError(
                f"VALUE={text}", f"goes with CORRECT=, not with {variable}=", "drop it"
            )
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise InputError(f"VALUE={text}", "is no price", "the bar's close, such as VALUE=25.75")
    return value


def _details(one: Question) -> dict[str, Any]:
    return {
        "ticker": one.tickers[0],
        "timestamp": one.first,
        "close": one.close,
        "what": one.words,
    }


def listed(moves: Sequence[Question], made: Mapping[str, Decision]) -> list[str]:
    """What waits, each with a picture; then what was decided."""
    lines = []
    for one in moves:
        lines += [f"{one.id}  {one.words}", f"          {picture(one.before, one.after)}"]
    if not moves:
        lines.append("no move waits for a review")
    if made:
        lines += ["", "Decided:"]
        for id_, decision in made.items():
            verdict, value = decision.details["verdict"], decision.details["value"]
            to = "" if value is None else f" to {value:g}"
            lines.append(f"{id_}  {decision.details['what']}: {verdict}{to} by {decision.told}")
    return lines


def picture(before: Sequence[float | None], after: Sequence[float | None]) -> str:
    """Closes as columns, a line where the move is, and the closes beside it in figures."""
    known = [value for value in (*before, *after) if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    width = (high - low) or 1.0

    def column(value: float | None) -> str:
        return NONE if value is None else BARS[round((value - low) / width * (len(BARS) - 1))]

    drawn = "".join(map(column, before)) + "|" + "".join(map(column, after))
    figures = " -> ".join(f"{value:g}" for value in (*before[-1:], *after[:2]) if value is not None)
    return f"{drawn}  {figures}"


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
