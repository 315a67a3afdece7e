"""Evidence by hash: figures by date of a run, wherever they are kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidemark.files import store
from tidemark.harness.results_store import Store
from tidemark.project import Tree


@dataclass(frozen=True)
class FiguresByDate:
    """Where the figures by date of a run may be.

    Attributes:
        trees: whose results may still be those of the run.
        store: the results store; None if it is off.
        named: path to SHA-256, as the record of the run has it.
    """

    trees: Sequence[Tree]
    store: Store | None
    named: Mapping[str, str]

    def content(self, sha256: str) -> bytes | None:
        """The bytes with this hash; None if they are nowhere as they were written."""
        for path in self._places(sha256):
            try:
                data = store.read_file(path)
            except OSError:
                continue
            if store.sha256(data) == sha256:
                return data
        return None

    def table(self, sha256: str) -> Any:
        """The same as a data frame."""
        data = self.content(sha256)
        return None if data is None else store.parquet_frame(data)

    def _places(self, sha256: str) -> Iterator[Path]:
        paths = [path for path, named in self.named.items() if named == sha256]
        yield from (tree / path for tree in self.trees for path in paths)
        if self.store:
            yield self.store.object_path(sha256)
