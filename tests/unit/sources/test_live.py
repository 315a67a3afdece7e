"""What the store holds, as records: of what is listed, and of nothing else."""

from datetime import UTC, datetime

from tidemark.errors import InputError
from tidemark.project import Tree
from tidemark.sources import live
from tidemark.sources.contract import Batch, Request
from tidemark.stored import writing
from tidemark.stored.manifest import Asked
from tidemark.stored.writing import Extent

import pandas as pd
import pytest

MASSIVE = Extent("massive")
AT = datetime(2026, 11, 5, 20, tzinfo=UTC)


@pytest.fixture
def tree(tmp_path) -> Tree:
    return Tree.at(tmp_path)


def bars(ticker: str, *closes: float, live_last: bool = False) -> pd.DataFrame:
    days = pd.date_range("2026-11-02", periods=len(closes)).strftime("%Y-%m-%dT00:00:00Z")
    frame = pd.DataFrame({"ticker": ticker, "timestamp": days, "close": closes, "interval": "1d"})
    return frame.assign(live=[live_last and day == days[-1] for day in days])


def actions(*told: tuple[str, str, float], ticker: str = "IBM") -> pd.DataFrame:
    rows = [{"ticker": ticker, "timestamp": f"{day}T00:00:00Z", "kind": kind, "value": value}
            for day, kind, value in told]  # fmt: skip
    return pd.DataFrame(rows)


def put(
    tree: Tree, source: str = "prices", convention: str | None = "none", at: datetime = AT,
    extent: Extent = MASSIVE, **rows: pd.DataFrame,
) -> None:  # fmt: skip
    writing.commit_all(
        tree, source, rows, fetched=at, cursor={}, asked={}, terms={}, convention=convention,
        extent=extent,
    )  # fmt: skip


def ids(*names: str, **other: str) -> list[tuple[str, str]]:
    return [*((name, name) for name in names), *other.items()]


def read(tree: Tree, what: str = "prices", source: str = "prices", **section: object) -> Batch:
    path = f"data/store/current/{source}.json"
    usual = {"path": path, "provider": "massive", "ids": ids("IBM", "AAPL"), "interval": None}
    usual["since"] = None
    request = Request(
        usual | section, lambda name: {name: (tree / name).read_bytes()}, dict, lambda: False
    )
    return getattr(live, what)(request)


def test_what_is_not_listed_is_left_out_and_said(tree):
    put(tree, bars=pd.concat([bars("IBM", 1, 2), bars("AAPL", 3), bars("OLD", 4, 5)]),
        actions=pd.concat([actions(("2026-11-03", "dividend", 0.1)),
                           actions(("2026-11-03", "dividend", 0.1), ticker="OLD")]))  # fmt: skip
    batch = read(tree)
    assert batch.records["ticker"].tolist() == ["AAPL", "IBM", "IBM"]
    assert batch.notes == ["OLD stored, and not in fetch_data.prices.tickers: left out"]
    assert read(tree, "actions").records["ticker"].tolist() == ["IBM"]


def test_what_is_listed_and_was_never_fetched_is_an_error(tree):
    put(tree, bars=bars("IBM", 1, 2))
    with pytest.raises(InputError, match="nothing of AAPL, which was not fetched yet") as error:
        read(tree)
    assert "make fetch_data" in str(error.value)


def test_what_the_provider_has_not_is_told_and_the_others_are_read(tree):
    put(tree, bars=bars("IBM", 1, 2), extent=Extent("massive", lacks=frozenset({"AAPL"})))
    batch = read(tree)
    assert batch.records["ticker"].tolist() == ["IBM", "IBM"]
    (alert,) = batch.alerts
    assert alert.startswith("AAPL: the provider had nothing when it was asked")
    with pytest.raises(InputError, match="AAPL: the provider had nothing"):
        read(tree, ids=ids("AAPL"))


def test_a_ticker_of_which_there_is_a_quote_alone_is_no_error(tree):
    put(tree, bars=pd.concat([bars("IBM", 1, 2), bars("AAPL", 3, live_last=True)]))
    batch = read(tree)
    assert set(batch.records["ticker"]) == {"IBM"}
    assert batch.notes == ["1 bar not closed yet left out: AAPL"]


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"provider": "yahoo"}, "has rows of massive, and the provider is yahoo now"),
        ({"interval": "1h"}, "has bars of 1d, and fetch_data.prices.interval is 1h"),
    ],
)
def test_rows_of_something_else_are_refused(tree, section, words):
    put(tree, bars=pd.concat([bars("IBM", 1), bars("AAPL", 3)]))
    with pytest.raises(InputError, match=words) as error:
        read(tree, **section)
    assert "make fetch_data" in str(error.value)


