"""Events of calendars in CSV and ICS."""

from datetime import UTC, datetime

from tidemark.errors import BadValue
from tidemark.providers import calendar_ics, calendar_options, calendars
from tidemark.providers.contract import Answer, Ask, PayloadError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 11, 30, 19, tzinfo=UTC)
# As the BLS's own calendar has it: US-Eastern is no name of the time zone database.
ZONE = r"""BEGIN:VTIMEZONE
TZID:US-Eastern
BEGIN:STANDARD
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
END:VTIMEZONE
"""


def read(body: str | bytes, until: datetime | None = None, **options) -> list[dict]:
    raw = body.encode() if isinstance(body, str) else body
    ask = Ask(id="calendar", name="calendar", now=NOW, until=until, options=options)
    answer = Answer(raw, "text/plain", NOW)
    (page,) = calendars.events(ask, lambda call: answer)
    return list(page.records)


def ics(*events: str, before: str = "") -> str:
    inside = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//e//e\n{before}{inside}END:VCALENDAR\n"
    return text.replace("\n", "\r\n")


def stamps(*events: str, before: str = "", **options) -> list[str]:
    return [row["timestamp"] for row in
            read(ics(*events, before=before), **{"kind": "release", **options})]  # fmt: skip


def test_a_calendar_in_csv_has_a_line_for_each_event():
    body = (
        "\ufeffticker,kind,timestamp,announced_at,name,value\r\n"
        'AAPL,Earnings,2027-01-28T16:30:00-05:00,2027-01-05,"Q1, fiscal 2027",\r\n'
        "AAPL,dividend,2027-02-08,2027-01-28T21:30:00Z,,0.26\r\n"
        ",release,2026-12-10T13:30:00Z,,Consumer Price Index,\r\n"
        "\r\n"
    )
    assert read(body) == [
        {"ticker": None, "kind": "release", "timestamp": "2026-12-10T13:30:00Z",
         "announced_at": None, "name": "Consumer Price Index", "value": None},
        {"ticker": "AAPL", "kind": "earnings", "timestamp": "2027-01-28T21:30:00Z",
         "announced_at": "2027-01-06T00:00:00Z", "name": "Q1, fiscal 2027", "value": None},
        {"ticker": "AAPL", "kind": "dividend", "timestamp": "2027-02-08T00:00:00Z",
         "announced_at": "2027-01-28T21:30:00Z", "name": "dividend", "value": 0.26},
    ]  # fmt: skip


def test_columns_kinds_dates_and_zones_are_as_the_section_says():
    body = "Symbol;Type;When;Seen\nMSFT;Results;28.01.2027 16:05;27.12.2026 09:00\n"
    (row,) = read(
        body,
        separator=";",
        columns={"ticker": "Symbol", "kind": "Type", "timestamp": "When", "announced_at": "Seen"},
        kinds={"results": "earnings"},
        date_format="%d.%m.%Y %H:%M",
        zone="America/New_York",
    )
    assert (row["ticker"], row["kind"]) == ("MSFT", "earnings")
    assert row["timestamp"] == "2027-01-28T21:05:00Z"
    assert row["announced_at"] == "2026-12-27T14:00:00Z"


def test_a_day_of_announcement_counts_from_its_end_where_it_was_said():
    body = "timestamp,announced_at\n2027-02-01,2026-12-24\n"
    (row,) = read(body, kind="release", zone="America/New_York", date_format="%Y-%m-%d")
    assert row["timestamp"] == "2027-02-01T00:00:00Z"
    assert row["announced_at"] == "2026-12-25T05:00:00Z"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("", "no column timestamp: it is empty"),
        ("timestmap,kind\n2027-01-01,split\n", r"did you mean timestmap\?"),
        ("timestamp,kind\n2027-01-01\n", "line 2 has 1 fields, the first 2"),
        ("timestamp,kind\n2027-02-30,split\n", "line 2"),
        ("timestamp,kind\n2027-01-01,merger\n", "'merger' is no kind"),
        ("timestamp,kind\n0001-01-01T00:00:00+05:00,split\n", "line 2"),
        ("timestamp,kind\n2027-01-01T10:00:00,split\n", "no offset"),
        ("timestamp,kind,value\n2027-01-01,split,four\n", "'four' is no number"),
        ("timestamp,kind,value\n2027-01-01,split,nan\n", "'nan' is no number"),
        ("timestamp,kind\n2027-01-01,split\n2027-01-01,split\n", "there twice"),
        ('timestamp,kind\n"2027-01-01,split\n', "no CSV"),
        (b"timestamp,kind\n2027-01-01,\xe9\n", "UTF-8"),
    ],
)
def test_lines_that_cannot_be_read_are_told(body, problem):
    with pytest.raises(PayloadError, match=problem):
        read(body)


