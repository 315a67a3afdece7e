"""A mirror brought up to date: it has the rows of the current snapshot, and what came before."""

import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mirrored_stores import PRIVATE, SHARED, at, bars, put, send
from postgres_server import PASSWORD
from tidemark.config import mirror
from tidemark.errors import InputError
from tidemark.mirroring import server as servers
from tidemark.mirroring.partitions import TABLES, Sending
from tidemark.project import Tree
from tidemark.stored import reading, snapshots
from tidemark.stored.writing import commit_all

import pandas as pd
import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"


@pytest.fixture
def tree(tmp_path) -> Tree:
    return Tree.at(tmp_path)


def rows(server, kind, table=None):
    """What the mirror has of a kind, by source, in the order of keys, as texts."""
    found = server.run(f"SELECT to_jsonb(t) FROM {table or TABLES[kind]} t")
    return sorted((str(sorted(one.items(), key=str)) for (one,) in found), key=str)


def same_as_the_store(server, tree, *, superseded=True):
    """Whether each table has the rows of the current snapshot, by key, checksum and fetch."""
    current = snapshots.current(tree)
    for kind, table in TABLES.items():
        for name, history in ((table, False), (f"{table}_history", True)):
            if history and not superseded:
                continue
            found = {
                (str(source), str(checksum), fetched, int(revision), when)
                for source, checksum, fetched, revision, when in server.run(
                    f"SELECT source, checksum, fetched_at, revision, superseded_at FROM {name}"
                )
            }
            expected = set()
            for source in current.sources:
                if kind not in snapshots.manifest_of(tree, current, source).kinds:
                    continue
                kept = reading.rows(tree, None, source, kind, superseded=True)
                own = kept[kept["superseded_at"].notna() == history]
                expected |= {
                    (source, one.checksum, one.fetched_at.to_pydatetime(), one.revision,
                     None if pd.isna(one.superseded_at) else one.superseded_at.to_pydatetime())
                    for one in own.itertuples()
                }  # fmt: skip
            assert found == expected, name


def test_a_first_load_an_addition_and_a_restatement(server, tree):
    put(tree, 1, bars(40))
    first = send(server, tree)
    assert (first.sent.added, first.sent.replaced, first.migrations) == (40, 0, 2)
    put(tree, 2, bars(45))
    put(tree, 3, bars(10, close=50.0))
    again = send(server, tree)
    assert (again.sent.added, again.sent.replaced) == (5, 10)
    same_as_the_store(server, tree)
    before = rows(server, "bars"), rows(server, "bars", "market_data.bars_history")
    nothing = send(server, tree)
    assert (nothing.sent.partitions, nothing.objects, nothing.records) == (0, 0, 0)
    assert before == (rows(server, "bars"), rows(server, "bars", "market_data.bars_history"))


def test_an_older_snapshot_that_comes_back_is_what_the_mirror_then_has(server, tree):
    put(tree, 1, bars(40))
    put(tree, 2, bars(45, close=90.0))
    send(server, tree)
    snapshots.restore(tree, 1, at(3))
    send(server, tree)
    same_as_the_store(server, tree, superseded=False)
    ((count,),) = server.run("SELECT count(*) FROM market_data.bars_history")
    assert count == 40 + 45  # the first ones replaced, and those that went
    snapshots.restore(tree, 2, at(4))
    send(server, tree)
    same_as_the_store(server, tree, superseded=False)


def test_a_row_that_a_provider_takes_back_goes_to_the_history(server, tree):
    two = [("dividend", 0.5), ("dividend", 0.2)]

    def actions(some):
        return pd.DataFrame(
            {"ticker": "IBM", "timestamp": "2026-01-05T00:00:00Z", "currency": "USD",
             "kind": [kind for kind, _ in some], "value": [value for _, value in some]}
        )  # fmt: skip

    put(tree, 1, actions(two), kind="actions")
    send(server, tree)
    put(tree, 2, actions(two[:1]), kind="actions")
    send(server, tree)
    same_as_the_store(server, tree)


