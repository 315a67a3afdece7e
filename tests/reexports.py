"""The sample's bars written anew, in one of very many forms that somebody might choose.

The number of an export seeds all of its choices, so one that fails can be repeated.
"""

import csv
import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from workbook import workbook

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

SAMPLE = Path(__file__).resolve().parents[1] / "data/sample/prices.csv"
PRICES = ("open", "high", "low", "close", "adj_close")
FIELDS = ("open", "high", "low", "close", "volume", "adj_close")
NEW_YORK = ZoneInfo("America/New_York")

Cell = Decimal | date | str | None


@dataclass(frozen=True)
class Export:
    """Files that say what the sample says, as far as `expected` goes.

    Attributes:
        path: the file, or the folder of files.
        files: content by path.
        expected: the records: every field of the files, and `adj_close`.
        truth: by question, the answers that are right.
        section: the section `fetch_data.prices` that says how they are written.
        words: what was chosen.
    """

    path: str
    files: Mapping[str, bytes]
    expected: pd.DataFrame
    truth: Mapping[str, set[str]]
    section: Mapping[str, Any]
    words: str


@cache
def _sample() -> dict[str, list[dict[str, Cell]]]:
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        bars: dict[str, list[dict[str, Cell]]] = {}
        for row in csv.DictReader(file):
            fields = {name.lower().replace(" ", "_"): text for name, text in row.items()}
            ticker, day = fields.pop("ticker"), date.fromisoformat(fields.pop("date"))
            numbers = {name: Decimal(text) for name, text in fields.items()}
            bars.setdefault(ticker, []).append({"ticker": ticker, "date": day, **numbers})
    return bars


# --- What may be chosen

HEADERS = {
    "english": "Date,Ticker,Open,High,Low,Close,Volume,Adj Close",
    "lower": "date,symbol,open,high,low,close,volume,adj_close",
    "brackets": "<DATE>,<TICKER>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<ADJCLOSE>",
    "adjusted": "timestamp,symbol,open,high,low,close,volume,adjusted_close",
    "letters": "t,T,o,h,l,c,v,ac",
    "german": "Datum,Symbol,Eröffnung,Hoch,Tief,Schluss,Volumen,Bereinigter Schluss",
    "french": "Date,Valeur,Ouverture,Plus haut,Plus bas,Clôture,Volume,Clôture ajustée",
    "spanish": "Fecha,Símbolo,Apertura,Máximo,Mínimo,Cierre,Volumen,Cierre ajustado",
    "nasdaq": "Date,Symbol,Open,High,Low,Close/Last,Volume,Adj. Close",
    "investing": "Date,Symbol,Open,High,Low,Price,Vol.,Adj Close",
    "none": ",,,,,,,",
}
DATES: dict[str, tuple[str, str]] = {  # by format, what DATES would be
    "%Y-%m-%d": ("%Y-%m-%d", "year-first"),
    "%Y/%m/%d": ("%Y/%m/%d", "year-first"),
    "%Y%m%d": ("%Y%m%d", "year-first"),
    "%Y.%m.%d": ("%Y.%m.%d", "year-first"),
    "%d/%m/%Y": ("%d/%m/%Y", "day-first"),
    "%d.%m.%Y": ("%d.%m.%Y", "day-first"),
    "%d-%m-%Y": ("%d-%m-%Y", "day-first"),
    "%d.%m.%y": ("%d.%m.%y", "day-first"),
    "%m/%d/%Y": ("%m/%d/%Y", "month-first"),
    "%m/%d/%y": ("%m/%d/%y", "month-first"),
    "%m-%d-%Y": ("%m-%d-%Y", "month-first"),
    "%d-%b-%y": ("%d-%b-%y", "day-first"),
    "%d %B %Y": ("%d %B %Y", "day-first"),
    "%b %d, %Y": ("%b %d, %Y", "month-first"),
    "%a, %d %b %Y": ("%a, %d %b %Y", "day-first"),
    "midnight": ("%Y-%m-%d %H:%M:%S", "year-first"),
    "zulu": ("%Y-%m-%dT%H:%M:%S.000Z", "year-first"),
    "close": ("%m/%d/%Y 16:00:00", "month-first"),
    "epoch_seconds": ("", ""),
    "epoch_milliseconds": ("", ""),
    "epoch_microseconds": ("", ""),
    "offset": ("", ""),
}
EPOCHS = {"epoch_seconds": 1, "epoch_milliseconds": 1_000, "epoch_microseconds": 1_000_000}
KINDS = ("text",) * 12 + ("gz", "zip", "parquet", "json", "json", "jsonl", "xlsx", "xlsx")
DIRT = (
    *("nothing",) * 8,
    *("title", "comment", "total", "words below", "header twice", "units", "trailing", "index"),
)
MORE = ("currency", "change", "turnover", "number")  # the last has no name
MISSING = ("", "", "N/A", "-", "null", ".", "NaN", "n.a.", "0")


