"""What a mirror in PostgreSQL costs, beside plain COPY of the same rows in the same run.

    PYTHONPATH=tests .venv/bin/python tests/benchmarks/mirror.py [--tickers 100] [--years 20]

Bars are a random walk, labelled as simulated: only their number counts. A server of its own is
started, as for tests (fsync off), so the disk is left out of both sides. Writes MIRROR.md.
"""

import argparse
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import postgres_server
from postgres_server import PASSWORD
from tidemark.config import mirror
from tidemark.mirroring import copy_text, migrating, sending
from tidemark.mirroring import server as servers
from tidemark.mirroring.partitions import Sending
from tidemark.project import Tree
from tidemark.stored import objects, snapshots
from tidemark.stored.writing import commit

import numpy as np
import pandas as pd
import pyarrow as pa

BATCH, REPEATS = 5000, 15
PAGE = Path(__file__).with_name("MIRROR.md")


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickers", type=int, default=100)
    parser.add_argument("--years", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, postgres_server.running() as postgres:
        tree = Tree.at(Path(folder))
        days = pd.bdate_range("2006-01-02", periods=252 * options.years, tz="UTC")
        put(tree, simulated(options.tickers, days), 1)
        settings = mirror.Postgres(postgres.address("postgres"))
        with servers.opened(settings, {"PGPASSWORD": PASSWORD}) as server:
            migrating.migrate(server)
            rows, copied = plain(server, tree)
            began = time.monotonic()
            first = sending.send(server, tree, None, {}, lambda done, of, what: None)
            loaded = time.monotonic() - began
            assert first.sent.added == rows
            began = time.monotonic()
            sending.send(server, tree, None, {}, lambda done, of, what: None)
            nothing = time.monotonic() - began
            day = days[-1:] + pd.offsets.BDay()
            put(tree, simulated(options.tickers, day), 2)
            began = time.monotonic()
            sending.send(server, tree, None, {}, lambda done, of, what: None)
            daily = time.monotonic() - began
            batches = batch(server, tree)
    PAGE.write_text(page(options, rows, copied, loaded, nothing, daily, batches), "utf-8")
    print(PAGE.read_text("utf-8"))


def simulated(tickers: int, days: pd.DatetimeIndex) -> pd.DataFrame:
    """Bars of a random walk."""
    draws = np.random.default_rng(1).normal(0, 0.01, (tickers, len(days)))
    closes = 100 * np.exp(draws.cumsum(axis=1)).ravel()
    return pd.DataFrame(
        {
            "ticker": np.repeat([f"S{number:03d}" for number in range(tickers)], len(days)),
            "timestamp": np.tile(days, tickers),
            "open": closes * 0.999, "high": closes * 1.01, "low": closes * 0.99, "close": closes,
            "volume": 1e6, "interval": "1d", "volume_is": "simulated",
        }
    )  # fmt: skip


def put(tree: Tree, rows: pd.DataFrame, day: int) -> None:
    """Keep them in the store."""
    fetched = datetime(2026, 11, day, 18, tzinfo=UTC)
    commit(tree, "simulated", "bars", rows, fetched=fetched, cursor={}, asked={},
           terms={"share": True}, convention="none")  # fmt: skip


def whole(tree: Tree) -> pa.Table:
    """All rows of the store, as they are sent."""
    listed = snapshots.manifest_of(tree, snapshots.current(tree), "simulated")
    parts = listed.kinds["bars"].partitions
    tables = [
        objects.table_in(one.object, objects.get(tree, one.object))
        .add_column(0, "partition", pa.repeat(label, one.rows))
        .add_column(0, "source", pa.repeat("simulated", one.rows))
        for label, one in sorted(parts.items())
    ]
    return pa.concat_tables(tables)


def plain(server: servers.Server, tree: Tree) -> tuple[int, float]:
    """Rows, and the seconds of one COPY of all of them into a table with the same index."""
    server.run("CREATE TABLE public.plain (LIKE market_data.bars INCLUDING INDEXES)")
    rows = whole(tree)
    names = ", ".join(f'"{name}"' for name in rows.column_names)
    began = time.monotonic()
    server.copy(f"public.plain ({names})", copy_text.chunks(rows))
    return rows.num_rows, time.monotonic() - began


def batch(server: servers.Server, tree: Tree) -> dict[str, list[float]]:
    """Seconds of batches of 5,000 rows among all others: copied, new, as they are, restated."""
    rows = whole(tree).slice(0, BATCH)
    names = ", ".join(f'"{name}"' for name in rows.column_names)
    found: dict[str, list[float]] = {name: [] for name in ("copy", "new", "same", "restated")}
    sending_ = Sending(server, tree, datetime(2026, 11, 30, tzinfo=UTC))
    for repeat in range(REPEATS):
        renamed = rows.set_column(
            rows.column_names.index("source"), "source",
            pa.repeat(pa.scalar(f"other{repeat}", pa.large_string()), len(rows)),
        )  # fmt: skip
        place = rows.column_names.index("checksum")
        sums = pa.array([f"{repeat:016d}"] * len(rows), pa.large_string())
        began = time.monotonic()
        with server.transaction():
            server.copy(f"public.plain ({names})", copy_text.chunks(renamed))
        found["copy"].append(time.monotonic() - began)
        for name, some in (
            ("new", renamed),
            ("same", renamed),
            ("restated", renamed.set_column(place, "checksum", sums)),
        ):
            began = time.monotonic()
            with server.transaction():
                sending_._upsert("bars", some)
            found[name].append(time.monotonic() - began)
    return found


def page(
    options: argparse.Namespace,
    rows: int,
    copied: float,
    loaded: float,
    nothing: float,
    daily: float,
    batches: dict[str, list[float]],
) -> str:
    """The page of results."""
    middle = {name: statistics.median(some) for name, some in batches.items()}
    lines = [
        "# What a mirror costs",
        "",
        f"{options.tickers} tickers, {options.years} years of daily bars (simulated): {rows:,}"
        " rows, in PostgreSQL on the same machine, fsync off. By `tests/benchmarks/mirror.py`;"
        " seconds depend on the machine, ratios less.",
        "",
        "| | seconds | beside plain COPY |",
        "|---|---|---|",
        f"| one COPY of all rows, with the same indexes | {copied:.1f} | 1 |",
        f"| first `make mirror`: files byte by byte, rows in batches, all noted | {loaded:.1f} |"
        f" {loaded / copied:.1f} |",
        f"| again, nothing new | {nothing:.2f} | {nothing / copied:.3f} |",
        f"| a day later, {options.tickers} new rows | {daily:.2f} | {daily / copied:.3f} |",
        "",
        f"A batch of {BATCH:,} rows among all these, median of {REPEATS}:",
        "",
        "| | milliseconds | beside plain COPY |",
        "|---|---|---|",
    ]
    words = {
        "copy": "COPY alone",
        "new": "`timescale_upsert`: all new",
        "same": "`timescale_upsert`: all as they are",
        "restated": "`timescale_upsert`: all restated, the old ones to the history",
    }
    lines += [
        f"| {told} | {1000 * middle[name]:.0f} | {middle[name] / middle['copy']:.1f} |"
        for name, told in words.items()
    ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
