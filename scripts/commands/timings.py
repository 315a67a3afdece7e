"""Show what each step cost, slowest first: seconds, peak memory, and a hash of its outputs.

MB is peak memory, with that of the processes in which a strategy's code runs. A warm step shares
its libraries with all others, so the figure leaves them out: it is what one more step at the same
time would take. For a plain process (WARM=0, LAUNCH) the figure includes them.

Of a step that was restored from the results store it is what computing it took, there and then.

Steps that the configuration no longer names, of a model that was removed, say, are only counted.
Two machines that list the same hash for a step did the same work.
"""

import os
import sys

from tidemark.config import view
from tidemark.dag import graph
from tidemark.harness import console, record
from tidemark.harness.failures import exit_code_of
from tidemark.naming import counted
from tidemark.project import HERE, ROOT


def main() -> int:
    """Print the table from the checkpoints; nothing is measured anew."""
    os.chdir(ROOT)
    found = record.load_all(HERE)
    wanted = graph.expected(HERE, view.stored(HERE)) if found else {}
    kept = (ran for name, ran in found.items() if name in wanted)
    checkpoints = sorted(kept, key=lambda ran: (-ran.seconds, ran.name))
    console.say(f"{'seconds':>8} {'cpu':>6} {'MB':>6}  {'outputs':<12}  step")
    for ran in checkpoints:
        console.say(
            f"{ran.seconds:>8.2f} {ran.cpu_seconds:>6.2f} {ran.peak_memory_bytes / 1e6:>6.0f}"
            f"  {ran.outputs_sha()[:12]}  {ran.instance.title}{', restored' * bool(ran.restored)}"
        )
    wall, cpu = sum(ran.seconds for ran in checkpoints), sum(ran.cpu_seconds for ran in checkpoints)
    console.say(f"{wall:>8.2f} {cpu:>6.2f} {'':>6}  {'':<12}  all {len(checkpoints)} steps")
    if gone := len(found) - len(checkpoints):
        console.say(f"{counted(gone, 'step')} more, which the configuration no longer names")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
