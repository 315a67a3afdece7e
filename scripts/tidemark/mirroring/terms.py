"""Which sources may leave the store: those whose terms do not forbid that rows are shared."""

from collections.abc import Sequence

from tidemark.stored.snapshot_log import Snapshot


def unshared(snapshots: Sequence[Snapshot]) -> set[str]:
    """Sources whose rows stay, as the terms say that were last kept with them.

    Args:
        snapshots: all, oldest first.
    """
    terms = {name: held.terms for one in snapshots for name, held in one.sources.items()}
    return {name for name, said in terms.items() if said.get("share") is False}