def test_of_many_faults_some_are_told_and_all_are_counted():
    lines = "".join(f"2027-01-{day:02},merger\n" for day in range(1, 9))
    with pytest.raises(PayloadError, match=r"line 2: .*line 6: .*and 3 further ones$"):
        read(f"timestamp,kind\n{lines}")


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({"kind": "merger"}, "kind"),
        ({"kinds": {"Results": "results"}}, "kinds"),
        ({"zone": "America/Gotham"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"columns": {"tikcer": "Symbol"}}, "columns"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, parameter):
    with pytest.raises(BadValue) as refused:
        read("timestamp,kind\n2027-01-01,split\n", **options)
    assert refused.value.parameter == parameter


def test_a_calendar_in_ics_keeps_the_hour_of_its_own_zone():
    """The zone is the calendar's; lines are folded, and texts escaped."""
    cpi = """UID:cpi
DTSTART;TZID=US-Eastern:20260310T083000
SUMMARY:Consumer Price Index\\, all
  urban consumers
CATEGORIES:Release
CREATED:20251201T150000Z"""
    body = ics(cpi, cpi.replace("0310", "0210").replace(":cpi", ":cpi-2"), before=ZONE)
    rows = read(body, announced="created")
    assert [row["timestamp"] for row in rows] == ["2026-02-10T13:30:00Z", "2026-03-10T12:30:00Z"]
    assert {row["announced_at"] for row in rows} == {"2025-12-01T15:00:00Z"}
    assert {row["name"] for row in rows} == {"Consumer Price Index, all urban consumers"}
    assert {row["announced_at"] for row in read(body)} == {None}


def test_what_repeats_happens_on_each_of_its_days_on_its_own_clocks():
    claims = """UID:claims
DTSTART;TZID=America/New_York:20261022T083000
RRULE:FREQ=WEEKLY;UNTIL=20261112T133000Z
SUMMARY:Initial claims"""
    assert stamps(claims) == [
        "2026-10-22T12:30:00Z",
        "2026-10-29T12:30:00Z",
        "2026-11-05T13:30:00Z",  # summer has ended
        "2026-11-12T13:30:00Z",
    ]


def test_what_is_left_out_added_moved_or_cancelled():
    claims = """UID:claims
DTSTART;TZID=America/New_York:20261105T083000
RRULE:FREQ=WEEKLY;COUNT=5
EXDATE;TZID=America/New_York:20261112T083000
RDATE;TZID=America/New_York:20261111T083000
SUMMARY:Initial claims"""
    moved = """UID:claims
RECURRENCE-ID;TZID=America/New_York:20261126T083000
DTSTART;TZID=America/New_York:20261125T083000
SUMMARY:Initial claims"""
    cancelled = """UID:claims
RECURRENCE-ID:20261203T133000Z
DTSTART;TZID=America/New_York:20261203T083000
STATUS:CANCELLED
SUMMARY:Initial claims"""
    expected = [
        "2026-11-05T13:30:00Z",
        "2026-11-11T13:30:00Z",
        "2026-11-19T13:30:00Z",
        "2026-11-25T13:30:00Z",
    ]
    assert stamps(claims, moved, cancelled) == expected
    assert stamps(cancelled, moved, claims) == expected


def test_days_are_days_and_repeat_as_days():
    dividend = """UID:d
DTSTART;VALUE=DATE:20260131
RRULE:FREQ=MONTHLY;UNTIL=20260430
SUMMARY:Distribution"""
    assert stamps(dividend) == ["2026-01-31T00:00:00Z", "2026-03-31T00:00:00Z"]


def test_without_an_end_it_repeats_until_a_year_from_now():
    weekly = """UID:w
DTSTART:20261005T140000Z
RRULE:FREQ=WEEKLY
SUMMARY:Auction"""
    found = stamps(weekly)
    assert found[0] == "2026-10-05T14:00:00Z"
    assert found[-1] == "2027-11-29T14:00:00Z"
    assert len(found) == 61
    until = datetime(2026, 10, 12, 13, tzinfo=UTC)
    assert stamps(weekly, until=until) == ["2026-10-05T14:00:00Z"]


