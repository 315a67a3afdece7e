"""Whatever is wrong in a body of prices, it is a PayloadError, or the records fit the schema."""

import contextlib
import copy
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from fakes.coingecko import KEYS, CoinGecko
from fakes.direct import by_path, way
from fakes.listings import Listing, Traded, apple
from fakes.massive import KEY, Massive
from fakes.yahoo import Yahoo
from tidemark.providers import coingecko, massive, yahoo
from tidemark.providers.contract import Answer, Ask, Call, PayloadError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

jsonschema_rs = pytest.importorskip("jsonschema_rs")

SCHEMA = Path(__file__).resolve().parents[3] / "schemas" / "market_data.json"
VALIDATOR = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text("utf-8")))
NOW = datetime(2005, 3, 5, 2, tzinfo=UTC)
LISTING = apple(date(2005, 2, 24), date(2005, 3, 4))
HOURS = Listing(
    "AAPL",
    within={"1h": {NOW - timedelta(hours=n): Traded(1.0, 2.0, 0.5, 1.5, 9) for n in range(3, 9)}},
)
PRICES = {NOW.replace(hour=0) - timedelta(minutes=30) * n: 1.0 + n for n in range(400)}
VALUES = some.sampled_from(
    [None, True, "", "x", -1, 0, 1.5, 1e300, 10**30, [], [None], [[]], {}, {"x": 1}, "2005-02-28"]
)
CASES = {
    "yahoo": (yahoo, lambda: Yahoo([LISTING], NOW), Ask("AAPL", "A", now=NOW)),
    "yahoo hours": (yahoo, lambda: Yahoo([HOURS], NOW), Ask("AAPL", "A", "1h", now=NOW)),
    "massive": (massive, lambda: Massive([LISTING], NOW), Ask("AAPL", "A", now=NOW)),
    "coingecko": (coingecko, lambda: CoinGecko({"bitcoin": PRICES}, NOW),
                  Ask("bitcoin", "B", now=NOW)),
    "candles": (coingecko, lambda: CoinGecko({"bitcoin": PRICES}, NOW),
                Ask("bitcoin", "B", "4h", now=NOW)),
}  # fmt: skip


def places(value: Any, above: tuple = ()) -> Iterator[tuple]:
    """The ways to all values within one."""
    yield above
    inner = value.items() if isinstance(value, dict) else enumerate(
        value if isinstance(value, list) else ())  # fmt: skip
    for key, each in inner:
        yield from places(each, (*above, key))


@pytest.fixture(scope="module")
def bodies() -> dict[str, dict[str, Any]]:
    """What each fake sends, by path."""
    found: dict[str, dict[str, Any]] = {}
    for name, (module, fake, ask) in CASES.items():
        sent = found.setdefault(name, {})
        with fake() as server:
            base = server.base + ("/api/v3" if module is coingecko else "")
            get = way(base, {"": KEY, **KEYS}, NOW)

            def kept(call: Call, get=get, sent=sent) -> Answer:
                answer = get(call)
                sent[call.path] = json.loads(answer.body)
                return answer

            assert [page for page in module.bars(ask, kept) if page.records]
    return found


@settings(max_examples=150, deadline=None)
@given(data=some.data())
@pytest.mark.parametrize("name", CASES)
def test_another_value_somewhere_is_told_or_taken(bodies, name, data):
    module, _, ask = CASES[name]
    spoilt = copy.deepcopy(bodies[name])
    path = data.draw(some.sampled_from(sorted(spoilt)))
    *above, last = data.draw(some.sampled_from([p for p in places(spoilt[path], ()) if p]))
    inner = spoilt[path]
    for key in above:
        inner = inner[key]
    inner[last] = data.draw(VALUES)
    with contextlib.suppress(PayloadError):
        for page in module.bars(ask, by_path(spoilt, NOW)):
            VALIDATOR.is_valid({page.kind: list(page.records)})  # takes plain values alone
