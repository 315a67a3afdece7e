"""What a project says and holds: its configuration, and its results as they lie."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from referee.verdict import NotLookedError
from tidemark.config.load import load
from tidemark.project import Tree

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

FIELDS = ("open", "high", "low", "close", "volume")
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Bars:
    """Bars of a market scenario: times (bars,), and fields (bars, tickers), NaN where none is."""

    times: pd.DatetimeIndex
    tickers: list[str]
    fields: dict[str, Floats]

    @property
    def close(self) -> Floats:
        return self.fields["close"]


class Results:
    """A project's folder, read as a user would read it."""

    def __init__(self, root: Path, config: str = "config.yaml") -> None:
        self.root = root
        self.config: dict[str, Any] = asdict(load(Tree.at(root), config))

    def seed(self, name: str) -> int:
        """The 32-bit seed of a step, and of its instance if it has its own."""
        text = f"{self.config['seed']}:{name}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])

    def has(self, path: str) -> bool:
        return (self.root / path).exists()

    def json(self, path: str) -> Any:
        return json.loads(self._there(path).read_text("utf-8"))

    def table(self, path: str) -> pd.DataFrame:
        return pd.read_parquet(self._there(path))

    def sample(self, path: str, rows: int, seed: int) -> pd.DataFrame:
        """Some rows of a table, with the number of each from 1 on in `row`; it may be a large one.

        The choice depends on the seed alone.
        """
        with duckdb.connect(config={"threads": 1}) as base:
            return base.execute(
                "SELECT file_row_number + 1 AS row, * EXCLUDE (file_row_number)"
                " FROM read_parquet($path, file_row_number = true)"
                f" USING SAMPLE reservoir({rows} ROWS) REPEATABLE ({seed % 2**31})",
                {"path": str(self._there(path))},
            ).df()

    def count(self, path: str) -> int:
        """How many rows a table has."""
        found = duckdb.execute(
            "SELECT count(*) FROM read_parquet($path)", {"path": str(self._there(path))}
        )
        return int(found.fetchone()[0])  # type: ignore[index]

    def _there(self, path: str) -> Path:
        if not self.has(path):
            raise NotLookedError(f"{path} is not there")
        return self.root / path

    # --- Market scenarios

    @cached_property
    def scenarios(self) -> dict[str, dict[str, Any]]:
        """The records of the market scenarios, by name."""
        records = self.json("data/scenarios/market_scenarios.json")
        return {record["name"]: record for record in records}

    @cached_property
    def tickers(self) -> list[str]:
        return list(next(iter(self.scenarios.values()))["covered"])

    @lru_cache(maxsize=4)  # noqa: B019  results live as long as the referee
    def bars(self, scenario: str) -> Bars:
        """The bars of a market scenario; a window has those of all of history."""
        kind = self.scenarios[scenario]["kind"]
        if kind in ("full", "historical"):
            return self.history
        rows = self._simulated[kind].get(scenario)
        if rows is None:
            raise NotLookedError(f"data/scenarios/{kind}.parquet has no bars of {scenario}")
        return self._wide(rows)

    @cached_property
    def history(self) -> Bars:
        return self._wide(self.table("data/scenarios/history.parquet"))

    @cached_property
    def _simulated(self) -> dict[str, dict[str, pd.DataFrame]]:
        return {
            kind: dict(iter(self.table(f"data/scenarios/{kind}.parquet").groupby("scenario")))
            for kind in ("stress", "stochastic")
        }

    def _wide(self, rows: pd.DataFrame) -> Bars:
        times, row = np.unique(rows["timestamp"].to_numpy(), return_inverse=True)
        column = rows["ticker"].map({name: place for place, name in enumerate(self.tickers)})
        wide = {}
        for field in FIELDS:
            wide[field] = np.full((len(times), len(self.tickers)), np.nan)
            wide[field][row, column] = rows[field]
        return Bars(pd.DatetimeIndex(times), self.tickers, wide)

    def counted(self, scenario: str) -> slice:
        """The bars of a market scenario that are measured."""
        record = self.scenarios[scenario]
        return slice(record["warm_up"], record["warm_up"] + record["bars"])

    def strategies(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Names and entries of the strategies that were tried."""
        yield from self.config["strategies"].items()
