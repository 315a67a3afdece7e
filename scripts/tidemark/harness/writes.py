"""What a step writes: staged beside its place, and moved there when the whole step succeeded."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tidemark.files import store
from tidemark.harness import guard
from tidemark.harness.outputs import Staging
from tidemark.harness.record import Output
from tidemark.project import Tree

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame


class Writes:
    """The writes of one run; paths are strings relative to the project's root.

    Args:
        previous: the outputs that the last checkpoint recorded.
    """

    def __init__(self, tree: Tree, previous: Mapping[str, Output]) -> None:
        self._previous = previous
        self._staging = Staging(tree, previous)
        self._survivors: list[str] = []

    def content(self, path: str, data: bytes, rows: int | None = None) -> None:
        """Stage `data` as the new content of `path`."""
        with guard.opened():
            self._staging.put(path, data, rows)

    def text(self, path: str, text: str) -> None:
        """Stage a UTF-8 text file."""
        self.content(path, text.encode())

    def json(self, path: str, value: object, *, even_on_failure: bool = False) -> None:
        """Stage a JSON file; NaN becomes null. A report of a failure outlives the failure."""
        self.content(path, store.json_bytes(value))
        if even_on_failure:
            self._survivors.append(path)

    def parquet(self, path: str, frame: "DataFrame") -> None:
        """Stage a Parquet file; memory holds the frame alone, not its bytes."""
        with self.parquet_parts(path) as parts:
            parts.write(frame)

    @contextlib.contextmanager
    def parquet_parts(
        self, path: str, repeating: Sequence[str] | None = None
    ) -> Iterator[store.ParquetParts]:
        """A Parquet file to `write` frames to, one by one; staged when the block ends.

        `repeating` as for `store.ParquetParts`.
        """
        with guard.opened(), store.naming(path):
            parts = store.ParquetParts(self._staging.temporary(path), path, repeating)
        try:
            yield parts
        finally:
            with guard.opened():
                parts.close()
        self._staging.count(path, parts.rows)

    def figure(self, path: str, figure: "Figure", dpi: int) -> str:
        """Stage a figure as PNG, and give the SHA-256 of its bytes."""
        data = store.figure_bytes(figure, dpi)
        self.content(path, data)
        return store.sha256(data)

    @contextlib.contextmanager
    def file(self, path: str) -> Iterator[Path]:
        """A temporary file for writers that need a path; staged when the block ends."""
        with guard.opened(), store.naming(path):
            yield self._staging.temporary(path)

    def settle(self) -> tuple[dict[str, Output], list[str]]:
        """Move everything into place, and remove outputs that are written no longer.

        Returns:
            The outputs, and where copies are now that people had edited.
        """
        outputs = self._staging.commit(reports=self._survivors)
        self._staging.remove(self._previous.keys() - outputs.keys())
        return outputs, self._staging.kept

    def abandon(self) -> None:
        """Leave the earlier outputs as they are, but for reports of the failure."""
        survivors = [path for path in self._survivors if path in self._staging]
        self._staging.commit(survivors, reports=survivors)
        self._staging.discard()
