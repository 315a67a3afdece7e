"""What reports say of sources: licences, which data, and what terms keep inside."""

from datetime import datetime

from tidemark.reporting import licences

import pytest

ALL = ("may_store", "may_share", "may_train", "may_commercial")
FILE = {
    "source": "prices",
    "provider": None,
    "path": "/home/ann/My Data.csv",
    "rows": 12,
    "first": datetime(2026, 1, 2),
    "last": datetime(2026, 10, 30),
    "data_sha256": "0123456789abcdef" * 4,
    "licence": None,
    "attribution": "",
    "terms_page": None,
    "terms_read": None,
    **dict.fromkeys(ALL),
    "accepted_by": None,
}
RATES = FILE | {
    "source": "rates",
    "provider": "fred",
    "path": None,
    "last": datetime(2026, 10, 30, 19, 30),
    "data_sha256": "f" * 64,
    "licence": "no archiving",
    "attribution": "Not endorsed.",
    "terms_page": "https://f.example",
    "terms_read": "2026-11-30",
    **dict.fromkeys(ALL, False),
    "accepted_by": "Ada",
}
OPEN = RATES | dict.fromkeys(ALL, True)


@pytest.mark.parametrize(
    ("allowed", "words"),
    [
        (ALL, "may be kept, shared, trained on and used commercially"),
        (
            ("may_store", "may_train"),
            "may be kept and trained on, but not shared or used commercially",
        ),
        (("may_store",), "may be kept, but not shared, trained on or used commercially"),
        ((), "may not be kept, shared, trained on or used commercially"),
    ],
)
def test_permissions_are_said_in_words(allowed, words):
    assert licences.permits(RATES | dict.fromkeys(allowed, True)) == words


def test_of_a_file_nothing_is_said_but_which_data_it_has():
    told = licences.told([FILE])
    assert (told["licences"], told["kept_inside"]) == ([], [])
    assert told["as_stored"] == "Data as stored: prices 0123456789ab, rows up to 2026-10-30."
    assert told["sources"][0]["permits"] == ""
    assert told["sources"][0]["origin"] == "My Data.csv", "without the folder"


def test_a_provider_is_named_once_with_all_its_sources():
    told = licences.told([FILE, RATES, RATES | {"source": "gdp"}])
    (sentence,) = told["licences"]
    assert sentence == (
        "rates and gdp, from fred: no archiving, read on 2026-11-30 at https://f.example. Not"
        " endorsed. Rows may not be kept, shared, trained on or used commercially. Ada accepted"
        " that."
    )
    assert told["kept_inside"] == ["rates", "gdp"]
    assert [row["origin"] for row in told["sources"]] == ["My Data.csv", "fred", "fred"]
    assert "rates ffffffffffff, rows up to 2026-10-30 19:30" in told["as_stored"]


def test_a_source_without_rows_is_of_no_day():
    assert licences.told([FILE | {"rows": 0, "first": None, "last": None}])["as_stored"] == ""


FOUND = [
    {"dataset": name, "rule": "maximum", "message": "the first 4.0123", "cure": "mend 4.0123"}
    for name in ("prices", "rates")
]


def test_what_a_finding_quotes_is_left_out_where_terms_forbid_to_share_it():
    shown = licences.quoted(FOUND, [FILE, RATES])
    assert shown[0] == FOUND[0]
    assert "4.0123" not in str(shown[1])
    assert "terms of fred" in shown[1]["message"]
    assert licences.quoted(FOUND, [FILE, OPEN]) == FOUND
