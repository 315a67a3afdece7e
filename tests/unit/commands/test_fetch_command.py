"""What `make fetch_data` starts: each source for itself, what its exit code says, who is told."""

import json
import sys
from datetime import date

from commands import fetch as command
from fakes import server
from fakes.ecb import Ecb, rates_of
from tidemark.config import view
from tidemark.errors import InputError
from tidemark.fetching import outcomes
from tidemark.project import CODE, Tree
from tidemark.stored import snapshots

import pytest

RATES = dict(list(rates_of(CODE / "data/sample/fx.csv").items())[:40])
CONFIG = """
fetch_data:
  prices: {{provider: massive, tickers: [IBM], since: 2026-10-01}}
  economic:
    rates: {{provider: ecb, series: {{{series}}}, since: 2026-10-01}}
fetch:
  tries: 1
  addresses: {{ecb: "{address}", massive: "http://127.0.0.1:9"}}
"""


@pytest.fixture
def ecb():
    with Ecb(RATES, date(2026, 10, 30)) as running:
        yield running


@pytest.fixture
def start(tmp_path, monkeypatch, ecb):
    """Run it for some sources, with these series."""
    monkeypatch.delenv("MASSIVE_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "HERE", Tree(tmp_path, CODE))
    keys = {"alerts": {"webhook": None, "owners": {"Data Eng": ["fetch_data"]}, "channels": {}}}
    view.sync(command.HERE, keys, "", 0)

    def run(*sources: str, series: str = "usd: USD") -> int:
        text = CONFIG.format(series=series, address=ecb.address)
        (tmp_path / "config.yaml").write_text(text, "utf-8")
        monkeypatch.setattr(sys, "argv", ["fetch.py", *sources])
        return command.main()

    return run


def test_a_key_that_is_missing_stops_its_own_source_alone(start, capsys):
    with pytest.raises(InputError, match="MASSIVE_API_KEY"):
        start("prices", "rates")
    assert "fetched rates: 22 rows new" in capsys.readouterr().out
    assert [*snapshots.current(command.HERE).sources] == ["rates"]


@pytest.mark.parametrize(("series", "code"), [("usd: USD, x: XXX", 0), ("x: XXX", 1)])
def test_some_that_fail_are_no_failure_and_all_are(start, capsys, series, code):
    assert start("rates", series=series) == code
    assert "x: ecb sends nothing of XXX" in capsys.readouterr().err


def test_what_is_stored_does_where_all_fail_now(start, ecb):
    start("rates")
    ecb.rates = {}
    assert start("rates") == 0


def alerts() -> list[tuple[str, str, str, str]]:
    path = command.HERE / "logs/alerts.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    told = map(json.loads, lines)
    return [(it["severity"], it["owner"], it["source"], it["message"]) for it in told]


def last(source: str = "rates") -> outcomes.Outcome:
    found = outcomes.last(command.HERE, source)
    assert found is not None
    return found


def test_what_came_is_kept_and_nobody_is_alerted_if_all_is_well(start):
    start("rates")
    one = last()
    assert (one.state, one.provider, one.added, one.snapshot) == ("fresh", "ecb", 22, 1)
    assert one.asked == one.answered
    assert one.manifest == snapshots.current(command.HERE).sources["rates"].manifest
    assert alerts() == []


def test_the_owner_hears_of_a_source_that_is_stale_and_what_is_stored_stays_of_its_time(start, ecb):
    start("rates")
    fresh = last()
    ecb.always(server.dropped)
    assert start("rates") == 0
    one = last()
    assert (one.state, one.answered, one.manifest) == ("stale", fresh.answered, fresh.manifest)
    ((severity, owner, source, message),) = alerts()
    assert (severity, owner, source) == ("warning", "Data Eng", "rates")
    assert message.startswith("rates is stale: ")
    assert "stale" in (command.HERE / "logs/pipeline.log").read_text("utf-8")


def test_what_is_no_data_is_an_error_with_the_file_and_some_that_failed_a_warning(start, ecb):
    start("rates", series="usd: USD, x: XXX")
    assert (last().state, last().failed) == ("partial", ("x",))
    ecb.answer = lambda asked: server.Reply(b"<html>Sorry</html>", "text/html")
    start("rates")
    one = last()
    assert one.state == "blocked"
    assert (command.HERE / one.rejected).read_bytes() == b"<html>Sorry</html>"
    told = alerts()
    assert [severity for severity, *_ in told] == ["warning", "error"]
    assert one.rejected in told[-1][-1]


def test_a_person_who_must_mend_something_is_told(start):
    with pytest.raises(InputError):
        start("prices")
    assert (last("prices").state, last("prices").answered) == ("blocked", None)
    ((severity, _, source, message),) = alerts()
    assert (severity, source) == ("error", "prices")
    assert "MASSIVE_API_KEY" in message


def test_of_a_restored_snapshot_nobody_says_that_it_is_of_today(start, ecb, monkeypatch):
    ecb.today = date(2026, 10, 29)
    start("rates")
    ecb.today = date(2026, 10, 30)
    start("rates")
    monkeypatch.setenv("SNAPSHOT", "1")
    start("rates")
    monkeypatch.delenv("SNAPSHOT")
    ecb.always(server.dropped)
    start("rates")
    assert (last().state, last().answered) == ("stale", None)


def test_what_is_kept_may_fail_to_be_written_and_no_fetch_fails_of_it(start, tmp_path):
    (tmp_path / "artifacts/fetching").write_text("in the way")
    assert start("rates") == 0
    assert outcomes.last(command.HERE, "rates").state == "unknown"