@dataclass(frozen=True)
class Dialect:
    """All choices of an export."""

    kind: str
    layout: str
    header: str
    dates: str
    newest_first: bool
    by_date: bool
    fields: tuple[str, ...]
    shuffled: bool
    decimals: int | None
    cents: bool
    decimal: str
    thousands: str
    before: str
    behind: str
    magnitudes: bool
    missing: str
    separator: str
    quoted: bool
    encoding: str
    newline: str
    ending: bool
    dirt: str
    more: tuple[str, ...]
    typed: bool

    @property
    def words(self) -> str:
        """For messages."""
        return ", ".join(f"{name}={value!r}" for name, value in vars(self).items())


def _chosen(chance: random.Random) -> Dialect:
    pick = chance.choice
    kind, layout = pick(KINDS), pick(("long", "long", "one", "folder", "wide", "fields", "pandas"))
    text = kind in ("text", "gz", "zip")
    fields = pick((FIELDS, FIELDS, FIELDS[:5], FIELDS[:4], ("close",), ("close", "volume")))
    header = pick(tuple(HEADERS))
    if header in ("letters", "none"):
        fields = FIELDS[:5]
    if layout == "wide":
        fields = ("close",)
    separator = pick((",", ",", ",", ";", ";", "\t", "|", "blanks")) if text else ","
    decimal = pick((".", ".", ".", ",")) if text else "."
    groups = {".": ("", "", "", ",", " ", "'"), ",": ("", "", ".", "\u00a0", " ")}[decimal]
    cents = text and chance.random() < 0.06
    blanks = separator == "blanks"
    if blanks and layout == "pandas":
        layout = "fields"
    latin = all(ord(sign) < 256 for sign in HEADERS[header])
    dates, dirt = pick(tuple(DATES)), pick(DIRT)
    if blanks and " " in DATES[dates][0] + (" " if dates == "offset" else ""):
        dates = "%Y-%m-%d"
    return Dialect(
        kind=kind,
        layout=layout,
        header="english" if layout in ("wide", "fields", "pandas") else header,
        dates=dates,
        newest_first=chance.random() < 0.4,
        by_date=chance.random() < 0.4,
        fields=fields,
        shuffled=header != "none" and chance.random() < 0.2,
        decimals=2 if cents else pick((None, 2, 2)),
        cents=cents,
        decimal=decimal,
        thousands="" if cents or not text or blanks else pick(groups),
        before=pick(("", "", "", "", "", "$", "USD ")) if text and not blanks and not cents else "",
        behind=pick(("", "", "", "", "", " €", "€")) if text and not blanks and not cents else "",
        magnitudes=text and chance.random() < 0.1,
        missing=pick(MISSING[2:8]) if blanks else pick(MISSING),
        separator=separator,
        quoted=text and not blanks and chance.random() < 0.2,
        encoding=pick(("utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252" if latin else "utf-8")),
        newline=pick(("\n", "\n", "\n", "\r\n", "\r\n", "\r")),
        ending=chance.random() < 0.8,
        dirt="nothing" if not text or (dirt == "units" and layout == "pandas") else dirt,
        more=tuple(chance.sample(MORE[: -1 if blanks else None], pick((0, 0, 0, 2)))),
        typed=chance.random() < 0.5,
    )


