"""Where the records of a JSON file stand."""

import json

from tidemark.adopting.form import json_records
from tidemark.errors import InputError

import pytest

DAYS = [f"2013-01-{day:02}" for day in range(1, 13)]
RECORDS = [{"date": day, "close": 100.5} for day in DAYS]
PAIRS = [[1704067200000 + 86400000 * n, 100.5] for n in range(12)]
BY_DATE = {day: {"open": "100", "close": "101"} for day in DAYS}


@pytest.mark.parametrize(
    ("document", "records"),
    [
        (RECORDS, None),
        (PAIRS, None),
        (BY_DATE, None),
        ({"Open": dict.fromkeys(DAYS, 1.5), "Close": dict.fromkeys(DAYS, 2.5)}, None),
        ({"date": DAYS, "close": [1.5] * 12}, None),
        ({"columns": ["close"], "index": DAYS, "data": [[1.5]] * 12}, None),
        ({"status": "OK", "results": RECORDS, "errors": []}, "results"),
        ({"Meta Data": {"1. Symbol": "IBM", "2. Size": "full"}, "Daily": BY_DATE}, "Daily"),
        ({"error": [], "result": {"XXBTZUSD": PAIRS, "last": 1704067200}}, "result.XXBTZUSD"),
        ({"dataset": {"column_names": ["Date", "Close"], "data": PAIRS}}, "dataset"),
        ({"splits": RECORDS[:2], "bars": RECORDS}, "bars"),
        ({"market_caps": PAIRS, "prices": PAIRS}, "prices"),
        ({"prices": PAIRS, "total_volumes": [[1704067200000, 5], *PAIRS]}, "prices"),
        (
            {"results": RECORDS, "dividends": [{"day": day, "cash": 0.5} for day in DAYS[:3]]},
            "results",
        ),
        ({"results": RECORDS, "symbols": [{"id": n, "name": "KO"} for n in range(3)]}, "results"),
    ],
)
def test_records_are_found(document, records):
    form, _ = json_records.of("a.json", json.dumps(document).encode(), lines=False)
    assert form.records == records


TEXTS = [[day, "1.5"] for day in DAYS]


@pytest.mark.parametrize(
    ("records", "header_line"),
    [(PAIRS, 0), ([["t", "c"], *PAIRS], 1), (TEXTS, 0), ([["date", "600519"], *TEXTS], 1)],
)
@pytest.mark.parametrize("lines", [True, False])
def test_lists_of_values_have_no_header(records, header_line, lines):
    text = "\n".join(map(json.dumps, records)) if lines else json.dumps({"prices": records})
    form, _ = json_records.of("a.json", text.encode(), lines=lines)
    assert form.header_line == header_line


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('{"Note": "25 requests a day"}', "Note: 25 requests a day"),
        ('{"date": "2013-01-02", "close": 1}\n{"date": "2013-01-03", "close": 2}', "in .jsonl"),
        ("[]", "no list of records"),
        ('[{"date": "2013-01-02", "close": 1.5}', "not whole JSON"),
        (json.dumps({"AAPL": RECORDS, "IBM": RECORDS}), "several lists of records: AAPL, IBM"),
        (json.dumps({"AAPL": RECORDS, "IBM": RECORDS[1:]}), "several lists of records: AAPL, IBM"),
        (
            json.dumps({"gold": RECORDS, "silver": [{"at": 20130102, "usd": 30.5}] * 5}),
            "several lists of records: gold, silver",
        ),
        (
            json.dumps({"gold": RECORDS, "silver": PAIRS[1:]}),
            "several lists of records: gold, silver",
        ),
    ],
)
def test_what_holds_no_records_is_refused(text, word):
    with pytest.raises(InputError, match=word):
        json_records.of("a.json", text.encode(), lines=False)
