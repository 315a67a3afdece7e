"""Run a step only if its checkpoint does not hold any more.

    python -S scripts/launch.py scripts/evaluate.py --scenario mean_impute --model ridge

Make starts a step when a time is newer; here contents decide. A step whose inputs, configuration,
code and outputs are what its checkpoint says is marked fresh. This costs some 30 ms, because
nothing but the standard library is imported before it is known that the step must run.
"""

import os
import sys
from pathlib import Path

from tidemark import ROOT, checkpoint, progress


def main(command: list[str]) -> None:
    """Mark the step fresh, or become the step."""
    os.chdir(ROOT)
    progress.begin()
    script, *options = command
    step, instance = Path(script).stem, dict(zip(options[::2], options[1::2], strict=True))
    name = checkpoint.name_of(step, instance)
    now = checkpoint.now_ns()
    if next(checkpoint.reasons(name), None) is None:
        checkpoint.mark_fresh(name, now)
        progress.finished(step, instance, "fresh", 0.0, "")
        return
    os.execv(sys.executable, [sys.executable, *command])


if __name__ == "__main__":
    main(sys.argv[1:])
