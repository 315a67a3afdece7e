"""The Office for National Statistics: UK series in dated versions, each of which is a vintage.

Form: https://developer.ons.gov.uk/dataset/ (versions of an edition, observations of a version) and
https://developer.ons.gov.uk/cmdobservations/ (one dimension as `*`), read 2026-11-30. A version has
the day or the instant of its release; of a day (midnight), its values count as known when that was
over in London. An observation's time is a label, such as Mar-18, 2018 Q1 or 2018.

The licence is named in the API's own description (swagger); the wording of the attribution is that
of the site's earlier pages, with the licence's present version.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from urllib.parse import parse_qsl

from tidemark.errors import BadValue
from tidemark.providers import bodies, instants
from tidemark.providers.contract import Answer, Ask, Call, Get, Limit, Page, PayloadError, Terms

TERMS = Terms(
    licence="Open Government Licence v3.0",
    page="https://www.ons.gov.uk/help/termsandconditions",
    read=date(2026, 11, 30),
    attribution="Source: Office for National Statistics licensed under the Open Government "
    "Licence v.3.0",
    store=True,
    share=True,
    train=True,
    commercial=True,
)
LIMIT = Limit(a_minute=60)
BASES = {"": "https://api.beta.ons.gov.uk"}
KEYS: dict[str, str] = {}

VERSIONS_AT_ONCE = 100
ZONE = "Europe/London"
ID = re.compile(r"(?P<dataset>[\w-]+)/(?P<edition>[\w-]+)\?(?P<dimensions>[^?#]+)")
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
LABELS = (
    re.compile(r"(?P<month>[A-Za-z]{3})[a-z]*[- ](?P<year>\d{4}|\d\d)"),
    re.compile(r"(?P<year>\d{4})[- ]?Q(?P<quarter>[1-4])", re.I),
    re.compile(r"Q(?P<quarter>[1-4])[- ](?P<year>\d{4})", re.I),
    re.compile(r"(?P<year>\d{4})-(?P<number>\d\d)"),
    re.compile(r"(?P<year>\d{4})"),
)


def series(ask: Ask, get: Get) -> Iterator[Page]:
    """A series as each version has it, oldest version first, a page a version.

    A `since` is of the release of versions, not of what their values are about; so is `until`.

    Args:
        ask: `id` is a dataset, an edition, and one option for each dimension but time, as
            cpih01/time-series?geography=K02000001&aggregate=CP00.
        get: see `contract`.

    Raises:
        BadValue: the id is of another form.
        PayloadError: an answer is of another form, or not all that there is.
    """
    if not (parts := ID.fullmatch(ask.id)) or not (options := dict(parse_qsl(parts["dimensions"]))):
        form = "write it as cpih01/time-series?geography=K02000001&aggregate=CP00"
        raise BadValue("id", f"{ask.id} is not a dataset, an edition and its dimensions", form)
    path = f"/v1/datasets/{parts['dataset']}/editions/{parts['edition']}/versions"
    for version, known in _versions(path, get):
        if instants.is_wanted(ask, known):
            answer = get(Call(f"{path}/{version}/observations", {"time": "*", **options}))
            yield Page("series", _records(ask, answer, version, known), answer.body)


def _versions(path: str, get: Get) -> list[tuple[int, datetime]]:
    """Versions, and since when each was known."""
    found: list[tuple[int, datetime]] = []
    while True:
        query = {"limit": str(VERSIONS_AT_ONCE), "offset": str(len(found))}
        body = bodies.of_json(get(Call(path, query)))
        with bodies.of_form("the versions of the ONS"):
            items = [
                (int(one["version"]), _known(instants.parsed(one["release_date"])))
                for one in body["items"]
            ]
            total = int(body["total_count"])
        if {number for number, _ in items} & {number for number, _ in found}:
            raise PayloadError("the ONS sent a version twice")
        found += items
        if len(found) >= total:
            return sorted(found)
        if not items:
            raise PayloadError(f"the ONS sent {len(found)} of {total} versions")


def _known(released: datetime) -> datetime:
    is_day = released.time() == time()
    return instants.end_of(released.date(), ZONE) if is_day else released


def _records(ask: Ask, answer: Answer, version: int, known: datetime) -> list[dict[str, object]]:
    body = bodies.of_json(answer)
    with bodies.of_form(f"version {version} of the ONS"):
        rows = [
            (_day(_label(row["dimensions"]), known.year), _value(row["observation"]))
            for row in body["observations"]
        ]
        total = int(body["total_observations"])
    if len(rows) < total:
        raise PayloadError(f"the ONS sent {len(rows)} of {total} observations")
    if len({day for day, _ in rows}) < len(rows):
        raise PayloadError("two observations of the ONS are of one time")
    return [
        {
            "series": ask.name,
            "timestamp": instants.stamp(instants.midnight(day)),
            "value": value,
            "known_at": instants.stamp(known),
            "vintage": str(version),
        }
        for day, value in sorted(rows, key=lambda row: row[0])
    ]


def _label(dimensions: dict[str, Any]) -> str:
    """What the time of an observation is called; the dimension is named `time` or `Time`."""
    (dimension,) = (one for name, one in dimensions.items() if name.lower() == "time")
    return str(dimension.get("label") or dimension["id"])


def _day(label: str, latest: int) -> date:
    """The first day of what a label names, none of which is after the year `latest`."""
    for form in LABELS:
        if found := form.fullmatch(label.strip()):
            parts = found.groupdict()
            year = int(parts["year"])
            if len(parts["year"]) == 2:
                year = latest - (latest - year) % 100
            if parts.get("month"):
                return date(year, MONTHS.index(parts["month"].lower()) + 1, 1)
            return date(year, int(parts.get("number") or 3 * int(parts.get("quarter") or 1) - 2), 1)
    raise ValueError(f"{label[:40]!r} is no time of the ONS")


def _value(text: str) -> float | None:
    return bodies.number(text) if text.strip() else None
