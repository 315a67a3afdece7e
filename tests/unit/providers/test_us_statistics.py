"""Series of the BLS and of the Treasury, as their fakes send them."""

from collections.abc import Mapping
from datetime import UTC, datetime

from fakes import server
from fakes.bls import Bls
from fakes.direct import RECEIVED, way
from fakes.treasury import Treasury
from tidemark.errors import BadValue
from tidemark.providers import bls, treasury
from tidemark.providers.contract import Answer, Ask, Call, LaterError, PayloadError

import pytest

# The unemployment rate, seasonally adjusted; October 2025 was never asked.
RATES = {("1948", "M01"): "3.4", ("1948", "M02"): "3.8", ("2000", "M12"): "3.9",
         ("2025", "M09"): "4.4", ("2025", "M10"): "-", ("2025", "M11"): "4.6"}  # fmt: skip
MONTHLY = {(str(year), f"M{month:02}"): "5.0" for year in range(1948, 2026)
           for month in range(1, 13)} | RATES  # fmt: skip


def asked(id: str, now: datetime = RECEIVED, **more) -> Ask:
    return Ask(id=id, name="unemployment", now=now, **more)


def values(pages) -> dict[str, float | None]:
    return {row["timestamp"][:10]: row["value"] for page in pages for row in page.records}


def sent(fake, ask: Ask, module, keys: Mapping[str, str] = {}):
    with fake:
        return list(module.series(ask, way(fake.base, keys)))


@pytest.mark.parametrize("registered", [False, True])
def test_a_whole_series_of_the_bls_comes_oldest_first(registered):
    fake = Bls({"LNS14000000": MONTHLY}, key="sesame", listed=registered)
    ask = asked("LNS14000000", options={"registered": registered})
    pages = sent(fake, ask, bls, {"registered": "sesame"})
    found = values(pages)
    assert list(found) == sorted(found)
    assert len(found) == 78 * 12
    assert found["1948-01-01"] == 3.4
    assert found["2025-10-01"] is None
    assert found["2025-11-01"] == 4.6
    assert {row["series"] for page in pages for row in page.records} == {"unemployment"}
    assert len(fake.asked) == (5 if registered else 9)  # until a decade, or two, without a value
    assert all(("registrationkey" in one.query) == registered for one in fake.asked)


def test_an_update_asks_the_bls_once_and_sees_revisions_beyond_its_window():
    fake = Bls({"LNS14000000": MONTHLY})
    since = datetime(2025, 9, 1, tzinfo=UTC)
    pages = sent(fake, asked("LNS14000000", since=since), bls)
    assert len(fake.asked) == 1
    assert min(values(pages)) == "2017-01-01"


def test_a_series_that_ended_long_ago_is_found():
    old = {("1990", "Q01"): "1.5", ("1990", "Q02"): "1.6", ("1990", "Q05"): "1.55"}
    assert values(sent(Bls({"PRS30006092": old}), asked("PRS30006092"), bls)) == {
        "1990-01-01": 1.5,
        "1990-04-01": 1.6,
    }


def test_until_cuts_what_came_later():
    ask = asked("LNS14000000", since=datetime(2025, 1, 1, tzinfo=UTC),
                until=datetime(2025, 9, 30, tzinfo=UTC))  # fmt: skip
    assert max(values(sent(Bls({"LNS14000000": MONTHLY}), ask, bls))) == "2025-09-01"


def test_a_series_that_is_not_there_costs_one_request_and_is_refused_for_good():
    fake = Bls({})
    with pytest.raises(PayloadError, match=r"no values of LNS0.*does not exist") as refused:
        sent(fake, asked("LNS0"), bls)
    assert refused.value.lasting
    assert len(fake.asked) == 1


def test_a_used_up_day_and_a_wrong_key_are_errors_and_not_an_empty_series():
    with pytest.raises(LaterError, match="BLS gives no more today: Request could not"):
        sent(Bls({"A": MONTHLY}, daily=0), asked("A"), bls)
    ask = asked("A", options={"registered": True})
    with pytest.raises(PayloadError, match="invalid"):
        sent(Bls({"A": MONTHLY}), ask, bls, {"registered": "wrong"})


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Down for maintenance</html>",
        b"",
        b"[]",
        b"null",
        b'{"status": "REQUEST_SUCCEEDED", "message": [], "Results": {}}',
        b'{"status": "REQUEST_SUCCEEDED", "message": [], "Results": {"series": []}}',
        b'{"status": "REQUEST_SUCCEEDED", "message": [], "Results": {"series": '
        b'[{"seriesID": "B", "data": []}]}}',
        b'{"status": "REQUEST_SUCCEEDED", "message": [], "Results": {"series": [{"seriesID": "A", '
        b'"data": [{"year": "2026", "period": "M09", "value": NaN}]}]}}',
        b'{"status": "REQUEST_SUCCEEDED", "message": [], "Results": {"series": [{"seriesID": "A", '
        b'"data": [{"year": "2026", "period": "M09", "value": "nan"}]}]}}',
        b'{"status": "REQUEST_SUCCEEDED", "message": [], "Results": {"series": [{"seriesID": "A", '
        b'"data": [{"year": "2026", "period": "W09", "value": "1"}]}]}}',
        b'{"status": "REQUEST_SUCCEEDED", "message": [], "Results": {"series": [{"seriesID": "A", '
        b'"data": [{"year": "2026", "period": "M09"}]}]}}',
    ],
)
def test_another_body_than_the_documented_one_is_an_error_of_the_payload(body):
    with pytest.raises(PayloadError):
        list(bls.series(asked("A"), lambda call: Answer(body, "application/json", RECEIVED)))