@pytest.mark.parametrize(
    ("convention", "kinds"),
    [("none", ["dividend", "split"]), ("splits", ["dividend"]), ("splits_and_dividends", [])],
)
def test_actions_are_those_that_closes_are_not_adjusted_for(tree, convention, kinds):
    put(tree, convention=convention, bars=pd.concat([bars("IBM", 4, 4, 4), bars("AAPL", 3)]),
        actions=actions(("2026-11-03", "split", 2.0), ("2026-11-04", "dividend", 0.1)))  # fmt: skip
    batch = read(tree, "actions")
    assert sorted(batch.records["kind"]) == kinds
    assert len(batch.notes) == (convention != "none")


def test_no_action_at_all_is_none_and_no_error(tree):
    put(tree, bars=pd.concat([bars("IBM", 1), bars("AAPL", 3)]))
    records = read(tree, "actions").records
    assert records.empty
    assert [str(records[name].dtype) for name in ("ticker", "kind")] == ["str", "str"]


def values(*told: tuple[str, str, float | None]) -> pd.DataFrame:
    return pd.DataFrame(
        [{"series": name, "timestamp": f"{day}T00:00:00Z", "value": value}
         for name, day, value in told]
    )  # fmt: skip


SERIES = {"provider": "bls", "release_lag_days": 1, "release_zone": "UTC", "release_time": None}
SERIES |= {"ids": ids("jobs", "pay")}
SERIES |= {"columns": {"timestamp": "timestamp", "jobs": "jobs", "pay": "pay"}}


def test_a_value_that_was_restated_is_the_first_one_that_was_published(tree):
    """What came later was not known then, whatever release_lag_days says."""
    first = values(("jobs", "2026-10-01", 1.0), ("pay", "2026-10-01", 2.0))
    put(tree, "us", None, extent=Extent("bls"), series=first)
    later = datetime(2027, 2, 1, tzinfo=UTC)
    put(tree, "us", None, later, Extent("bls"), series=values(("jobs", "2026-10-01", 9.0)))
    batch = read(tree, "economic", "us", **SERIES)
    (row,) = batch.records.to_dict("records")
    assert (row["jobs"], row["pay"]) == (1.0, 2.0)
    assert row["available_at"] == pd.Timestamp("2026-10-03")
    assert batch.notes == ["1 revision of values left out: the first published hold"]


def test_a_value_that_was_missing_first_is_known_since_it_came(tree):
    first = values(("jobs", "2026-10-01", None), ("pay", "2026-10-01", 2.0))
    put(tree, "us", None, extent=Extent("bls"), series=first)
    later = datetime(2027, 2, 1, tzinfo=UTC)
    put(tree, "us", None, later, Extent("bls"), series=values(("jobs", "2026-10-01", 9.0)))
    (row,) = read(tree, "economic", "us", **SERIES | {"release_lag_days": None}).records.to_dict(
        "records"
    )
    assert (row["jobs"], row["available_at"]) == (9.0, pd.Timestamp("2027-02-01"))


def test_a_series_without_a_value_is_an_error_and_no_column_of_nothing(tree):
    put(tree, "us", None, extent=Extent("bls"), series=values(("jobs", "2026-10-01", 1.0)))
    with pytest.raises(InputError, match="has nothing of pay"):
        read(tree, "economic", "us", **SERIES)


ASKED = Extent("massive", asked={"IBM": Asked("IBM", "2026-11-03"), "AAPL": Asked("AAPL")})


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"ids": ids("IBM", AAPL="AAPL.US")}, "AAPL was fetched as AAPL, and is AAPL.US now"),
        ({}, "IBM was fetched from 2026-11-03 on, and is wanted whole"),
        ({"since": "2026-11-01"}, "IBM was fetched from 2026-11-03 on, and is wanted from 2026-11"),
    ],
)
def test_what_is_asked_for_otherwise_now_is_to_be_fetched_first(tree, section, words):
    put(tree, bars=pd.concat([bars("IBM", 1, 2, 3), bars("AAPL", 3)]), extent=ASKED)
    with pytest.raises(InputError, match=words) as error:
        read(tree, **section)
    assert "make fetch_data" in str(error.value)


def test_a_later_since_leaves_out_what_lies_before(tree):
    put(tree, bars=pd.concat([bars("IBM", 1, 2, 3), bars("AAPL", 3, 4, 5)]), extent=ASKED)
    batch = read(tree, since="2026-11-04")
    assert batch.records["close"].tolist() == [5, 3]


def test_a_file_of_rows_that_is_gone_is_said_by_its_name(tree):
    put(tree, bars=pd.concat([bars("IBM", 1), bars("AAPL", 3)]))
    (path,) = (tree / "data/store/objects").glob("*.parquet")
    path.unlink()
    with pytest.raises(InputError, match=f"{path.name}: is gone") as error:
        read(tree)
    assert "make snapshots VERIFY=yes" in str(error.value)


def test_a_list_of_files_that_somebody_edited_is_refused(tree):
    put(tree, bars=pd.concat([bars("IBM", 1), bars("AAPL", 3)]))
    path = tree / "data/store/current/prices.json"
    path.write_bytes(path.read_bytes().replace(b'"rows": 2', b'"rows": 3'))
    with pytest.raises(InputError, match="was altered: no snapshot has it so"):
        read(tree)
