"""Close a `make` that did something: what ran, how long it took, where the report is."""

import os
import time
from collections import Counter

from tidemark import ROOT, progress, restamp


def main() -> None:
    """Print the closing lines, and forget the run's count."""
    os.chdir(ROOT)
    path = progress.FOLDER / f"{os.environ['TIDEMARK_RUN']}.jsonl"
    plan, *steps = progress.read(path)
    counts = Counter(line["state"] for line in steps)
    spared = max(plan["planned"] - len(steps), 0)
    parts = [f"{counts['ran']} ran"]
    parts += [f"{counts['fresh']} found fresh"] if counts["fresh"] else []
    parts += [f"{spared} spared (their inputs came out the same)"] if spared else []
    progress.say(f"Done in {time.time() - plan['began']:.1f} s: {', '.join(parts)}.")
    progress.say("Report: reports/model_communication_report.md   Log: logs/pipeline.log")
    path.unlink()
    restamp.restamp()


if __name__ == "__main__":
    main()
