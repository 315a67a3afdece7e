"""One of the two runs that are compared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Side:
    """What is known of a run.

    Attributes:
        name: what people call it.
        results: as the record of a run has them: `config` (dotted key to value), `data` and
            `evidence` (path to SHA-256), `metrics` and `strategies` (records). What an older record
            lacks is left out.
        load: the table of figures by date of that SHA-256; None if it is kept nowhere.
    """

    name: str
    results: Mapping[str, Any]
    load: Callable[[str], pd.DataFrame | None]

    def part(self, name: str) -> Mapping[str, Any]:
        """A part of the results that is a mapping; empty if it is not known."""
        return self.results.get(name) or {}

    def evidence(self, path: str) -> pd.DataFrame | str:
        """The figures by date of that path, or why there are none."""
        sha256 = self.part("evidence").get(path)
        if sha256 is None:
            return f"{self.name} kept no figures by date of it"
        frame = self.load(sha256)
        return (
            f"the figures by date of {self.name} are no longer in the store"
            if frame is None
            else frame
        )


def same_evidence(path: str, one: Side, other: Side) -> bool:
    """Whether both have figures by date of that path, the same to the byte."""
    ours, theirs = (side.part("evidence").get(path) for side in (one, other))
    return ours is not None and ours == theirs
