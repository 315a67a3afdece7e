"""Measure what each step costs as the universe grows; writes UNIVERSE.md beside this file.

    .venv/bin/python tests/benchmarks/universe.py --sizes 20 100 500 minutes
    .venv/bin/python tests/benchmarks/universe.py --sizes 500 --strategies buy_and_hold sma_cross
    .venv/bin/python tests/benchmarks/universe.py --sizes 100 --keep /tmp/u --goal market_scenarios

A universe is synthetic, and says so: its bars are those of the sample, block-shuffled. Blocks of 5
to 60 consecutive bars are drawn, and each bar keeps its open, high, low and close relative to the
close before, and its volume. Half of the blocks are of the same dates for all tickers, so tickers
vary together. A number is 20 years of daily bars of so many tickers; `minutes` is 50 tickers with
90 sessions of one-minute bars, whose log returns are those of days, divided by the square root of
the minutes in one. Every tenth ticker is listed late, somewhere in the first two thirds.

Each universe is a temporary project with the code and configuration of this work tree, built with
one step at a time. Sizes measured earlier stay on the page, so they may be measured one by one, and
so do the steps of a project that is kept and made in pieces.
"""

import argparse
import json
import os
import platform
import subprocess
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import exchange_calendars
import numpy as np
import pandas as pd
import pyarrow as pa
import worktree
import yaml
from pyarrow import csv
from worktree import ROOT

REPORT = Path(__file__).with_name("UNIVERSE.md")
MEASURED = Path(__file__).with_name("universe.json")
SEED = 20130301
LAST = "2013-03-01"  # the sample's last session, so that its yields and windows hold
YEARS, MINUTE_TICKERS, SESSIONS, MINUTES = 20, 50, 90, 390
PRICES = ("Open", "High", "Low", "Close")
STEPS = (
    *("fetch_data", "validate_schema", "data_gate", "market_scenarios", "preprocess"),
    *("feature_engineering", "split_data", "train_models", "evaluate", "plots"),
    *("scenario_compare", "backtest", "market_metrics", "assess", "strategy_plots"),
    *("collect_metrics", "reports"),
)
OF_CELLS = ("backtest", "assess", "strategy_plots", "collect_metrics")  # others grow with rows
OF_MODELS = ("train_models", "evaluate", "plots", "scenario_compare")  # compared if these are same
GLANCE = 0.2  # seconds between looks at the memory in use
LINEAR = 1.25  # times the growth of rows that still counts as linear: one run, on a busy machine
REPORT_TEXT = """\
# Universes

What each step costs as the universe grows, by `.venv/bin/python tests/benchmarks/universe.py`, one
step at a time. The universes are synthetic: the sample's own bars, block-shuffled (the script says
how). Steps with several instances (a scenario, model or strategy each) are summed; memory is that
of the largest.

{universes}

## By step

Seconds on the clock / processor seconds / peak megabytes, of a step's processes together, and of
the interpreter with the libraries (about 0.2 GB) that all steps are forked from.

{steps}

## Growth

Processor seconds and memory from one size to the next, and whether both grow at most as the rows
do, in backtests and what reads them as the cells do (within {linear:.0%}, of one run).

{growth}
"""