def test_all_kinds_arrive_with_their_values(server, tree):
    odd = "tab\t, new\nline, \\. and \\N, \"quotes\", '', é 漢 🙂, NUL \0"
    articles = pd.DataFrame(
        [
            {"id": "1", "timestamp": "2026-11-02T10:00:00.123456Z", "title": odd, "summary": "\\.",
             "url": "", "source": "Press", "tickers": ['A"B', "C\\D", "É,F", "{}"]},
            {"id": "2", "timestamp": "2026-11-02T10:00:00Z", "title": "\\N", "summary": None,
             "url": "x", "source": "Press", "tickers": []},
        ]
    )  # fmt: skip
    series = pd.DataFrame(
        {"series": "DGS10", "vintage": [None, "2026-11-03"], "value": [0.1 + 0.2, float("inf")],
         "timestamp": "2026-11-02T00:00:00Z", "known_at": "2026-11-02T16:00:00Z"}
    )  # fmt: skip
    events = pd.DataFrame(
        {"ticker": [None, "IBM"], "kind": "earnings", "timestamp": "2026-12-02T00:00:00Z",
         "announced_at": "2026-11-01T00:00:00Z", "name": "Q4", "value": [float("nan"), -1e-300]}
    )  # fmt: skip
    put(tree, 1, articles, "papers", "news")
    put(tree, 1, series, "rates", "series")
    put(tree, 1, events, "dates", "events")
    done = send(server, tree)
    assert done.sent.nul == 1
    same_as_the_store(server, tree)
    found = server.run(
        "SELECT title, summary, url, publisher, tickers, timestamp FROM news.articles ORDER BY id"
    )
    when = datetime(2026, 11, 2, 10, tzinfo=UTC)
    assert found == [
        [odd.replace("\0", "␀"), "\\.", "", "Press", ['A"B', "C\\D", "É,F", "{}"],
         when + timedelta(microseconds=123456)],
        ["\\N", None, "x", "Press", [], when],
    ]  # fmt: skip
    values = server.run("SELECT vintage, value FROM economic_data.series ORDER BY 1 NULLS FIRST")
    assert values == [[None, 0.1 + 0.2], ["2026-11-03", float("inf")]]
    values = server.run("SELECT ticker, value FROM events.calendar ORDER BY 1 NULLS FIRST")
    assert values == [[None, None], ["IBM", -1e-300]]


def test_rows_go_in_batches_and_straight_where_that_is_slow_with_the_same_end(
    postgres, server, tree, monkeypatch
):
    put(tree, 1, pd.concat([bars(60, ticker=f"T{number}") for number in range(200)]))
    put(tree, 2, bars(20, close=7.0, ticker="T7"))
    sizes = []
    run = servers.Server.run

    def noted(self, sql, **values):
        found = run(self, sql, **values)
        if "timescale_upsert('" in sql:
            sizes.append(sum(found[0]))
        return found

    monkeypatch.setattr(servers.Server, "run", noted)
    done = send(server, tree)
    assert (done.sent.added, done.sent.straight) == (12_000, 0)
    assert max(sizes) <= 5000
    assert sum(sizes) == 12_000
    assert len(sizes) == 5  # of January 5,000 and 1,000, of February 5,000 and 600, of March
    same_as_the_store(server, tree)
    plain = rows(server, "bars"), rows(server, "bars", "market_data.bars_history")

    postgres.query("postgres", "CREATE DATABASE straight")
    settings = mirror.Postgres(postgres.address("straight"))
    with servers.opened(settings, {"PGPASSWORD": PASSWORD}) as other:
        done = send(other, tree, batch_rows=1000, slow_seconds=0.0)
        assert done.sent.straight == 2  # all but the first one
        assert (rows(other, "bars"), rows(other, "bars", "market_data.bars_history")) == plain
        put(tree, 3, bars(50, close=8.0, ticker="T7"))
        send(other, tree, batch_rows=500, slow_seconds=0.0)
        same_as_the_store(other, tree)
        send(server, tree)
        assert rows(other, "bars") == rows(server, "bars")


def test_rows_that_must_not_be_shared_stay_and_go_when_terms_change(server, tree):
    put(tree, 1, bars(3))
    put(tree, 1, bars(4, ticker="SECRET"), source="fred", terms=PRIVATE)
    done = send(server, tree)
    assert done.unshared == {"fred"}
    assert server.run("SELECT DISTINCT source FROM market_data.bars") == [["prices"]]
    held = {str(name) for (name,) in server.run("SELECT name FROM tidemark.objects")}
    private = snapshots.manifest_of(tree, snapshots.current(tree), "fred").objects
    assert not held & private
    put(tree, 2, bars(5), terms=PRIVATE)
    done = send(server, tree)
    assert (done.unshared, done.removed) == ({"fred", "prices"}, 3)
    assert server.run("SELECT count(*) FROM market_data.bars") == [[0]]
    assert not server.run("SELECT name FROM tidemark.objects WHERE name LIKE '%.parquet'")
    assert not server.run("SELECT name FROM tidemark.object_parts WHERE name LIKE '%.parquet'")


