"""What providers sent and nobody may use: kept whole, with the reason.

`data/store/rejected/<source>/<hash>.body` is the payload as it came, without a key that it may
repeat, named by the beginning of its SHA-256; `<hash>.json` beside it says what it was asked for,
when it first came, and why it was refused. The same payload is kept once.
"""

from datetime import datetime
from pathlib import Path

from tidemark.files import store
from tidemark.project import Tree

FOLDER = Path("data/store/rejected")
FORMAT = 1
DIGITS = 20  # of a hash


def keep(
    tree: Tree, source: str, provider: str, asked: str, body: bytes, reason: str, when: datetime
) -> Path:
    """Keep a payload; the name of its file, relative to the tree.

    Args:
        tree: whose store it is.
        source: whose fetch it was.
        provider: who sent it.
        asked: what was asked for.
        body: the payload, without a key.
        reason: what is wrong with it, without a key.
        when: it came, UTC.

    Raises:
        OSError: it cannot be written.
    """
    digest = store.sha256(body)
    name = FOLDER / source / f"{digest[:DIGITS]}.body"
    told = {
        "format": FORMAT,
        "source": source,
        "provider": provider,
        "asked": asked,
        "came": when.isoformat(),
        "reason": reason,
        "bytes": len(body),
        "sha256": digest,
    }
    if not (tree / name).exists():
        store.write_atomic(tree / name.with_suffix(".json"), store.json_bytes(told))
        store.write_atomic(tree / name, body)
    return name