def test_an_hour_that_the_clocks_passed_over_is_left_out_of_what_repeats():
    nightly = """UID:n
DTSTART;TZID=America/New_York:20260307T023000
RRULE:FREQ=DAILY;COUNT=3
SUMMARY:Batch"""
    assert stamps(nightly) == ["2026-03-07T07:30:00Z", "2026-03-09T06:30:00Z"]


def test_a_ticker_is_found_in_the_summary():
    event = """UID:a
DTSTART;VALUE=DATE:20270128
SUMMARY:BRK.B: earnings call
CATEGORIES:EARNINGS,INVESTORS"""
    (row,) = read(ics(event), ticker_pattern=r"^([A-Z.]+): ")
    assert (row["ticker"], row["kind"]) == ("BRK.B", "earnings")
    with pytest.raises(PayloadError, match="finds no ticker"):
        read(ics(event), ticker_pattern=r"^([a-z]+): ")
    for pattern in ("(", "no group", "(a)(b)"):
        with pytest.raises(BadValue):
            read(ics(event), ticker_pattern=pattern)


AUCTION = "UID:1\nDTSTART:20261005T140000Z\nSUMMARY:Auction"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (ics(AUCTION)[:-30], "cut off"),
        (ics("UID:1\nSUMMARY:Auction"), "Auction: it has no DTSTART"),
        (ics(AUCTION.replace("20261005T140000Z", "tomorrow")), "Auction: DTSTART"),
        (ics(AUCTION.replace("Z", "")), "no offset"),
        (ics(AUCTION.replace("Z", "").replace(":2026", ";TZID=Gotham:2026")), "Gotham is no time"),
        (ics(AUCTION.replace("Z", "").replace(":2026", ";TZID=America:2026")), "no ICS"),
        (ics(AUCTION + "\nRRULE:FREQ=SECONDLY"), "repeats SECONDLY"),
        (ics(AUCTION + "\nRRULE:FREQ=SOMETIMES"), "Auction"),
        (ics(AUCTION, AUCTION), "there twice"),
        (ics(AUCTION + "\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261005T140000Z"), "not supported"),
    ],
)
def test_what_cannot_be_read_of_a_calendar_in_ics_is_told(body, problem):
    with pytest.raises(PayloadError, match=problem):
        read(body, kind="release")


def test_what_repeats_without_an_end_to_speak_of_is_refused(monkeypatch):
    monkeypatch.setattr(calendar_ics, "TIMES_OF_ONE", 50)
    assert len(stamps(AUCTION + "\nRRULE:FREQ=DAILY;COUNT=50")) == 50
    with pytest.raises(PayloadError, match="more than 50 times"):
        read(ics(AUCTION + "\nRRULE:FREQ=DAILY"), kind="release")


def test_a_kind_must_be_named_by_somebody():
    with pytest.raises(PayloadError, match="`kind` or `kinds` may say it"):
        read(ics(AUCTION))
    (row,) = read(ics(AUCTION + "\nCATEGORIES:Bonds"), kinds={"bonds": "release"})
    assert row["kind"] == "release"


def test_events_come_in_one_order_whatever_that_of_the_calendar():
    first, second = AUCTION, AUCTION.replace(":1", ":2").replace("1005", "0905")
    assert read(ics(first, second), kind="release") == read(ics(second, first), kind="release")


@settings(max_examples=60, deadline=None)
@given(
    moment=st.datetimes(datetime(1990, 1, 1), datetime(2035, 1, 1)).map(
        lambda moment: moment.replace(microsecond=0)
    ),
    zone=st.sampled_from(["America/New_York", "Europe/London", "Asia/Kolkata", "UTC"]),
)
def test_a_time_of_a_zone_reads_the_same_from_both_forms(moment, zone):
    said = calendar_options.of({"zone": zone})
    until = datetime(2040, 1, 1, tzinfo=UTC)
    body = f"timestamp\n{moment.isoformat()}\n"
    event = f"UID:1\nDTSTART;TZID={zone}:{moment:%Y%m%dT%H%M%S}\nSUMMARY:x"
    try:
        expected = said.moment(moment).astimezone(UTC)
    except ValueError:  # the clocks passed over it
        with pytest.raises(PayloadError):
            read(body, kind="split", zone=zone, until=until)
        return
    (row,) = read(body, kind="split", zone=zone, until=until)
    (other,) = read(ics(event), kind="split", until=until)
    assert row["timestamp"] == other["timestamp"] == f"{expected:%Y-%m-%dT%H:%M:%SZ}"