# --- From choices to files


def export_of(number: int) -> Export:
    """The export of this number."""
    chance = random.Random(f"re-export {number}")
    dialect = _chosen(chance)
    bars = _some_bars(chance, dialect)
    expected = _expected(dialect, bars)
    name = next(iter(bars)) if dialect.layout == "one" else "prices"
    tables = _tables(chance, dialect, bars)
    files = {
        f"{path.format(name=name)}.{_ending(dialect)}": _content(
            dialect, table, path.format(name=name)
        )
        for path, table in tables.items()
    }
    folder = dialect.layout == "folder"
    path = "exported" if folder else next(iter(files))
    section = _section(dialect, next(iter(tables.values())))
    truth = {
        "DATES": {DATES[dialect.dates][1]},
        "PRICES": {"hundredths" if dialect.cents else "units"},
        "MISSING": {"missing"},
        "ZONE": {"America/New_York"},
        "NUMBERS": {
            f"decimal-{_spoken(dialect.decimal)}",
            f"thousands-{_spoken(dialect.thousands)}",
        },
        "TICKER": {next(iter(bars))},
        "COLUMN": {section["columns"]["close"]},
    }
    return Export(path, files, expected, truth, section, dialect.words)


def _spoken(sign: str) -> str:
    return {".": "point", ",": "comma", "": "none"}.get(sign, "blank")


def _ending(dialect: Dialect) -> str:
    plain = (
        "tsv" if dialect.separator == "\t" else "csv" if dialect.separator != "blanks" else "txt"
    )
    return {"text": plain, "gz": f"{plain}.gz"}.get(dialect.kind, dialect.kind)


def _some_bars(chance: random.Random, dialect: Dialect) -> dict[str, list[dict[str, Cell]]]:
    """Some tickers over some months, rounded as the dialect does, with a few values missing."""
    names = chance.sample(("AAPL", "GOOG", "IBM", "MSFT"), chance.randint(2, 4))
    if dialect.layout == "one":
        names = names[:1]
    first, rows = chance.randrange(1200), chance.randint(45, 260)
    chosen = {}
    for name in names:
        whole = _sample()[name]
        kept = [dict(bar) for bar in whole[-3270:][-2100 + first :][:rows]]
        for bar in kept:
            for field in PRICES if dialect.decimals is not None else ():
                bar[field] = round(bar[field], dialect.decimals)
            if dialect.magnitudes:
                bar["volume"] = round(bar["volume"] / 1_000_000, 2) * 1_000_000
        for _ in range(chance.choice((0, 0, 3))):
            gap = chance.choice([f for f in ("open", "volume", "close") if f in dialect.fields])
            if not (gap == "volume" and dialect.missing == "0"):
                kept[chance.randrange(5, rows - 5)][gap] = None
        chosen[name] = kept
    return chosen


def _expected(dialect: Dialect, bars: Mapping[str, list[dict[str, Cell]]]) -> pd.DataFrame:
    rows = [
        {
            "timestamp": pd.Timestamp(bar["date"]),
            "ticker": ticker,
            **{
                field: float(bar[field])
                if field in dialect.fields and bar[field] is not None
                else None
                for field in FIELDS
            },
        }
        for ticker, kept in bars.items()
        for bar in kept
    ]
    kinds = {"timestamp": "datetime64[us]", **dict.fromkeys(FIELDS, "float64")}
    frame = pd.DataFrame(rows).astype(kinds)
    if "adj_close" not in dialect.fields:
        frame["adj_close"] = frame["close"]
    return frame.sort_values(["ticker", "timestamp"], ignore_index=True)


