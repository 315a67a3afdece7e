"""Series with their vintages: FRED's and the ONS's, as their fakes send them."""

from datetime import UTC, date, datetime, timedelta

from fakes.direct import RECEIVED, way
from fakes.fred import Fred
from fakes.ons import Ons, Version
from fakes.server import Asked, Reply
from tidemark.errors import BadValue
from tidemark.providers import fred, ons
from tidemark.providers.contract import Answer, Ask, Call, PayloadError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

KEY = "0123456789abcdef0123456789abcdef"
# Real GDP of the first quarter of 2014 and of the last one of 2013, in billions, as fredapi tells.
GDP = {
    "2013-10-01": [("2014-01-30", "17102.5"), ("2014-02-28", "17080.7"), ("2014-03-27", "17089.6")],
    "2014-01-01": [("2014-04-30", "17149.6"), ("2014-05-29", "17101.3"), ("2014-06-25", "17016.0")],
    "2014-04-01": [("2014-07-30", ".")],
}


def rows(pages) -> list[tuple[str, str, float | None]]:
    return [(row["timestamp"][:10], row["vintage"], row["value"])
            for page in pages for row in page.records]  # fmt: skip


def of_fred(fake: Fred, id: str = "GDP", **more) -> list:
    ask = Ask(id=id, name="gdp", now=RECEIVED, **more)
    return list(fred.series(ask, way(fake.base, {"": KEY})))


def test_every_value_comes_with_the_day_since_which_it_stood():
    with Fred({"GDP": GDP}, KEY) as fake:
        pages = of_fred(fake)
    assert sorted(rows(pages)) == [
        ("2013-10-01", "2014-01-30", 17102.5),
        ("2013-10-01", "2014-02-28", 17080.7),
        ("2013-10-01", "2014-03-27", 17089.6),
        ("2014-01-01", "2014-04-30", 17149.6),
        ("2014-01-01", "2014-05-29", 17101.3),
        ("2014-01-01", "2014-06-25", 17016.0),
        ("2014-04-01", "2014-07-30", None),
    ]
    known = {row["vintage"]: row["known_at"] for page in pages for row in page.records}
    assert known["2014-01-30"] == "2014-01-31T06:00:00Z"  # the end of that day in St. Louis
    assert known["2014-06-25"] == "2014-06-26T05:00:00Z"


def test_an_update_brings_what_became_known_since_and_no_vintage_that_is_none():
    with Fred({"GDP": GDP}, KEY) as fake:
        pages = of_fred(fake, since=datetime(2014, 3, 1, tzinfo=UTC))
    assert rows(pages) == [
        ("2013-10-01", "2014-03-27", 17089.6),
        ("2014-01-01", "2014-04-30", 17149.6),
        ("2014-01-01", "2014-05-29", 17101.3),
        ("2014-01-01", "2014-06-25", 17016.0),
        ("2014-04-01", "2014-07-30", None),
    ]


def test_until_leaves_out_what_was_not_known_then():
    with Fred({"GDP": GDP}, KEY) as fake:
        until = datetime(2014, 2, 28, 23, tzinfo=UTC)  # that day is not over
        assert rows(of_fred(fake, until=until)) == [("2013-10-01", "2014-01-30", 17102.5)]
        assert rows(of_fred(fake, since=RECEIVED)) == []


def test_a_daily_series_with_thousands_of_vintages_comes_whole():
    days = [date(2010, 1, 1) + timedelta(days=n) for n in range(4100)]
    daily = {day.isoformat(): [((day + timedelta(days=1)).isoformat(), str(n))]
             for n, day in enumerate(days)}  # fmt: skip
    with Fred({"DFF": daily}, KEY) as fake:
        found = rows(of_fred(fake, "DFF"))
    assert found == [(day, revisions[0][0], float(revisions[0][1]))
                     for day, revisions in daily.items()]  # fmt: skip
    assert len(fake.asked) == 4


