"""What fresh processes of a nursery load counts as loaded by the step."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tidemark.errors import InputError
from tidemark.harness import code, guard, memory
from tidemark.project import CODE


class LoadedApart:
    """A `Witness` of `isolated`: tells the step of sources and libraries."""

    def begin(self) -> None:
        """Start to note, in a fresh process; it may write no file."""
        code.keep_nothing()
        self._sources, self._imported = code.sources().keys(), code.imported()

    def news(self) -> dict[str, Any]:
        """What was loaded and imported there since the last call; nothing if nothing was."""
        sources, imported = code.sources(), code.imported()
        new, modules = sources.keys() - self._sources, imported - self._imported
        if not new and not modules:
            return {}
        self._sources, self._imported = sources.keys(), imported
        shas = {path: _sha(sources[path]) for path in sorted(new)}
        return {"sources": shas, "modules": sorted(modules)}

    def heard(self, news: Mapping[str, Any]) -> None:
        """Note it here, with the source as it is on disk.

        Raises:
            InputError: that is not what was loaded.
        """
        known, scripts = code.sources(), f"{(CODE / 'scripts').resolve()}/"
        for path, sha in news["sources"].items():
            if not path.startswith(scripts):
                continue
            with guard.opened():
                source = known[path] if path in known else Path(path).read_bytes()
            if _sha(source) != sha:
                raise InputError(
                    f"scripts/{path.removeprefix(scripts)}",
                    "was changed while the step ran",
                    "run make again",
                )
            code.add(path, source)
        code.add_imported(map(str, news["modules"]))

    def held(self, peak_bytes: int) -> None:
        """Count it as held by the step."""
        memory.count_apart(peak_bytes)


class Awaited(LoadedApart):
    """The same of a process that has what the step has, and for which the step only waits."""

    def held(self, peak_bytes: int) -> None:
        """Count it beside what the step holds meanwhile."""
        memory.count_awaited(peak_bytes)


def _sha(source: bytes) -> str:
    return hashlib.sha256(source).hexdigest()
