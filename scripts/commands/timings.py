"""Show what each step cost, slowest first: seconds, peak memory, and a hash of its outputs.

MB is peak memory, with that of the processes in which a strategy's code runs. A warm step shares
its libraries with all others, so the figure leaves them out: it is what one more step at the same
time would take. For a plain process (WARM=0, LAUNCH) the figure includes them.

Two machines that list the same hash for a step did the same work.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # because `python -S` does not read the venv

from tidemark.harness import console, record
from tidemark.harness.failures import exit_code_of
from tidemark.project import HERE, ROOT


def main() -> int:
    """Print the table from the checkpoints; nothing is measured anew."""
    os.chdir(ROOT)
    checkpoints = sorted(record.load_all(HERE).values(), key=lambda ran: (-ran.seconds, ran.name))
    console.say(f"{'seconds':>8} {'cpu':>6} {'MB':>6}  {'outputs':<12}  step")
    for ran in checkpoints:
        console.say(
            f"{ran.seconds:>8.2f} {ran.cpu_seconds:>6.2f} {ran.peak_memory_bytes / 1e6:>6.0f}"
            f"  {ran.outputs_sha()[:12]}  {ran.instance.title}"
        )
    wall, cpu = sum(ran.seconds for ran in checkpoints), sum(ran.cpu_seconds for ran in checkpoints)
    console.say(f"{wall:>8.2f} {cpu:>6.2f} {'':>6}  {'':<12}  all {len(checkpoints)} steps")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