def test_more_rows_than_an_answer_holds_come_page_by_page(monkeypatch):
    monkeypatch.setattr(fred, "ROWS", 2)
    monkeypatch.setattr(fred, "DATES", 3)
    with Fred({"GDP": GDP}, KEY) as fake:
        assert len(rows(of_fred(fake))) == 7


with Fred({}) as FAKE:  # asked without a connection
    pass


def unsent(call: Call) -> Answer:
    query = {**call.query, "api_key": FAKE.key}
    reply = FAKE.answer(Asked("GET", call.path, query, {}, b"", 1))
    return Answer(reply.body, reply.content_type, RECEIVED)


def test_a_server_that_repeats_a_page_is_not_asked_without_end():
    """Nor is what it sends taken for more than it is."""
    first = {"count": 10**30, "vintage_dates": ["2014-01-30"]}
    rows_ = [{"realtime_start": "2014-01-30", "date": "2013-10-01", "value": "1"}]
    second = {"count": 10**30, "observations": rows_}
    for bodies in ([first] * 9, [{**first, "count": 1}, *[second] * 9]):
        answers = iter([Answer(Reply.json(body).body, "json", RECEIVED) for body in bodies])
        with pytest.raises(PayloadError, match="twice"):
            list(
                fred.series(Ask("GDP", "gdp", now=RECEIVED), lambda call, left=answers: next(left))
            )
    items = [{"version": 1, "release_date": "2026-10-21T06:00:00.000Z"}]
    page = Reply.json({"items": items, "total_count": 10**30}).body
    answers = iter([Answer(page, "json", RECEIVED)] * 9)
    with pytest.raises(PayloadError, match="twice"):
        list(ons.series(Ask(ID, "cpih", now=RECEIVED), lambda call: next(answers)))


HISTORIES = st.dictionaries(
    st.dates(date(2000, 1, 1), date(2000, 3, 1)).map(date.isoformat),
    st.dictionaries(
        st.dates(date(2000, 3, 2), date(2000, 5, 1)).map(date.isoformat),
        st.sampled_from(["1.5", "2.5", "."]),
        min_size=1,
        max_size=5,
    ).map(lambda revisions: sorted(revisions.items())),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(
    history=HISTORIES,
    at_once=st.integers(1, 6),
    since=st.none() | st.dates(date(2000, 2, 25), date(2000, 5, 5)),
)
def test_any_history_comes_whole_however_it_is_cut(history, at_once, since):
    """No value is lost, and none has a vintage that is only where a request began."""
    begin = datetime(since.year, since.month, since.day, tzinfo=UTC) if since else None
    FAKE.series = {"S": history}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fred, "VINTAGES_AT_ONCE", at_once)
        found = rows(fred.series(Ask(id="S", name="gdp", now=RECEIVED, since=begin), unsent))
    assert sorted(found, key=lambda row: row[:2]) == [
        (day, vintage, None if value == "." else float(value))
        for day, revisions in sorted(history.items())
        for vintage, value in revisions
        if not since or vintage >= since.isoformat()
    ]


def test_what_fred_says_of_an_error_is_told_and_no_key_with_it():
    with Fred({}, KEY) as fake, pytest.raises(PayloadError, match="series does not exist") as told:
        of_fred(fake)
    assert told.value.lasting
    with Fred({"GDP": GDP}, "another") as fake, pytest.raises(PayloadError) as told:
        of_fred(fake)
    assert KEY not in str(told.value)


def test_the_terms_of_fred_must_be_accepted_and_those_of_the_ons_need_not():
    assert fred.TERMS.must_be_accepted
    assert not fred.TERMS.share
    assert not ons.TERMS.must_be_accepted


ID = "cpih01/time-series?geography=K02000001&aggregate=CP00"
DIMENSIONS = {"geography": "K02000001", "aggregate": "CP00"}
CPIH = [
    Version("2018-04-18T00:00:00.000Z", {"Feb-18": "104.9", "Mar-18": "105.1", "Jan-88": "46.9"}),
    Version("2026-10-21T06:00:00.000Z", {"Jan-88": "46.9", "Feb-18": "104.9", "Mar-18": "105.0",
                                         "Sep-26": ""}),
]  # fmt: skip


