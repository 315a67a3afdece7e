"""All that the run's part of the page is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tidemark.dag.graph import Node

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """What runs left in a tree.

    Attributes:
        records: of the last runs, as `tables.history` has them; the last one is of the run that
            has just ended.
        runs: how many records there are in all.
        nodes: every instance of a step, upstream first.
        listed: their names in the order of the configuration.
        alerts: the last ones, newest first.
        logs: by instance, the end of its log.
        config: the configuration file that results are of.
        trouble: what could not be read, in words; it is shown, for nothing may be left out unsaid.
    """

    records: Sequence[Record] = ()
    runs: int = 0
    nodes: Mapping[str, Node] = field(default_factory=dict)
    listed: Sequence[str] = ()
    alerts: Sequence[Mapping[str, Any]] = ()
    logs: Mapping[str, str] = field(default_factory=dict)
    config: str = ""
    trouble: Sequence[str] = ()

    @property
    def last(self) -> Record | None:
        """The record of the run that just ended; None before there is any."""
        return self.records[-1] if self.records else None

    @property
    def before(self) -> Record | None:
        """That of the run before."""
        return self.records[-2] if len(self.records) > 1 else None


def results(record: Record | None) -> Record:
    """The part of a record that says what the tree held; empty without a record."""
    return record["results"] if record else {}