@dataclass(frozen=True)
class _Sheet:
    """Header lines, and rows of cells."""

    header: list[list[str]]
    rows: list[list[Cell]]


def _names(dialect: Dialect) -> dict[str, str]:
    roles = ("date", "ticker", "open", "high", "low", "close", "volume", "adj_close")
    names = dict(zip(roles, HEADERS[dialect.header].split(","), strict=True))
    if dialect.separator == "blanks":
        names = {role: name.replace(" ", "_") for role, name in names.items()}
    return names


def _tables(
    chance: random.Random, dialect: Dialect, bars: Mapping[str, list[dict[str, Cell]]]
) -> dict[str, _Sheet]:
    """By path, `{name}` for the name of the export."""
    if dialect.layout == "folder":
        return {
            f"exported/{name}": _long(chance, dialect, {name: kept}) for name, kept in bars.items()
        }
    if dialect.layout in ("wide", "fields", "pandas"):
        return {"{name}": _wide(dialect, bars)}
    return {"{name}": _long(chance, dialect, bars)}


def _long(
    chance: random.Random, dialect: Dialect, bars: Mapping[str, list[dict[str, Cell]]]
) -> _Sheet:
    chance = random.Random(f"{dialect.words}")  # the files of a folder are of one form
    names = _names(dialect)
    roles = [
        "date",
        *(["ticker"] if dialect.layout == "long" else []),
        *dialect.fields,
        *dialect.more,
    ]
    if dialect.shuffled:
        chance.shuffle(roles)
    rows = [bar for kept in bars.values() for bar in kept]
    if dialect.by_date:
        rows.sort(key=lambda bar: bar["date"])
    if dialect.newest_first:
        rows = rows[::-1]
    more = {"currency": "Currency", "change": "Change %", "turnover": "Turnover", "number": ""}
    if dialect.header == "none":
        roles = [role for role in roles if role not in more]
    if dialect.separator == "blanks":
        more["change"] = "Change_%"
    header = [names.get(role, more.get(role, role)) for role in roles]
    cells = [
        [_cell(role, bar, at, dialect.decimal) for role in roles] for at, bar in enumerate(rows)
    ]
    return _Sheet([] if dialect.header == "none" else [header], cells)


def _cell(role: str, bar: Mapping[str, Cell], at: int, decimal: str = ".") -> Cell:
    match role:
        case "currency":
            return "USD"
        case "number":
            return str(at)
        case "turnover":
            return Decimal(bar["volume"] or 0) * 20
        case "change":
            return f"{(at * 37 % 500 - 250) / 100:.2f}%".replace(".", decimal)
        case "volume":
            return bar["volume"] if bar["volume"] is None else Decimal(int(bar["volume"]))
    return bar[role]


def _wide(dialect: Dialect, bars: Mapping[str, list[dict[str, Cell]]]) -> _Sheet:
    """A row a day that any ticker has; these start together, so that none is empty before."""
    names, tickers = _names(dialect), list(bars)
    columns = [(field, ticker) for field in dialect.fields for ticker in tickers]
    by_day = {ticker: {bar["date"]: bar for bar in kept} for ticker, kept in bars.items()}
    days = sorted({day for kept in by_day.values() for day in kept}, reverse=dialect.newest_first)
    rows = [
        [
            day,
            *(
                _cell(field, by_day[ticker][day], 0) if day in by_day[ticker] else None
                for field, ticker in columns
            ),
        ]
        for day in days
    ]
    if dialect.layout == "wide":
        return _Sheet([[names["date"], *tickers]], rows)
    if dialect.layout == "fields":
        joined = "_" if dialect.separator == "blanks" else " "
        return _Sheet([[names["date"], *(f"{t}{joined}{names[f]}" for f, t in columns)]], rows)
    lines = [["Price", *(names[f] for f, _ in columns)], ["Ticker", *(t for _, t in columns)]]
    return _Sheet([*lines, ["Date", *("" for _ in columns)]], rows)