YIELDS = {
    "2024-12-31": {"BC_1MONTH": "4.40", "BC_10YEAR": "4.58", "BC_30YEAR": "4.78"},
    "2025-07-03": {"BC_1MONTH": "4.38", "BC_1_5MONTH": "4.42", "BC_10YEAR": "4.35"},
    "2025-01-02": {"BC_1MONTH": "4.45", "BC_10YEAR": "4.57", "BC_30YEAR": None},
}


@pytest.mark.parametrize("root", ["feed", "pre"])  # the site sends both
def test_yields_come_by_day_with_the_hour_at_which_they_were_known(root):
    since = datetime(2024, 12, 31, tzinfo=UTC)
    fake = Treasury(YIELDS, root)
    pages = sent(fake, asked("BC_10YEAR", since=since, now=datetime(2025, 7, 4, tzinfo=UTC)),
                 treasury)  # fmt: skip
    rows = [row for page in pages for row in page.records]
    assert [(row["timestamp"], row["value"], row["known_at"]) for row in rows] == [
        ("2024-12-31T00:00:00Z", 4.58, "2024-12-31T23:00:00Z"),
        ("2025-01-02T00:00:00Z", 4.57, "2025-01-02T23:00:00Z"),
        ("2025-07-03T00:00:00Z", 4.35, "2025-07-03T22:00:00Z"),  # summer in New York
    ]
    assert [one.query["field_tdr_date_value"] for one in fake.asked] == ["2024", "2025"]


def test_a_maturity_that_a_day_lacks_is_missing():
    ask = asked("BC_30YEAR", since=datetime(2024, 1, 1, tzinfo=UTC),
                now=datetime(2025, 8, 1, tzinfo=UTC))  # fmt: skip
    assert values(sent(Treasury(YIELDS), ask, treasury)) == {
        "2024-12-31": 4.78,
        "2025-01-02": None,
        "2025-07-03": None,
    }


def test_a_maturity_that_no_day_has_is_refused_with_the_nearest_that_there_is():
    ask = asked("BC_10YEARS", since=datetime(2024, 1, 1, tzinfo=UTC))
    with pytest.raises(PayloadError, match=r"no BC_10YEARS \(did you mean BC_10YEAR\?\)"):
        sent(Treasury(YIELDS), ask, treasury)
    with pytest.raises(BadValue, match="no feed"):
        sent(Treasury(YIELDS), asked("RATE", options={"feed": "daily_treasury_bills"}), treasury)


def test_bills_have_their_own_name_for_the_day():
    ask = asked("ROUND_B1_CLOSE_4WK_2", since=datetime(2024, 1, 1, tzinfo=UTC),
                options={"feed": "daily_treasury_bill_rates"})  # fmt: skip
    fake = Treasury({"2024-01-02": {"ROUND_B1_CLOSE_4WK_2": "5.27"}})
    assert values(sent(fake, ask, treasury)) == {"2024-01-02": 5.27}


def test_a_day_twice_a_truncated_feed_and_one_with_entities_are_errors():
    ask = asked("BC_10YEAR", since=datetime(2025, 1, 1, tzinfo=UTC))
    with Treasury(YIELDS) as fake:
        whole = way(fake.base)
        fake.fault(server.shortened)
        with pytest.raises(PayloadError, match="not XML"):
            list(treasury.series(ask, whole))
        year = {"data": "daily_treasury_yield_curve", "field_tdr_date_value": "2025"}
        body = whole(Call(treasury.PATH, year)).body
    for damaged, problem in (
        (body.replace(b"2025-07-03", b"2025-01-02"), "a day twice"),
        (body.replace(b"<feed", b"<!DOCTYPE feed><feed"), "DOCTYPE"),
        (body.replace(b">4.35<", b">N/A<"), "no number"),
        (body.replace(b'"utf-8"', b'"u-tf-8"'), "not XML"),
        (body.replace(b"NEW_DATE", b"OLD_DATE"), "NEW_DATE"),
        (b"<html><body>Sign in</body></html>", "no feed"),
    ):
        with pytest.raises(PayloadError, match=problem):
            list(treasury.series(ask, lambda call, it=damaged: Answer(it, "text/xml", RECEIVED)))
