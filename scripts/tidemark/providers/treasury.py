"""The US Treasury's feed of daily interest rates: par yields by maturity, real yields, bills.

Form: https://home.treasury.gov/treasury-daily-interest-rate-xml-feed, read 2026-11-30: a year an
answer, Atom with one set of properties a day. A maturity that a day lacks is absent or null there.
The rates of a day are usually there by 18:00 in New York ("Interest Rates - Frequently Asked
Questions" on the same site), so that is when they were known; one that is restated later is known
as restated since its fetch.
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from xml.etree.ElementTree import Element

from tidemark.errors import BadValue, hint
from tidemark.providers import bodies, instants
from tidemark.providers.contract import Answer, Ask, Call, Get, Limit, Page, PayloadError, Terms

TERMS = Terms(
    licence="public domain, as a work of the government of the United States (17 U.S.C. 105)",
    page="https://home.treasury.gov/treasury-daily-interest-rate-xml-feed",
    read=date(2026, 11, 30),
    attribution="Source: U.S. Department of the Treasury",
    store=True,
    share=True,
    train=True,
    commercial=True,
)
LIMIT = Limit(a_minute=30)
BASES = {"": "https://home.treasury.gov"}
KEYS: dict[str, str] = {}

PATH = "/resource-center/data-chart-center/interest-rates/pages/xml"
DAYS = {  # the property that is the day, by the feed's name
    "daily_treasury_yield_curve": "NEW_DATE",
    "daily_treasury_real_yield_curve": "NEW_DATE",
    "daily_treasury_bill_rates": "INDEX_DATE",
}
FIRST_YEAR = 1990  # of the yield curve, which is the oldest
PUBLISHED, ZONE = time(18), "America/New_York"
ATOM = "{http://www.w3.org/2005/Atom}"
METADATA = "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}"
DATA = "{http://schemas.microsoft.com/ado/2007/08/dataservices}"


def series(ask: Ask, get: Get) -> Iterator[Page]:
    """Rates of one maturity in percent, oldest first, a page a year.

    Args:
        ask: `id` is a property of the feed, such as BC_10YEAR; the option `feed` names another one
            than daily_treasury_yield_curve.
        get: see `contract`.

    Raises:
        BadValue: there is no such feed, or it has another form.
        PayloadError: an answer is of another form, or no day has this property.
    """
    feed = ask.options.get("feed", "daily_treasury_yield_curve")
    if feed not in DAYS:
        known = f"take one of {', '.join(DAYS)}"
        raise BadValue("feed", f"{feed} is no feed of rates by maturity{hint(feed, DAYS)}", known)
    first = max(ask.since.year, FIRST_YEAR) if ask.since else FIRST_YEAR
    last = instants.end(ask).year
    ever = False
    others: set[str] = set()
    for year in range(first, last + 1):
        answer = get(Call(PATH, {"data": feed, "field_tdr_date_value": str(year)}))
        rows, named = _rows(answer, DAYS[feed], ask.id)
        ever, others = ever or ask.id in named, others | named
        yield Page("series", _records(ask, rows), answer.body)
    if others and not ever:
        raise PayloadError(
            f"the feed has no {ask.id}{hint(ask.id, others)}: it has {', '.join(sorted(others))}",
            lasting=True,
        )


def _rows(answer: Answer, day: str, rate: str) -> tuple[list[tuple[date, float | None]], set[str]]:
    """Days with their rate, and the names of all rates."""
    root = bodies.of_xml(answer)
    if not any(element.tag == f"{ATOM}title" for element in root):
        raise PayloadError("the body is XML, but no feed of the Treasury")
    rows: list[tuple[date, float | None]] = []
    named: set[str] = set()
    with bodies.of_form("the feed of the Treasury"):
        for properties in root.iter(f"{METADATA}properties"):
            values = {one.tag.removeprefix(DATA): _text(one) for one in properties}
            moment = datetime.fromisoformat(values[day] or "")
            given = values.get(rate)
            rows.append((moment.date(), None if given is None else bodies.number(given)))
            named |= {name for name in values if name not in ("Id", day)}
    if len({moment for moment, _ in rows}) < len(rows):
        raise PayloadError("the feed of the Treasury has a day twice")
    return sorted(rows, key=lambda row: row[0]), named


def _text(element: Element) -> str | None:
    is_null = element.get(f"{METADATA}null") == "true" or not (element.text or "").strip()
    return None if is_null else element.text


def _records(ask: Ask, rows: list[tuple[date, float | None]]) -> list[dict[str, object]]:
    return [
        {
            "series": ask.name,
            "timestamp": instants.stamp(instants.midnight(day)),
            "value": value,
            "known_at": instants.stamp(instants.at(day, PUBLISHED, ZONE)),
            "vintage": None,
        }
        for day, value in rows
        if instants.is_wanted(ask, instants.midnight(day))
    ]