def test_rows_replaced_long_ago_go_too_when_terms_change(server, tree):
    put(tree, 1, bars(3))
    put(tree, 1, bars(3), source="other")
    send(server, tree)
    snapshots.restore(tree, 1, at(2))
    send(server, tree)  # all rows of the other source are in the history
    assert server.run("SELECT count(*) FROM market_data.bars_history") == [[3]]
    put(tree, 3, bars(3, close=1.0), source="other", terms=PRIVATE)
    assert send(server, tree).removed == 3
    assert server.run("SELECT count(*) FROM market_data.bars_history") == [[0]]


@pytest.mark.parametrize("slow_seconds", [2.0, 0.0])
def test_partitions_of_other_names_take_the_rows_over(server, tree, slow_seconds):
    """As when what was a file a month becomes one a year."""
    put(tree, 1, bars(40))
    put(tree, 1, bars(20, ticker="MSFT", first="2027-01-04T14:30:00Z"))
    send(server, tree)
    listed = snapshots.manifest_of(tree, snapshots.current(tree), "prices")
    part = listed.kinds["bars"]
    names = {label: f"{label} x" for label in part.partitions}
    renamed = replace(part, partitions={names[it]: one for it, one in part.partitions.items()})
    other = replace(listed, kinds={"bars": renamed})
    before = server.run("SELECT ticker, timestamp, close FROM market_data.bars ORDER BY 1, 2")
    for _ in range(2):
        Sending(server, tree, at(2), slow_seconds=slow_seconds, batch_rows=5).send([other])
        found = server.run("SELECT ticker, timestamp, close FROM market_data.bars ORDER BY 1, 2")
        assert found == before
        labels = server.run("SELECT DISTINCT partition FROM market_data.bars ORDER BY 1")
        assert [label for (label,) in labels] == sorted(names.values())
        assert server.run("SELECT count(*) FROM market_data.bars_history") == [[0]]


def test_a_mirror_is_that_of_one_store(server, tree, tmp_path):
    put(tree, 1, bars(3))
    send(server, tree)
    other = Tree.at(tmp_path / "other")
    put(other, 2, bars(3))
    with pytest.raises(InputError, match="is not the one of this data/store"):
        send(server, other)


def test_only_one_writes_at_a_time(postgres, database, server):
    settings = mirror.Postgres(postgres.address(database))
    with (
        servers.alone(server),
        servers.opened(settings, {"PGPASSWORD": PASSWORD}) as other,
        pytest.raises(InputError, match="another one is writing"),
        servers.alone(other),
    ):
        pass
    with servers.alone(server):
        pass


SENDER = """
import sys
sys.path.insert(0, sys.argv[1])
from tidemark.config import mirror
from tidemark.mirroring import sending, server as servers
from tidemark.project import Tree
settings = mirror.Postgres(sys.argv[3])
with servers.opened(settings, {"PGPASSWORD": sys.argv[4]}) as server, servers.alone(server):
    print("connected", flush=True)
    sending.send(server, Tree.at(__import__("pathlib").Path(sys.argv[2])), None, {},
        lambda done, of, what: print(what, done, flush=True), batch_rows=20)
"""


def test_a_mirror_killed_in_the_middle_ends_the_same(postgres, database, server, tree):
    put(tree, 1, bars(900))
    put(tree, 2, bars(500, close=3.0))
    command = [sys.executable, "-c", SENDER, SCRIPTS, tree / ".", postgres.address(database)]
    interrupted = 0
    for after in (1, 2, 8, 14):
        with subprocess.Popen([*command, PASSWORD], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            for _ in range(after):
                process.stdout.readline()
            time.sleep(0.003)
            process.send_signal(signal.SIGKILL)
        interrupted += process.returncode == -signal.SIGKILL
        _until_the_server_saw_it(server)
    assert interrupted >= 3
    with servers.alone(server):
        send(server, tree)
    same_as_the_store(server, tree)
    assert server.run("SELECT sum(rows) FROM tidemark.partitions") == [[900]]


def _until_the_server_saw_it(server):
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    for _ in range(200):
        if server.run(others) == [[0]]:
            return
        time.sleep(0.05)
    raise AssertionError("the server still has a connection of the one that was killed")


def test_bars_and_their_actions_of_one_commit_arrive_together(server, tree):
    actions = pd.DataFrame(
        {"ticker": "IBM", "timestamp": ["2026-01-05T00:00:00Z"], "kind": "split", "value": 4.0}
    )
    commit_all(
        tree, "prices", {"bars": bars(10), "actions": actions}, fetched=at(1), cursor={},
        asked={}, terms=SHARED, convention="splits",
    )  # fmt: skip
    send(server, tree)
    same_as_the_store(server, tree)