# --- What a configuration says of them


def _section(dialect: Dialect, sheet: _Sheet) -> dict[str, Any]:
    date_format = {
        **dict.fromkeys(EPOCHS, dialect.dates),
        "offset": "%Y-%m-%d %H:%M:%S%z",
        "close": "%m/%d/%Y %H:%M:%S",
    }.get(dialect.dates, DATES[dialect.dates][0])
    typed = dialect.kind == "parquet" or (dialect.kind == "xlsx" and dialect.typed)
    return {
        "form": _form(dialect, sheet),
        "layout": "wide" if dialect.layout in ("wide", "fields", "pandas") else "long",
        "bar": "daily",
        "date_format": date_format,
        "time_zone": "America/New_York" if dialect.dates == "offset" and not typed else "UTC",
        "columns": _columns(dialect, sheet),
        "divide_by": dict.fromkeys((f for f in dialect.fields if f != "volume"), 100)
        if dialect.cents
        else {},
    }


def _columns(dialect: Dialect, sheet: _Sheet) -> dict[str, str]:
    units = _has_units(dialect, sheet)
    if dialect.layout == "wide":
        return {"timestamp": sheet.header[0][0], "close": "* USD" if units else "*"}
    names = _names(dialect)
    if not sheet.header:
        roles = ["date", *(["ticker"] if dialect.layout == "long" else []), *dialect.fields]
        names = {role: f"column {at + 1}" for at, role in enumerate(roles)}
    if dialect.layout == "pandas" and _is_text(dialect, workbooks=True):
        names |= {field: f"{names[field]} *" for field in dialect.fields}
        if dialect.dirt == "index":
            names["date"] = " ".join(line[0] for line in sheet.header)
    elif dialect.layout in ("fields", "pandas"):
        joined = "_" if dialect.separator == "blanks" else " "
        names |= {field: f"*{joined}{names[field]}" for field in dialect.fields}
    named = {
        field: f"{names[field]} USD" if units and field != "volume" else names[field]
        for field in dialect.fields
    }
    ticker = {"ticker": names["ticker"]} if dialect.layout == "long" else {}
    return {"timestamp": names["date"], **ticker, **named}


def _is_text(dialect: Dialect, *, workbooks: bool = False) -> bool:
    return dialect.kind in ("text", "gz", "zip", *(["xlsx"] if workbooks else []))


def _has_units(dialect: Dialect, sheet: _Sheet) -> bool:
    return dialect.dirt == "units" and bool(sheet.header) and dialect.separator != "blanks"


def _form(dialect: Dialect, sheet: _Sheet) -> dict[str, Any]:
    form: dict[str, Any] = {"leave_out": [""]} if sheet.header and "" in sheet.header[0] else {}
    if not _is_text(dialect, workbooks=True):
        if not sheet.header and dialect.kind != "parquet":
            return {"header_line": 0}
        nested = dialect.kind == "json" and _shape(dialect) == 1
        return {"records": "data"} if nested else {}
    above = {"title": 4, "comment": 2}.get(dialect.dirt, 1) if sheet.header else 0
    form |= {
        "header_line": above,
        "header_lines": max(1, len(sheet.header)) + _has_units(dialect, sheet),
    }
    if dialect.kind == "xlsx":
        return form
    return form | {
        "encoding": dialect.encoding.removesuffix("-sig"),
        "separator": dialect.separator,
        "decimal": dialect.decimal,
        "thousands": dialect.thousands or None,
        "signs": [sign.strip() for sign in (dialect.before, dialect.behind) if sign],
        "magnitudes": dialect.magnitudes,
        "missing": [dialect.missing] if dialect.missing not in ("", "0") else [],
        "missing_prices": [0] if dialect.missing == "0" else [],
        "skip": {
            "total": ["Total"],
            "words below": ["Source*"],
            "header twice": [line[0] for line in sheet.header],
        }.get(dialect.dirt, []),
    }