def synthetic(tickers: int, times: pd.DatetimeIndex, scale: float, seed: int) -> pa.Table:
    """Bars of so many tickers, block-shuffled from the sample's.

    Args:
        tickers: how many.
        times: of the bars, the same for all tickers.
        scale: what log returns are multiplied by.
        seed: of all draws; more tickers change none of the first.

    Returns:
        The sample's columns, by ticker and time; prices have six significant digits.
    """
    ratios, volumes = _sample()
    pool, sources = volumes.shape
    lengths = np.random.default_rng([seed, 0]).integers(5, 61, len(times))
    lengths = lengths[: np.searchsorted(lengths.cumsum(), len(times)) + 1]
    common = np.random.default_rng([seed, 1]).integers(pool, size=len(lengths))
    tables = []
    for number in range(tickers):
        draw = np.random.default_rng([seed, 2, number])
        own = draw.integers(pool, size=len(lengths))
        starts = np.where(draw.random(len(lengths)) < 0.5, common, own)
        source = np.repeat(draw.integers(sources, size=len(lengths)), lengths)
        within = np.arange(lengths.sum()) - np.repeat(lengths.cumsum() - lengths, lengths)
        rows = (np.repeat(starts, lengths) + within)[: len(times)] % pool
        moves = scale * np.log(ratios[rows, source[: len(times)]])
        before = np.concatenate([[0.0], moves[:-1, 3].cumsum()])
        level = np.log(draw.uniform(20.0, 200.0)) + before
        prices = np.exp(level[:, None] + moves)
        digits = 5 - np.floor(np.log10(prices))
        prices = np.rint(prices * 10.0**digits) / 10.0**digits
        first = draw.integers(2 * len(times) // 3) if number % 10 == 9 else 0
        bars = {
            "Ticker": f"T{number:03}",
            "Date": times,
            **dict(zip(PRICES, prices.T, strict=True)),
            "Volume": volumes[rows, source[: len(times)]],
            "Adj Close": prices[:, 3],
        }
        tables.append(pd.DataFrame(bars).iloc[first:])
    return pa.Table.from_pandas(pd.concat(tables), preserve_index=False)


def _sample() -> tuple[np.ndarray, np.ndarray]:
    """(bars, tickers, 4) prices relative to the close before, adjusted; (bars, tickers) volumes."""
    frame = pd.read_csv(ROOT / "data/sample/prices.csv", parse_dates=["Date"])
    listed = frame.groupby("Ticker")["Date"].min()
    frame = frame[frame["Ticker"].isin(listed.index[listed == listed.min()])]
    wide = frame.pivot(index="Date", columns="Ticker").dropna()
    adjusted = (wide["Adj Close"] / wide["Close"]).to_numpy()
    prices = np.stack([wide[name].to_numpy() * adjusted for name in PRICES], axis=2)
    return prices[1:] / prices[:-1, :, 3:], wide["Volume"].to_numpy()[1:]


class Universe:
    """A synthetic universe, as a project in a folder."""

    def __init__(self, size: str, chosen: argparse.Namespace, folder: Path) -> None:
        self.folder = folder
        (folder / ".venv").unlink(missing_ok=True)  # of a project that was kept
        worktree.copy_to(folder)
        document = yaml.safe_load((ROOT / "config.yaml").read_bytes())
        minutes = size == "minutes"
        table = self._bars(size)
        (folder / "data/universe").mkdir(parents=True, exist_ok=True)
        csv.write_csv(table, folder / "data/universe/prices.csv")
        self.rows = table.num_rows
        _configure(document, chosen, minutes=minutes)
        (folder / "config.yaml").write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")

    def _bars(self, size: str) -> pa.Table:
        calendar = exchange_calendars.get_calendar("XNYS", start="1993-03-01", end=LAST)
        if size != "minutes":
            table = synthetic(int(size), calendar.sessions, 1.0, SEED)
            return _texts(table, "%Y-%m-%d")
        hours = calendar.schedule[["open", "close"]].iloc[-SESSIONS:].to_numpy()
        minute = np.timedelta64(1, "m")
        utc = np.concatenate([np.arange(o, c, minute) + minute for o, c in hours])
        times = pd.DatetimeIndex(utc).tz_localize("UTC").tz_convert("America/New_York")
        times = times.tz_localize(None)
        return _texts(synthetic(MINUTE_TICKERS, times, MINUTES**-0.5, SEED), "%Y-%m-%d %H:%M")

    def build(self, goal: str) -> dict[str, Any]:
        """Make the goal; what each step cost, and how much there was to do."""
        began = time.time()
        with Watch(self.folder) as watch:
            subprocess.run(
                ["make", "-j1", goal], cwd=self.folder, env=_environment(), check=True,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        checkpoints = [json.loads(it.read_bytes()) for it in self.folder.glob("artifacts/*.ok")]
        ran = {_instant(record): record for record in checkpoints if _instant(record) >= began}
        cells = sum(
            output["rows"]
            for record in checkpoints
            if record["step"] == "backtest"
            for path, output in record["outputs"].items()
            if path == f"metrics/backtests/{record['instance']['strategy']}.parquet"
        )
        return {
            "rows": self.rows,
            "cells": cells,
            "steps": _by_step(ran, watch.seen),
            "minutes": (time.time() - began) / 60,
        }


def _texts(table: pa.Table, form: str) -> pa.Table:
    """The table with its dates as a CSV file has them."""
    dates = pd.Series(table["Date"].to_pandas()).dt.strftime(form)
    return table.set_column(1, "Date", pa.array(dates))


def _configure(document: dict[str, Any], chosen: argparse.Namespace, *, minutes: bool) -> None:
    prices = document["fetch_data"]["prices"]
    prices["path"] = "data/universe/prices.csv"
    document["fetch_data"]["corporate_actions"] = None
    document["split_data"]["test_start"] = "2007-03-01"
    if minutes:
        prices |= {"bar": "intraday", "date_format": "%Y-%m-%d %H:%M"}
        prices["time_zone"] = "America/New_York"
        document["split_data"]["test_start"] = "2013-02-01"
        document["assess"]["walk_forward"] = {"first_years": 0.1, "every_years": 0.05}
    for section in ("models", "strategies"):
        if names := getattr(chosen, section):
            document[section] = {name: document[section][name] for name in names}


def _environment() -> dict[str, str]:
    dropped = ("MAKE", "MFLAGS", "PYTHON", "TIDEMARK")
    return {key: value for key, value in os.environ.items() if not key.startswith(dropped)}


class Watch:
    """Memory in use by all processes of a project, looked at again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        self.seen: list[tuple[float, int]] = []  # when, bytes
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(GLANCE):
            ours = _processes(self.folder)
            self.seen.append((time.time(), sum(map(_bytes, ours))))


def _processes(folder: str) -> set[int]:
    """Those that work in the folder, and all that they started."""
    parents, ours = {}, set()
    for entry in Path("/proc").iterdir():
        try:
            number = int(entry.name)
            parents[number] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if str((entry / "cwd").readlink()) == folder:
                ours.add(number)
        except (OSError, ValueError):  # no process, or over meanwhile
            continue
    size = 0
    while size < len(ours):
        size = len(ours)
        ours |= {number for number, parent in parents.items() if parent in ours}
    return ours


def _bytes(process: int) -> int:
    """Memory of a process; what it shares with others counts in parts."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _instant(record: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(record["started"]).timestamp()


def _by_step(
    ran: Mapping[float, Mapping[str, Any]], seen: Sequence[tuple[float, int]]
) -> dict[str, dict[str, float]]:
    """Seconds, processor seconds and megabytes of each step, in the order in which they came."""
    starts = sorted(ran)
    memory: dict[float, int] = defaultdict(int)
    for moment, size in seen:
        place = int(np.searchsorted(starts, moment, side="right")) - 1
        if place >= 0:
            memory[starts[place]] = max(memory[starts[place]], size)
    steps: dict[str, dict[str, float]] = {}
    for start in starts:
        record = ran[start]
        cost = steps.setdefault(
            record["step"], {"instances": 0, "seconds": 0.0, "processor": 0.0, "megabytes": 0.0}
        )
        cost["instances"] += 1
        cost["seconds"] += record["seconds"]
        cost["processor"] += record["cpu_seconds"]
        cost["megabytes"] = max(cost["megabytes"], memory[start] / 1e6)
    return steps


def _machine() -> str:
    """The processor, its cores, and the commit."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith(("model name", "cpu family", "model\t"))
    ]
    family, model, name = [*names[:3], "", "", ""][:3]
    commit, changed = (
        subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for words in (["rev-parse", "--short", "HEAD"], ["status", "--porcelain", "scripts"])
    )
    edited = " with changes" if changed else ""
    return (
        f"{name or platform.machine()} (family {family}, model {model}), {os.cpu_count()} cores;"
        f" commit {commit.strip()}{edited}"
    )


def _joined(before: Mapping[str, Any] | None, found: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was found, with what was measured before on the same machine of the same universe."""
    same = ("machine", "models", "strategies", "rows")
    if before is None or any(before[key] != found[key] for key in same):
        return found
    steps = {**before["steps"], **found["steps"]}
    return {**found, "steps": steps, "minutes": before["minutes"] + found["minutes"]}


def _order(size: str) -> tuple[bool, int]:
    return size == "minutes", int(size) if size.isdigit() else 0


def report(measured: Mapping[str, Mapping[str, Any]]) -> str:
    """The page."""
    sizes = sorted(measured, key=_order)
    names = [name for name in STEPS if any(name in measured[size]["steps"] for size in sizes)]
    daily = [size for size in sizes if size.isdigit()]
    pairs = list(pairwise(daily))
    return REPORT_TEXT.format(
        universes="\n".join(_universes(measured, sizes)),
        steps="\n".join(_steps(measured, sizes, names)),
        growth="\n".join(_growth(measured, pairs, names)) if pairs else "Needs two sizes.",
        linear=LINEAR - 1.0,
    )


def _title(size: str) -> str:
    return "50, one-minute bars" if size == "minutes" else f"{size}, daily"


def _universes(measured: Mapping[str, Mapping[str, Any]], sizes: Sequence[str]) -> Iterator[str]:
    yield "| tickers | rows | cells | models | strategies | minutes in all | measured on |"
    yield "|---|---:|---:|---|---|---:|---|"
    for size in sizes:
        one = measured[size]
        yield (
            f"| {_title(size)} | {one['rows']:,} | {one['cells']:,} | {one['models']} |"
            f" {one['strategies']} | {one['minutes']:.1f} | {one['machine']} |"
        )


def _steps(
    measured: Mapping[str, Mapping[str, Any]], sizes: Sequence[str], names: Sequence[str]
) -> Iterator[str]:
    yield f"| step | {' | '.join(map(_title, sizes))} |"
    yield f"|---|{'---:|' * len(sizes)}"
    for name in names:
        costs = [measured[size]["steps"].get(name) for size in sizes]
        yield f"| {name} | {' | '.join(_cost(cost) if cost else '' for cost in costs)} |"


def _cost(cost: Mapping[str, float]) -> str:
    return f"{cost['seconds']:,.1f} / {cost['processor']:,.1f} / {cost['megabytes']:,.0f}"


def _growth(
    measured: Mapping[str, Mapping[str, Any]],
    pairs: Sequence[tuple[str, str]],
    names: Sequence[str],
) -> Iterator[str]:
    heads = [f"{small} to {large} tickers" for small, large in pairs]
    yield f"| step | {' | '.join(f'{head}: processor | memory' for head in heads)} | linear |"
    yield f"|---|{'---:|---:|' * len(pairs)}---|"
    more = {
        of: [measured[large][of] / max(measured[small][of], 1) for small, large in pairs]
        for of in ("rows", "cells")
    }
    for of, ratios in more.items():
        yield f"| {of} | {' | '.join(f'x {times:.2f} |' for times in ratios)} | |"
    for name in names:
        ratios = more["cells" if name in OF_CELLS else "rows"]
        words, linear = [], []
        for (small, large), times in zip(pairs, ratios, strict=True):
            before, after = (measured[size]["steps"].get(name) for size in (small, large))
            others = measured[small]["models"] != measured[large]["models"]
            if not before or not after or (others and name in OF_MODELS):
                words.append("| ")
                continue
            grown = [after[key] / before[key] for key in ("processor", "megabytes")]
            linear.append(grown[0] <= LINEAR * times and grown[1] <= LINEAR * max(times, 1.0))
            words.append(" | ".join(f"x {growth:.2f}" for growth in grown))
        if not linear:
            continue
        told = "yes" if all(linear) else "**no**"
        yield f"| {name} | {' | '.join(words)} | {told} |"


def main() -> None:
    """Build each universe in turn, and keep what it cost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sizes = ("20", "100", "500", "minutes")
    parser.add_argument("--sizes", nargs="+", choices=sizes, default=sizes[:2])
    parser.add_argument("--models", nargs="+", help="of config.yaml; all, if not given")
    parser.add_argument("--strategies", nargs="+", help="of config.yaml; all, if not given")
    parser.add_argument(
        "--goal", default="all", help="what to make; only all of `all` comes on the page"
    )
    parser.add_argument("--keep", type=Path, help="keep the project, in a folder of this folder")
    chosen = parser.parse_args()
    for size in chosen.sizes:
        place = tempfile.TemporaryDirectory(prefix="tidemark-universe-")
        if chosen.keep:
            (chosen.keep / size).mkdir(parents=True, exist_ok=True)
            place = nullcontext(str((chosen.keep / size).resolve()))
        with place as folder:
            universe = Universe(size, chosen, Path(folder))
            told = {
                "machine": _machine(),
                "models": ", ".join(chosen.models or ["all"]),
                "strategies": ", ".join(chosen.strategies or ["all"]),
            }
            found = universe.build(chosen.goal) | told
        measured = json.loads(MEASURED.read_text("utf-8")) if MEASURED.exists() else {}
        measured[size] = _joined(measured.get(size), found)
        MEASURED.write_text(json.dumps(measured, indent=1, sort_keys=True) + "\n", "utf-8")
        REPORT.write_text(report(measured), "utf-8")
        print(f"{found['rows']:,} rows, {found['cells']:,} cells, {found['minutes']:.1f} minutes")
        print("\n".join(_steps({size: found}, [size], list(found["steps"]))), flush=True)


if __name__ == "__main__":
    main()
