"""Show the last runs that changed something, newest first: when, how they ended, what ran and why.

    make history                     the last 20
    make history N=100 FORMAT=json   for machines

A + behind a commit says that files differed from it; `data` is the snapshot of data/store/ that
results were made of. Nothing is changed but that the run of a make
that was killed is put into the history.
"""

import argparse
import json
import os
import shutil
import sys

from tidemark.errors import InputError
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.project import HERE, ROOT
from tidemark.runs import listing, settling
from tidemark.tables import history

FORMATS = ("text", "json")
WIDE = 10**6  # letters, where no terminal shows them


def main() -> int:
    """Print the table; exit code 2 if the history is not whole, or what is asked for is unclear."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", default=os.environ.get("N") or "20")
    parser.add_argument("--format", default=os.environ.get("FORMAT") or "text")
    options = parser.parse_args()
    if not options.count.isdecimal() or int(options.count) < 1:
        raise InputError(f"N={options.count}", "is no number of runs", "a whole number above 0")
    if options.format not in FORMATS:
        raise InputError(f"FORMAT={options.format}", "is no format", " or ".join(FORMATS))
    os.chdir(ROOT)
    settling.settle(HERE)
    records = history.log(HERE).last(int(options.count))[::-1]
    if options.format == "json":
        rows = list(map(listing.row, records))
        console.say(json.dumps(rows, indent=2, ensure_ascii=False))
    elif records:
        wide = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE
        console.say(listing.table(records, wide))
    else:
        console.say("no run has changed anything yet: make all")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