# --- Cells as text


def _dated(dialect: Dialect, day: date) -> str:
    midnight = datetime.combine(day, time(), UTC)
    if dialect.dates in EPOCHS:
        return str(int(midnight.timestamp()) * EPOCHS[dialect.dates])
    if dialect.dates == "offset":
        return datetime.combine(day, time(), NEW_YORK).isoformat(" ")
    return midnight.strftime(DATES[dialect.dates][0])


def _number(dialect: Dialect, value: Decimal, *, price: bool) -> str:
    if price and dialect.cents:
        return f"{value * 100:.0f}"
    if not price and dialect.magnitudes:
        text = f"{value / 1_000_000:.2f}M"
        return text.replace(".", dialect.decimal)
    text = f"{value:,f}" if dialect.thousands else f"{value:f}"
    text = text.replace(",", "\0").replace(".", dialect.decimal).replace("\0", dialect.thousands)
    return f"{dialect.before}{text}{dialect.behind}" if price else text


def _text(dialect: Dialect, cell: Cell, *, price: bool) -> str:
    if cell is None:
        return dialect.missing
    if isinstance(cell, Decimal):
        return _number(dialect, cell, price=price)
    return _dated(dialect, cell) if isinstance(cell, date) else cell


def _are_prices(dialect: Dialect, sheet: _Sheet) -> list[bool]:
    """Which columns are prices, or sums of money."""
    if dialect.layout in ("fields", "pandas"):
        count = (len(sheet.rows[0]) - 1) // len(dialect.fields)
        return [False, *(field != "volume" for field in dialect.fields for _ in range(count))]
    if not sheet.header:
        return [True] * (len(sheet.rows[0]) - 1) + [False]
    names = _names(dialect)
    others = {"", "Currency", *(names[role] for role in ("date", "ticker", "volume"))}
    return [name not in others and "%" not in name for name in sheet.header[0]]


# --- Sheets as files


def _content(dialect: Dialect, sheet: _Sheet, name: str) -> bytes:
    writers: dict[str, Callable[[Dialect, _Sheet], bytes]] = {
        "parquet": _parquet,
        "json": _json,
        "jsonl": _json_lines,
        "xlsx": _workbook,
    }
    content = writers.get(dialect.kind, _separated)(dialect, sheet)
    if dialect.kind == "gz":
        return gzip.compress(content, mtime=0)
    if dialect.kind == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(f"{name.rpartition('/')[2]}.csv"), content)
        return packed.getvalue()
    return content


