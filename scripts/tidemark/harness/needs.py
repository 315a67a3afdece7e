"""How much memory a step will need, as far as that can be known before it runs.

What its last run held tells most; else what other instances of the step held; else a guess, which
is linear in the data that its rule lists. The same line says how much more it takes if these have
grown since. A run may hold more than any of this; then the next one knows.
"""

from collections.abc import Sequence
from typing import NamedTuple

from tidemark.config import view
from tidemark.files import listings
from tidemark.harness import memory, record
from tidemark.harness.instance import Instance
from tidemark.harness.reads import promised_by_make
from tidemark.harness.record import Checkpoint
from tidemark.project import Tree

MB = 1_000_000
LIBRARIES = 250 * MB  # of a plain process, which shares them with no other
MORE = 1.1  # what runs hold differs a little from one to the next
OTHERS = 4  # instances that ran last are asked


class Linear(NamedTuple):
    """So many bytes, and so many more for each byte of files."""

    bytes: int
    each: float

    def of(self, file_bytes: int) -> int:
        """The need."""
        return int(self.bytes + self.each * file_bytes)


# For each byte of compressed data: whole tables take 30 at most (a model's training rows), what is
# read in parts far less. Seen with 5, 20, 100 and 500 tickers.
WHOLE = Linear(120 * MB, 30.0)
SUMMED_UP = Linear(150 * MB, 5.0)
IN_PARTS = Linear(150 * MB, 1.0)
AT_FIRST = {
    **dict.fromkeys(("backtest", "market_metrics"), IN_PARTS),
    **dict.fromkeys(("assess", "strategy_plots", "collect_metrics", "reports"), SUMMED_UP),
}


class Need(NamedTuple):
    """So many bytes, and how that is known, for people."""

    bytes: int
    because: str


def of(tree: Tree, instance: Instance, last: Checkpoint | None, file_bytes: int) -> Need:
    """What a run of this instance will need, with what it cannot share with other steps.

    Args:
        last: the checkpoint of its last run.
        file_bytes: as told by `files_of`.
    """
    if last is not None and last.peak_memory_bytes:
        return Need(_after(last, file_bytes), "as its last run")
    if others := _others(tree, instance):
        largest = max(others, key=lambda other: _after(other, file_bytes))
        return Need(_after(largest, file_bytes), f"as {largest.instance.title}")
    size = _linear(instance).of(file_bytes) + (0 if memory.shared_bytes() else LIBRARIES)
    return Need(size, f"an estimate from {memory.told(file_bytes)} of data")


def _after(ran: Checkpoint, file_bytes: int) -> int:
    """What a run needs if that one held what it did, with so many bytes of data now."""
    more = max(file_bytes - ran.file_bytes, 0) if ran.file_bytes else 0
    alone = 0 if memory.shared_bytes() else ran.shared_bytes
    return int(MORE * ran.peak_memory_bytes + _linear(ran.instance).each * more) + alone


def _linear(instance: Instance) -> Linear:
    return AT_FIRST.get(instance.step, WHOLE)


def _others(tree: Tree, instance: Instance) -> Sequence[Checkpoint]:
    """Checkpoints of the same step's instances that ran last."""
    if not instance.names:
        return []
    paths = (tree / record.FOLDER).glob(f"{instance.step}_*.ok")
    latest = sorted(((path.stat().st_ctime_ns, path.stem) for path in paths), reverse=True)
    ran = (record.load(tree, name) for _, name in latest[:OTHERS])
    return [
        one for one in ran if one and one.instance.step == instance.step and one.peak_memory_bytes
    ]


def files_of(tree: Tree, instance: Instance) -> int:
    """The size of all data that the step's rule lists; 0 if Make never came to that rule.

    Code and keys stand there too, as soon as the step was seen to use them.
    """
    promised = promised_by_make(tree, instance.name) or ()
    data = (
        file
        for path in promised
        if not path.endswith(".py") and not path.startswith(f"{view.KEYS}/")
        for file in (listings.matching(tree, path) if "*" in path else [path])
    )
    return sum((tree / file).stat().st_size for file in data if (tree / file).is_file())
