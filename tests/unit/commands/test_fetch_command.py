"""What `make fetch_data` starts: each source for itself, and what its exit code says."""

import sys
from datetime import date

from commands import fetch as command
from fakes.ecb import Ecb, rates_of
from tidemark.errors import InputError
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
