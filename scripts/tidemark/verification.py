"""One pass over all checkpoints that brings file times in line with contents.

Make compares times. After a checkout, a restored cache, a `touch`, a copied tree or a failed run
times say little, and a file moved into place may be older than what it replaced. Here contents
decide, and Make is told through times: a checkpoint that holds becomes newer than what it depends
on, and its outputs as new as itself; one that does not hold becomes older than anything. Then what
Make runs, or lists with -n, is exact.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tidemark import checkpoint, locks, progress

STAMP = checkpoint.FOLDER / ".verified"
LONG_AGO_NS = 946_684_800 * 10**9


def verify() -> None:
    """Settle every checkpoint that no process is at, upstream first, and note that it was done."""
    began = checkpoint.now_ns()
    records = checkpoint.load_all()
    unreadable = [name for name in checkpoint.names() if name not in records]
    pending: set[str] = set()
    for name in [*upstream_first(records), *unreadable]:
        with locks.held_if_free(name) as free:
            if free and not _settled(name, pending, began):
                pending.update(records.get(name, {}).get("outputs", ()))
    _report_upgrades(checkpoint.load_all())
    STAMP.write_text(f"{int(time.time())}\n", "utf-8")  # a later time than now: the clock went back


def _report_upgrades(records: Mapping[str, Mapping[str, Any]]) -> None:
    """An upgrade that reruns nothing must not pass unnoticed."""
    passed = [u for record in records.values() for u in checkpoint.passed_upgrades(record)]
    for upgrade, count in Counter(passed).items():
        progress.say(f"{upgrade}: built before, {count} checkpoints stand ({checkpoint.POLICY})")


def upstream_first(records: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Names of checkpoints, each after those that made its inputs."""
    producer = {path: name for name, record in records.items() for path in record["outputs"]}
    seen: set[str] = set()

    def visit(name: str) -> Iterator[str]:
        if name not in seen:
            seen.add(name)
            for path in records[name]["inputs"]:
                if path in producer:
                    yield from visit(producer[path])
            yield name

    for name in records:
        yield from visit(name)


def _settled(name: str, pending: set[str], looked_ns: int) -> bool:
    """Whether the checkpoint holds, as far as it does not wait for `pending` inputs."""
    path = checkpoint.path_of(name)
    record = checkpoint.load(name)
    if record is None or next(checkpoint.reasons(name, pending), None) is not None:
        os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS))
        return False
    checkpoint.publish(record)
    stamp = max(path.stat().st_mtime_ns, _newest(record, looked_ns))
    older = [output for output in record["outputs"] if Path(output).stat().st_mtime_ns < stamp]
    for output in older:
        os.utime(output, ns=(stamp, stamp))
        record["outputs"][output]["mtime_ns"] = stamp
    if older:
        checkpoint.write(record, stamp)
    elif stamp != path.stat().st_mtime_ns:
        os.utime(path, ns=(stamp, stamp))
    return True


def _newest(record: Mapping[str, Any], looked_ns: int) -> int:
    """Time of the newest prerequisite, leaving out those edited since the pass began."""
    times = [checkpoint.mtime_ns(path) or 0 for path in checkpoint.prerequisites(record)]
    now = time.time_ns()
    return max((t for t in times if t <= looked_ns or t > now), default=0)
