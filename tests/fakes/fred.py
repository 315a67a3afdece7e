"""FRED and ALFRED: observations and vintage dates, in JSON and in XML (what nobody asked for).

As the documentation of fred/series/observations has it, and as fredapi's issues 48 and 52 found:
2,000 vintages at most, and real-time periods cut to those that were asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from xml.sax.saxutils import quoteattr

from fakes.server import Asked, Fake, Reply

TODAY, FOREVER = "2026-11-30", "9999-12-31"
MOST = 2000
Revisions = Sequence[tuple[str, str]]  # since when, and what


class Fred(Fake):
    """Series by id: revisions by the date that they are of."""

    def __init__(self, series: Mapping[str, Mapping[str, Revisions]], key: str = "k" * 32) -> None:
        super().__init__()
        self.series, self.key = series, key

    def answer(self, asked: Asked) -> Reply:
        in_json = asked.query.get("file_type") == "json"
        if asked.query.get("api_key") != self.key:
            return _error("The value for variable api_key is not registered.", in_json)
        history = self.series.get(asked.query.get("series_id", ""))
        if history is None:
            return _error("The series does not exist.", in_json)
        vintages = sorted({since for revisions in history.values() for since, _ in revisions})
        first = asked.query.get("realtime_start", TODAY)
        last = asked.query.get("realtime_end", TODAY)
        if asked.path.endswith("/series/vintagedates"):
            first = asked.query.get("realtime_start", "1776-07-04")
            last = asked.query.get("realtime_end", FOREVER)
            return _dates([day for day in vintages if first <= day <= last], asked, in_json)
        if not asked.path.endswith("/series/observations"):
            return Reply(b"", status=404)
        spanned = sum(first <= day <= last for day in vintages)
        if spanned > MOST:
            return _error(
                f"There are {spanned} vintage dates in the specified real-time period: {first} to"
                f" {last}. This exceeds the maximum number of vintage dates allowed ({MOST}).",
                in_json,
            )
        rows = [row for day in sorted(history) for row in _rows(day, history[day], first, last)]
        return _observations(rows, asked, in_json)


def _rows(day: str, revisions: Revisions, first: str, last: str) -> Iterator[dict[str, str]]:
    ends = [_day_before(since) for since, _ in revisions[1:]] + [FOREVER]
    for (since, value), until in zip(revisions, ends, strict=True):
        if since <= last and until >= first:
            yield {
                "realtime_start": max(since, first),
                "realtime_end": min(until, last),
                "date": day,
                "value": value,
            }


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def _page(rows: list, asked: Asked, most: int) -> tuple[list, dict[str, int]]:
    limit = min(int(asked.query.get("limit", most)), most)
    offset = int(asked.query.get("offset", 0))
    return rows[offset : offset + limit], {"count": len(rows), "offset": offset, "limit": limit}


def _observations(rows: list[dict[str, str]], asked: Asked, in_json: bool) -> Reply:
    page, counts = _page(rows, asked, 100_000)
    if in_json:
        return Reply.json({**counts, "units": "lin", "output_type": 1, "observations": page})
    return _xml("observations", [f"<observation {_attributes(row)}/>" for row in page])


def _dates(days: list[str], asked: Asked, in_json: bool) -> Reply:
    page, counts = _page(days, asked, 10_000)
    if in_json:
        return Reply.json({**counts, "vintage_dates": page})
    return _xml("vintage_dates", [f"<vintage_date>{day}</vintage_date>" for day in page])


def _error(said: str, in_json: bool) -> Reply:
    said = f"Bad Request.  {said}"
    if in_json:
        return Reply.json({"error_code": 400, "error_message": said}, status=400)
    body = f'<?xml version="1.0" encoding="utf-8" ?>\n<error code="400" message={quoteattr(said)}/>'
    return Reply(body.encode(), "text/xml; charset=utf-8", 400)


def _attributes(row: Mapping[str, str]) -> str:
    return " ".join(f"{name}={quoteattr(value)}" for name, value in row.items())


def _xml(root: str, inside: list[str]) -> Reply:
    text = f'<?xml version="1.0" encoding="utf-8" ?>\n<{root}>{"".join(inside)}</{root}>'
    return Reply.text(text, "text/xml; charset=utf-8")