def of_ons(versions, id: str = ID, **more) -> tuple[list, Ons]:
    with Ons("cpih01", DIMENSIONS, versions) as fake:
        ask = Ask(id=id, name="cpih", now=RECEIVED, **more)
        return list(ons.series(ask, way(fake.base))), fake


def test_versions_of_the_ons_are_vintages_that_were_known_since_their_release():
    pages, _ = of_ons(CPIH)
    assert rows(pages) == [
        ("1988-01-01", "1", 46.9),
        ("2018-02-01", "1", 104.9),
        ("2018-03-01", "1", 105.1),
        ("1988-01-01", "2", 46.9),
        ("2018-02-01", "2", 104.9),
        ("2018-03-01", "2", 105.0),
        ("2026-09-01", "2", None),
    ]
    assert [page.records[0]["known_at"] for page in pages] == [
        "2018-04-18T23:00:00Z",  # that day was over in London, in summer
        "2026-10-21T06:00:00Z",
    ]


def test_an_update_asks_for_new_versions_only():
    pages, fake = of_ons(CPIH, since=datetime(2026, 9, 1, tzinfo=UTC))
    assert {vintage for _, vintage, _ in rows(pages)} == {"2"}
    assert len(fake.asked) == 2


def test_more_versions_than_an_answer_holds_come_page_by_page(monkeypatch):
    monkeypatch.setattr(ons, "VERSIONS_AT_ONCE", 1)
    assert len(of_ons(CPIH)[0]) == 2


@pytest.mark.parametrize(
    ("label", "day"),
    [
        ("Mar-18", "2018-03-01"),
        ("Dec-88", "1988-12-01"),
        ("March 2018", "2018-03-01"),
        ("2018", "2018-01-01"),
        ("2018 Q2", "2018-04-01"),
        ("2018-q4", "2018-10-01"),
        ("Q1 1955", "1955-01-01"),
        ("2018-03", "2018-03-01"),
        ("Jan-26", "2026-01-01"),
        ("Jan-27", "1927-01-01"),
    ],
)
def test_labels_of_times(label, day):
    (page,), _ = of_ons([Version("2026-10-21T06:00:00.000Z", {label: "1"})])
    assert rows([page]) == [(day, "1", 1.0)]


@pytest.mark.parametrize("label", ["", "week-12", "2018-13", "Foo-18", "2018 Q5", "2018-19"])
def test_a_label_that_is_no_time_is_an_error(label):
    with pytest.raises(PayloadError):
        of_ons([Version("2026-10-21T06:00:00.000Z", {label: "1"})])


def test_two_names_of_one_month_are_an_error():
    with pytest.raises(PayloadError, match="of one time"):
        of_ons([Version("2026-10-21T06:00:00.000Z", {"Mar-18": "1", "March 2018": "1"})])


@pytest.mark.parametrize("id", ["cpih01", "cpih01/time-series", "cpih01/time-series?", "a/b?c"])
def test_an_id_that_does_not_name_all_dimensions_is_refused_with_its_form(id):
    with pytest.raises(BadValue, match="dataset, an edition"):
        of_ons(CPIH, id)


def test_observations_that_did_not_all_come_are_an_error():
    """A list that was cut is not taken for a short one."""
    with Ons("cpih01", DIMENSIONS, CPIH) as fake:
        whole = way(fake.base)

        def cut(call) -> Answer:
            answer = whole(call)
            body = answer.body.replace(b'"total_observations": 3', b'"total_observations": 4')
            return Answer(body, answer.content_type, answer.received)

        with pytest.raises(PayloadError, match="3 of 4"):
            list(ons.series(Ask(id=ID, name="cpih", now=RECEIVED), cut))
