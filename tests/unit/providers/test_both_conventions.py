"""A split between two fetches: as Yahoo sends it and as Massive does, the adjusted bars agree."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from fakes.direct import way
from fakes.listings import apple
from fakes.massive import KEY, Massive
from fakes.yahoo import Yahoo
from tidemark.project import Tree
from tidemark.providers import massive, yahoo
from tidemark.providers.contract import Ask, Page
from tidemark.stored import reading, restating, writing

import pandas as pd
import pytest

# The split of 2005-02-28, 2:1, and the dividend of 2012-11-07, of 2.65 dollars.
SPAN = {
    "split": (date(2005, 2, 14), datetime(2005, 2, 27, tzinfo=UTC), date(2005, 3, 4)),
    "dividend": (date(2012, 10, 22), datetime(2012, 11, 6, 23, tzinfo=UTC), date(2012, 11, 16)),
}
FAKES = {yahoo: Yahoo, massive: Massive}


def rows(pages: Sequence[Page]) -> dict[str, pd.DataFrame]:
    kinds = {page.kind for page in pages}
    return {kind: pd.DataFrame([record for page in pages if page.kind == kind
                                for record in page.records]) for kind in kinds}  # fmt: skip


@pytest.fixture
def tree(tmp_path) -> Tree:
    return Tree(tmp_path, Path(__file__).resolve().parents[3])


def fetched(tree: Tree, module, listing, now: datetime, since: datetime | None) -> dict:
    """What a provider sends at a time, and how; stored, if it was asked for the whole."""
    ask = Ask("AAPL", "AAPL", since=since, now=now)
    with FAKES[module]([listing], now) as fake:
        pages = list(module.bars(ask, way(fake.base, {"": KEY}, now)))
    found = rows(pages)
    if since is None:
        convention = next(page.convention for page in pages if page.kind == "bars")
        writing.commit_all(tree, module.__name__.rpartition(".")[2], found, fetched=now, cursor={},
                           asked={}, terms={}, convention=convention)  # fmt: skip
    return found


@pytest.mark.parametrize("event", SPAN)
def test_no_adjusted_bar_jumps_and_the_older_snapshot_reads_as_it_was(tree, event):
    first, between, last = SPAN[event]
    listing = apple(first, last)
    now = datetime.combine(last, time(), UTC) + timedelta(hours=36)
    series = {}
    for module in (yahoo, massive):
        source = module.__name__.rpartition(".")[2]
        old = fetched(tree, module, listing, between, None)
        snapshot = reading.snapshots.current(tree).number
        before = reading.bars_adjusted(tree, snapshot, source)
        overlap = fetched(tree, module, listing, now, between.replace(day=between.day - 4))
        assert restating.restated(old, overlap)["AAPL"].startswith(f"a {event} of 2")
        fetched(tree, module, listing, now, None)
        newest = reading.snapshots.current(tree).number
        assert newest > snapshot
        pd.testing.assert_frame_equal(reading.bars_adjusted(tree, snapshot, source), before)
        series[source] = reading.bars_adjusted(tree, newest, source).set_index("timestamp")
    ours = {name: frame["adj_close"] for name, frame in series.items()}
    pd.testing.assert_series_equal(ours["yahoo"], ours["massive"], rtol=1e-9)
    assert len(ours["yahoo"]) == len(listing.days)
    assert (ours["yahoo"].pct_change().abs().dropna() < 0.08).all()
