"""Bring a snapshot back that data/store lost, from the mirror in PostgreSQL.

make restore FROM=postgres                          the newest one that the mirror has
make restore FROM=postgres SNAPSHOT=7               a number or a time, as make snapshots has them
make restore FROM=postgres SNAPSHOT=7 WITHOUT=fred  the same without a source that no mirror has

Each file that comes back is held against its hash. What is whole in data/store stays as it is.
"""

import argparse
import os
import sys
from datetime import UTC, datetime

from tidemark.errors import InputError
from tidemark.fetching import keys
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.harness.progress import Progress
from tidemark.mirroring import restoring
from tidemark.mirroring import server as servers
from tidemark.mirroring.restoring import Restored
from tidemark.naming import counted, several
from tidemark.project import HERE, ROOT

PLACES = ("postgres",)


def main() -> int:
    """Exit code 1 if something cannot be had, 2 if a variable is wrong or the server refuses."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="config.yaml")
    options = parser.parse_args()
    place, which = os.environ.get("FROM", ""), os.environ.get("SNAPSHOT", "")
    if place not in PLACES:
        problem = f"FROM={place}" if place else "FROM"
        raise InputError(problem, "is no place that keeps snapshots", "FROM=postgres")
    os.chdir(ROOT)
    settings = servers.configured(HERE, options.config)
    progress = Progress(None)
    with (
        servers.opened(settings, keys.environment(HERE)) as server,
        progress.told(lambda words: console.say(f"    restore: {words}")),
    ):
        done = restoring.restore(
            server,
            HERE,
            which,
            datetime.now(UTC),
            without=os.environ.get("WITHOUT", "").replace(",", " ").split(),
            count=progress.count,
        )
    for line in told(done):
        (console.complain if done.missing else console.say)(line)
    return 1 if done.missing else 0


def told(done: Restored) -> list[str]:
    """What came of it, in lines."""
    back = f"{counted(done.objects, 'file')} and {counted(done.records, 'record')} put back"
    if not done.missing:
        return [f"snapshot {done.wanted} is whole, and snapshot {done.newest} has it: {back}"]
    lines = [f"snapshot {done.wanted} is not whole: {back}"]
    for source, names in sorted(done.missing.items()):
        why = " (by its terms no mirror has its rows)" if source in done.unshared else ""
        lines.append(f"{source}{why}: missing {several(names)}")
    sources = ",".join(sorted(done.missing))
    again = f"make restore FROM=postgres SNAPSHOT={done.wanted} WITHOUT={sources}"
    cure = f"restore them from a backup; or go on without: {again}, and fetch again"
    return [*lines, f"Cure: {cure}"]


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
