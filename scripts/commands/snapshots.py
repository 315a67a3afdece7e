"""Show the snapshots of live data, newest first: what each fetch brought, and what it restated.

make snapshots                     the last 20
make snapshots N=100 FORMAT=json   for machines
make snapshots VERIFY=yes          look at every file, and say which snapshots are not whole
make snapshots RESTORE=7           make that one the newest once more, or the last one at a time

`data` identifies what the source has then, as reports, make history and the table sources show it.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tidemark.errors import InputError
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.naming import counted, several
from tidemark.project import HERE, ROOT
from tidemark.stored import snapshots
from tidemark.stored.snapshot_log import Snapshot

FORMATS = ("text", "json")
SWITCHES = {"": False, "no": False, "yes": True}
LOST = (
    "restore data/store/ from a backup; or make snapshots RESTORE=<one that is whole>; or begin"
    " anew: move data/store/ away"
)


def main() -> int:
    """Print them; exit code 1 if VERIFY=yes found something damaged, 2 if a variable is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", default=os.environ.get("N") or "20")
    parser.add_argument("--format", default=os.environ.get("FORMAT") or "text")
    options = parser.parse_args()
    verify, restore = os.environ.get("VERIFY", ""), os.environ.get("RESTORE", "")
    if not options.count.isdecimal() or int(options.count) < 1:
        raise InputError(
            f"N={options.count}", "is no number of snapshots", "a whole number above 0"
        )
    if options.format not in FORMATS:
        raise InputError(f"FORMAT={options.format}", "is no format", " or ".join(FORMATS))
    if verify not in SWITCHES:
        raise InputError(f"VERIFY={verify}", "is no choice of make snapshots", "yes or no")
    os.chdir(ROOT)
    if restore:
        made = snapshots.restore(HERE, restore, datetime.now(UTC))
        console.say(f"snapshot {made.number} is the newest: {_restored(made, restore)}")
        return 0
    found = snapshots.list(HERE)
    lost = snapshots.lost(HERE, found) if SWITCHES[verify] else {}
    rows = [row(one) for one in found[-int(options.count) :][::-1]]
    if options.format == "json":
        rows = [one | ({"lost": lost[one["number"]]} if lost else {}) for one in rows]
        console.say(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        console.say(as_table(rows) if rows else "nothing was fetched yet")
        for line in verified(lost):
            console.say(line)
    return 1 if any(lost.values()) else 0


def row(snapshot: Snapshot) -> dict[str, Any]:
    """All that is shown of a snapshot, by its name in JSON."""
    told = {"added": 0, "restated": 0, "unchanged": 0, "quotes": 0, "older": 0}
    for counts in snapshot.came.values():
        told = {name: number + counts.get(name, 0) for name, number in told.items()}
    return {
        "number": snapshot.number,
        "at": snapshot.at,
        "source": snapshot.source,
        "restored": snapshot.restored,
        "kinds": sorted(snapshot.came),
        **told,
        "asked": dict(snapshot.asked),
        "sources": sorted(snapshot.sources),
        "data": {name: Path(held.manifest).stem for name, held in snapshot.sources.items()},
    }


def as_table(rows: Sequence[dict[str, Any]]) -> str:
    """The same for people."""
    wide = max(len(_what(one)) for one in rows)
    head = f"{'added':>9} {'restated':>9}  {'data':<{snapshots.SHOWN}}  asked"
    lines = [f"{'no.':>5}  {'fetched, UTC':<16}  {'':<{wide}}  {head}"]
    for one in rows:
        when = one["at"][:16].replace("T", " ")
        numbers = f"{one['added']:>9,} {one['restated']:>9,}" if one["source"] else f"{'':>19}"
        asked = " to ".join(str(edge)[:16] for edge in one["asked"].values() if edge)
        data = one["data"].get(one["source"], "")[: snapshots.SHOWN]
        line = f"{one['number']:>5}  {when:<16}  {_what(one):<{wide}}  {numbers}"
        line += f"  {data:<{snapshots.SHOWN}}  {asked}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def _what(one: dict[str, Any]) -> str:
    if one["restored"]:
        return f"snapshot {one['restored']} restored"
    return f"{one['source']}: {', '.join(one['kinds'])}"


def verified(lost: dict[int, list[str]]) -> list[str]:
    """What became of looking at every file, in lines; nothing if nobody looked."""
    if not lost:
        return []
    damaged = [number for number, names in lost.items() if names]
    if not damaged:
        return [f"verified  all files of {counted(len(lost), 'snapshot')} are as they were kept"]
    lines = [f"damaged   data/store/objects/{name}" for name in sorted(set().union(*lost.values()))]
    whole = [str(number) for number, names in lost.items() if not names]
    lines.append(f"whole     {several(whole[::-1], 10) or 'none'}")
    return [*lines, f"Cure: {LOST}"]


def _restored(made: Snapshot, asked: str) -> str:
    if made.restored is None:
        return f"it is as {asked} was, so nothing changed"
    return f"all is as snapshot {made.restored} had it; fetches go on from there"


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
