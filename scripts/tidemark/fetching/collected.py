"""The records of the pages of one request, put together."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tidemark.fetching.incoming import Brought
from tidemark.providers.contract import Ask, Page, PayloadError

import pandas as pd


class Collected:
    """The records of the pages of one request, as tables made a batch at a time."""

    def __init__(self, batch: int) -> None:
        self._batch = batch
        self._records: dict[str, list[Mapping[str, Any]]] = {}
        self._tables: dict[str, list[pd.DataFrame]] = {}
        self._conventions: set[str] = set()

    def add(self, page: Page) -> None:
        """Take a page's records.

        Raises:
            PayloadError: its bars are adjusted for other things than those before.
        """
        if page.kind == "bars":
            self._conventions.add(page.convention)
            if len(self._conventions) > 1:
                raise PayloadError("some pages are adjusted for other things than the rest")
        waiting = self._records.setdefault(page.kind, [])
        waiting += page.records
        if len(waiting) >= self._batch:
            self._to_table(page.kind)

    def brought(self, asked: Ask, received: datetime) -> Brought:
        """All of them."""
        for kind in self._records:
            self._to_table(kind)
        rows = {kind: pd.concat(tables, ignore_index=True) for kind, tables in self._tables.items()}
        return Brought(asked, rows, next(iter(self._conventions), "none"), received)

    def _to_table(self, kind: str) -> None:
        if self._records[kind]:
            self._tables.setdefault(kind, []).append(pd.DataFrame(self._records[kind]))
            self._records[kind] = []
