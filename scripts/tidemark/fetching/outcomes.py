"""What came of the last fetch of each source, for people: `artifacts/fetching/<source>.json`.

It depends on when providers were asked, so no step reads it. It may be lost: then nobody knows what
the last fetch said, until the next one. JSON with `format`, and the fields of `Outcome`; times are
ISO in UTC.
"""

import json
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path

from tidemark.files import store
from tidemark.project import Tree

FOLDER = Path("artifacts/fetching")
FORMAT = 1
STATES = ("fresh", "partial", "stale", "blocked")
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """What came of a fetch of one source.

    Attributes:
        source, provider: their names.
        state: as `fetch.Fetched` has it; unknown: the file cannot be read.
        asked: when.
        answered: when the provider last gave what it has; None if that is not known.
        problem: why it is not fresh, without a key.
        rejected: the file with what is no data, relative to the project.
        failed: the names that failed.
        snapshot: the newest one after the fetch.
        manifest: what names the rows that were stored of the source after the fetch.
        added, restated, requests: how many rows, and requests.
    """

    source: str
    provider: str
    state: str
    asked: str
    answered: str | None = None
    problem: str = ""
    rejected: str | None = None
    failed: tuple[str, ...] = ()
    snapshot: int = 0
    manifest: str = ""
    added: int = 0
    restated: int = 0
    requests: int = 0


def path_of(source: str) -> Path:
    """Where that of a source is kept, relative to the project."""
    return FOLDER / f"{source}.json"


def keep(tree: Tree, outcome: Outcome) -> None:
    """Keep what came of the last fetch of a source, in place of the one before.

    Raises:
        OSError: it cannot be written.
    """
    content = store.json_bytes({"format": FORMAT, **asdict(outcome)})
    store.write_atomic(tree / path_of(outcome.source), content)


def last(tree: Tree, source: str) -> Outcome | None:
    """What came of the last fetch; None if none was kept, of state `unknown` if it cannot be read.

    Raises nothing: what cannot be read is said in `problem`.
    """
    path = path_of(source)
    try:
        found = json.loads(store.read_file(tree / path))
        return _decoded(found)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Outcome(source, "", UNKNOWN, "", problem=f"{path} cannot be read")


def _decoded(found: dict[str, object]) -> Outcome:
    """An outcome of which every value is what it should be, else ValueError or TypeError."""
    if found["format"] != FORMAT or found["state"] not in STATES:
        raise ValueError
    kept = {field.name: found[field.name] for field in fields(Outcome)}
    kept["failed"] = tuple(map(str, kept["failed"]))  # type: ignore[call-overload]
    for name in ("asked", "answered"):
        if (text := kept[name]) is not None and datetime.fromisoformat(str(text)).tzinfo is None:
            raise ValueError
    for name in ("added", "restated", "requests", "snapshot"):
        kept[name] = int(kept[name])  # type: ignore[call-overload]
    return Outcome(**kept)  # type: ignore[arg-type]
