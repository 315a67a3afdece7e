"""Hold the results of the tree against a baseline, and show what got worse than is tolerated.

make gate
make gate FORMAT=markdown    for a pull request; FORMAT=json for machines

Runs nothing: results that are not fresh are refused.
"""

import argparse
import os
import sys

from tidemark.comparing.compare import compare
from tidemark.comparing.side import Side
from tidemark.config import load
from tidemark.dag.fresh import must_be_fresh
from tidemark.errors import InputError
from tidemark.gating import baseline, told
from tidemark.gating.judging import judge
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.project import HERE, ROOT
from tidemark.runs import results
from tidemark.runs.evidence import FiguresByDate

FORMATS = {"text": told.text, "markdown": told.markdown, "json": told.machine}


def main() -> int:
    """Exit code 0 if nothing fails, 1 if something does, 2 if nothing can be judged."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="config.yaml")
    parser.add_argument("--make", default=os.environ.get("MAKE_COMMAND", "make"), help="GNU Make")
    parser.add_argument("--format", default=os.environ.get("FORMAT") or "text")
    options = parser.parse_args()
    if options.format not in FORMATS:
        raise InputError(f"FORMAT={options.format}", "is no format", f"one of {', '.join(FORMATS)}")
    os.chdir(ROOT)
    gate = load.load(HERE, options.config).gate
    decided = baseline.latest_of(HERE, gate.baseline, options.config)
    if decided is None:
        cure = 'make gate-update REASON="first baseline"'
        raise InputError(f"baseline {gate.baseline}", "is not there yet", cure)
    must_be_fresh(HERE, options.make, options.config)
    now = results.of(HERE)
    files = FiguresByDate([HERE], None, now["evidence"])
    after = Side("the results", now, files.table)
    compared = compare(baseline.as_side(HERE, decided), after)
    judgement = judge(compared.rows, gate.tolerances)
    console.say(FORMATS[options.format](judgement, decided, compared))
    return 0 if judgement.passed else 1


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
