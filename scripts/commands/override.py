"""Show the gaps in prices that stop the pipeline, or let some pass: who, when and why is kept.

make override                                   list them
make override GAP=1f3a90cc REASON="no trading"  let that one pass; several ids, or all, do as well
make override FORMAT=json

It holds for these bars as they are: when the provider restates one beside the gap, it is asked
again.
"""

import argparse
import json
import os
import sys

from tidemark.errors import InputError
from tidemark.files import decisions
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.naming import counted
from tidemark.project import HERE, ROOT
from tidemark.validation import waiting

FORMATS = ("text", "json")


def main() -> int:
    """List or decide; exit code 2 if a variable is wrong or there is no reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gap", default=os.environ.get("GAP", ""))
    parser.add_argument("--reason", default=os.environ.get("REASON", ""))
    parser.add_argument("--format", default=os.environ.get("FORMAT") or "text")
    options = parser.parse_args()
    if options.format not in FORMATS:
        raise InputError(f"FORMAT={options.format}", "is no format", " or ".join(FORMATS))
    os.chdir(ROOT)
    gaps = waiting.of_kind(HERE, "gap")
    if options.gap.strip():
        decisions.must_have_reason(decisions.GAPS, options.reason)
        chosen = waiting.named(options.gap, gaps, "GAP", "make override")
        for one in chosen:
            details = {"kind": one.kind, "tickers": list(one.tickers), "what": one.words}
            decisions.decide(
                HERE, decisions.GAPS, one.id, one.sha256, options.reason, details=details
            )
            console.say(f"{one.id}  {one.words}: let pass, {options.reason.strip()}")
        console.say(f"{counted(len(chosen), 'gap')} let pass; make all goes on")
    elif options.format == "json":
        console.say(json.dumps([one.as_json() for one in gaps], indent=2, ensure_ascii=False))
    elif gaps:
        console.say("\n".join(f"{one.id}  {one.words}" for one in gaps))
    else:
        console.say("no gap waits for a decision")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