def _separated(dialect: Dialect, sheet: _Sheet) -> bytes:
    price = _are_prices(dialect, sheet)
    rows = [
        [_text(dialect, cell, price=price[at]) for at, cell in enumerate(row)] for row in sheet.rows
    ]
    header = [list(line) for line in sheet.header]
    width = len(rows[0])
    blanks = dialect.separator == "blanks"
    match dialect.dirt:
        case "units" if header and not blanks:
            header.append(["USD" if is_price else "" for is_price in price])
        case "header twice" if header:
            rows[len(rows) // 2 : len(rows) // 2] = header
        case "index" if header and not blanks:
            header = [["", *line] for line in header]
            rows = [[str(at), *row] for at, row in enumerate(rows)]
        case "trailing" if not blanks:
            rows, header = [[*row, ""] for row in rows], [[*line, ""] for line in header]
    text = _lines(dialect, [*header, *rows])
    end = dialect.newline
    match dialect.dirt:
        case "title" if header:
            text = f"Prices of shares{end}as of today{end}{end}{text}"
        case "comment" if header:
            text = f"# exported by a script{end}{text}"
        case "total" if not blanks:
            text += _lines(dialect, [["Total", *[""] * (width - 2), str(len(rows))]])
        case "words below":
            text += f"{end}Source: our own records{end}"
    return (text if dialect.ending else text.removesuffix(end)).encode(dialect.encoding)


def _lines(dialect: Dialect, rows: list[list[str]]) -> str:
    if dialect.separator == "blanks":
        return "".join("  ".join(f"{cell:>12}" for cell in row) + dialect.newline for row in rows)
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if dialect.quoted else csv.QUOTE_MINIMAL
    csv.writer(
        out, delimiter=dialect.separator, quoting=quoting, lineterminator=dialect.newline
    ).writerows(rows)
    return out.getvalue()


def _plain(dialect: Dialect, cell: Cell) -> str | float | None:
    """A cell as JSON has it: numbers as such, or as text."""
    if isinstance(cell, Decimal):
        return float(cell) if dialect.typed else f"{cell:f}"
    if isinstance(cell, date):
        text = _dated(dialect, cell)
        return int(text) if dialect.dates in EPOCHS else text
    return cell


def _flat_names(sheet: _Sheet) -> list[str]:
    """One name a column; of lines below each other, joined."""
    if not sheet.header:
        return [f"column {at + 1}" for at in range(len(sheet.rows[0]))]
    if len(sheet.header) == 1:
        return sheet.header[0]
    return [
        "Date",
        *(f"{t} {f}" for f, t in zip(*(line[1:] for line in sheet.header[:2]), strict=True)),
    ]


def _objects(dialect: Dialect, sheet: _Sheet) -> list[dict[str, str | float | None]]:
    names = [name or "index" for name in _flat_names(sheet)]
    return [
        dict(zip(names, (_plain(dialect, cell) for cell in row), strict=True)) for row in sheet.rows
    ]


def _json(dialect: Dialect, sheet: _Sheet) -> bytes:
    objects = _objects(dialect, sheet)
    columns = list(objects[0])
    arrays = [list(record.values()) for record in objects]
    if not sheet.header:
        return json.dumps(arrays).encode()
    shapes: list[object] = [
        objects,
        {"status": "OK", "data": objects},
        {"columns": columns, "index": list(range(len(arrays))), "data": arrays},
        {name: {str(at): record[name] for at, record in enumerate(objects)} for name in columns},
        {name: [record[name] for record in objects] for name in columns},
    ]
    return json.dumps(shapes[_shape(dialect)]).encode()


def _shape(dialect: Dialect) -> int:
    """Which of the five shapes of JSON is chosen."""
    return len(dialect.words) % 5


def _json_lines(dialect: Dialect, sheet: _Sheet) -> bytes:
    objects = _objects(dialect, sheet)
    records = objects if sheet.header else [list(record.values()) for record in objects]
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def _parquet(dialect: Dialect, sheet: _Sheet) -> bytes:
    names = [name or "index" for name in _flat_names(sheet)]
    columns: list[pa.Array] = []
    for cells in zip(*sheet.rows, strict=True):
        if any(isinstance(cell, Decimal) for cell in cells):
            columns.append(pa.array([None if cell is None else float(cell) for cell in cells]))
        elif isinstance(cells[0], date):
            columns.append(
                pa.array(cells, pa.date32()).cast(
                    pa.date32() if dialect.typed else pa.timestamp("ms")
                )
            )
        else:
            columns.append(pa.array(cells, pa.string()))
    out = io.BytesIO()
    pq.write_table(pa.table(columns, names=names), out)
    return out.getvalue()


def _workbook(dialect: Dialect, sheet: _Sheet) -> bytes:
    return workbook(
        {"Prices": [*sheet.header, *(map(partial(_typed, dialect), row) for row in sheet.rows)]}
    )


def _typed(dialect: Dialect, cell: Cell) -> object:
    """A cell as a workbook has it: numbers as such, and days, unless they are text."""
    if isinstance(cell, Decimal):
        return float(cell)
    return _dated(dialect, cell) if isinstance(cell, date) and not dialect.typed else cell
