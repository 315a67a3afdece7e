"""Malformed configurations and price files: one clear line each, at once, or the right result.

Cases are made from the shipped configuration and from real bars. The number in a case's name seeds
it, so a failure can be repeated. The short form takes a sample of each kind, the long form 200 or
more.
"""

import copy
import csv
import gzip
import io
import json
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from tidemark.config import load
from tidemark.config.yaml_lines import parse
from tidemark.errors import InputError
from tidemark.project import HERE
from tidemark.reading import files
from tidemark.sources import prices
from tidemark.sources.tickers import normalised

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = (ROOT / "config.yaml").read_text("utf-8")
SECONDS = 5  # processor time that a case may take; it needs a tenth of a second
CASES = 200
PLACE = r"config\.yaml(:\d+:\d+: |: has [\d,]+ bytes)"


@contextmanager
def in_time() -> Iterator[None]:
    """Interrupt what hangs, and fail what is slow."""

    def give_up(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    began = time.process_time()
    try:
        yield
        assert time.process_time() - began < SECONDS
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def assert_clear(message: str, start: str) -> None:
    """Each fault has a line that starts with the file, is not too long and fits any terminal.

    The cure of several stands below them.
    """
    for line in message.splitlines():
        assert re.match(f"{start}|Cure: ", line), message
        assert line.isprintable(), message
        assert len(line) < 700, message


@pytest.fixture(scope="module")
def cases(long: bool) -> Callable[[int], range]:
    """The numbers of the cases of a kind: a few, or all."""
    return lambda few: range(CASES if long else few)


# --- Configurations

HOSTILE = [
    *(
        "1e999",
        "-1e999",
        ".nan",
        "100000000000000000000",
        "-100000000000000000000",
        "9" * 5000,
        "-1",
    ),
    *("1.5e308", "5e-324", "0", "-0.0", "true", "null", "", "[]", "{}", "[[[]]]", "{a: {b: c}}"),
    *(
        "9999-12-31",
        "0001-01-01",
        "2013-02-30",
        "XNYX",
        "Mars/Base",
        "%Y-%Y",
        "%",
        "'%d'",
        "/dev/zero",
    ),
    *(
        "/proc/self/mem",
        "data",
        "../..",
        "-delete",
        "$(id)",
        "'a;id'",
        "'`id`'",
        '"\\0"',
        '"\\e[2J"',
    ),
    *('"\\ud800"', '"\\u202e"', "'a\n b'", "!!python/name:os.system", "!!binary aGE=", "!!set {a}"),
    *(
        "!!int a",
        "!x y",
        "&a [*a]",
        "*nobody",
        "<<",
        "'" + "x" * 9000 + "'",
        "é" * 300,
        "http://[",
        "!",
    ),
    *("{? [a] : b}", "[1, 1]", "[1e999]", "[" * 5000, "&a {<<: *a}", "0x10", "1_000", "12:30", "٣"),
]
LINES = [
    lambda line, chance: f"{line}\n{line}",
    lambda line, chance: "",
    lambda line, chance: f"\t{line}",
    lambda line, chance: f"   {line}",
    lambda line, chance: line.lstrip(),
    lambda line, chance: line.replace(":", "", 1),
    lambda line, chance: line.replace(":", ": &a", 1) + "\n<<: *a",
    lambda line, chance: re.sub(r"\w", lambda m: m[0] + m[0], line, count=1),
    lambda line, chance: f"{line}\n---\n{line}",
    lambda line, chance: f"? [{line.strip()[:20]}]\n: 1",
    lambda line, chance: f"{line}\n{'- ' * 3000}x",
    lambda line, chance: (
        line + " " + chance.choice(["}", "]", "'", '"', "@", "`", "%", "|", ">", ","])
    ),
    lambda line, chance: f"{line}\nnew: {{a: 1}}",
]
WHOLE = [
    lambda text: text.encode("utf-16"),
    lambda text: text.encode("utf-16-be"),
    lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: text.replace("\n", "\r").encode(),
    lambda text: text.replace("\n", "\r\n").encode(),
    lambda text: text.encode()[: len(text) // 3],
    lambda text: b"",
    lambda text: b"\0" * 1000,
    lambda text: text.encode() * 2,
    lambda text: text.encode() * 40,
    lambda text: b"<html>404</html>",
    lambda text: json.dumps(yaml.load(text, yaml.BaseLoader)).encode(),
    lambda text: b"- " * 100_000,
    lambda text: ("a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(9))).encode(),
]


def configuration_of(number: int) -> bytes:
    """A damaged configuration."""
    chance = random.Random(f"configuration {number}")
    kind = chance.random()
    if kind < 0.1:
        return WHOLE[number % len(WHOLE)](SHIPPED)
    if kind < 0.3:
        return damaged(SHIPPED.encode(), chance)
    lines = SHIPPED.split("\n")
    place = chance.choice([n for n, line in enumerate(lines) if ":" in line.partition("#")[0]])
    if kind < 0.5:
        lines[place] = chance.choice(LINES)(lines[place], chance)
    else:
        values = list(re.finditer(r"(?<=[:,\[] )[^\s,\[\]{}#][^,\[\]{}#]*", lines[place]))
        value = chance.choice(values) if values else None
        start, end = value.span() if value else (len(lines[place]), len(lines[place]))
        lines[place] = f"{lines[place][:start]} {chance.choice(HOSTILE)} {lines[place][end:]}"
    return "\n".join(lines).encode(errors="surrogatepass")


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The data with a few bytes changed, lost or inserted, or with the end cut off."""
    found = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 5])):
        place = chance.randrange(len(found))
        match chance.randrange(5):
            case 0 | 1:
                found[place] = chance.randrange(256)
            case 2:
                del found[place : place + chance.randrange(1, 40)]
            case 3:
                found[place:place] = chance.choice(
                    [b"\0", b"\r", b'"', b",", b"\xff", b"\n", b"\x1b"]
                )
            case 4 if chance.random() < 0.3:
                del found[place + 1 :]
    return bytes(found)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the shipped configuration is valid."""
    for part in ("scripts", "schemas", "data"):
        (tmp_path / part).symlink_to(ROOT / part)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_malformed_configuration_is_named_or_means_what_it_says(project, cases):
    refused = 0
    for number in cases(40):
        data = configuration_of(number)
        (project / "config.yaml").write_bytes(data)
        with in_time():
            try:
                whole = load.load(HERE, "config.yaml")
            except InputError as error:
                refused += 1
                assert_clear(str(error), PLACE)
            except BaseException as error:
                pytest.fail(f"configuration {number}: {error!r}")
            else:
                assert_as_written(asdict(whole), parse("config.yaml", data)[0])
    assert refused > len(cases(40)) / 3


def assert_as_written(found: object, written: object) -> None:
    """Values that were written came through; the others have their defaults."""
    if isinstance(written, dict) and isinstance(found, dict):
        for key, value in written.items():
            assert_as_written(found[key], value)
    else:
        assert found == written


def test_a_key_of_any_value_is_named_by_its_own_line(project, long):
    """Every value is replaced by every hostile one; by a sample of them in the short form."""
    document, places = parse("config.yaml", SHIPPED.encode())
    leaves = [path for path in places if not isinstance(at(document, path), dict)]
    pairs = [(path, value) for path in leaves for value in ALIEN]
    for path, value in pairs if long else random.Random(1).sample(pairs, 20):
        changed = copy.deepcopy(document)
        at(changed, path[:-1])[path[-1]] = value
        (project / "config.yaml").write_text(json.dumps(changed, indent=1), "utf-8")
        with in_time():
            try:
                load.load(HERE, "config.yaml")
            except InputError as error:
                assert_clear(str(error), PLACE)
            except BaseException as error:
                pytest.fail(f"{path} = {value!r}: {error!r}")


ALIEN = [
    1e999,
    10**20,
    -1,
    0,
    1.5,
    True,
    None,
    "",
    [],
    {},
    [[1]],
    {"a": 1},
    "x",
    "é",
    "a b",
    "0001-01-01",
]


def at(document: object, path: tuple[str | int, ...]) -> object:
    for part in path:
        document = document[part]
    return document


# --- Price files

SOURCE = {
    "layout": "long",
    "bar": "daily",
    "date_format": "%Y-%m-%d",
    "time_zone": "UTC",
    "columns": {
        "timestamp": "Date",
        "ticker": "Ticker",
        "open": "Open",
        "high": "High",
        "low": "Low",
        "close": "Close",
        "volume": "Volume",
        "adj_close": "Adj Close",
    },
}
CELLS = [
    *("", "NA", "n/a", "inf", "-inf", "nan", "1e308", "-1e308", "1e400", "1e-320", "0x10", "1_000"),
    *(
        "١٢٣",
        "--5",
        '"1,234"',
        "1.5.2",
        "1e",
        "9" * 400,
        "\0",
        "\x1b[2J",
        "A\u200bB",
        "\ufeffA",
        "AB\xa0",
    ),
    *(
        "A" * 5000,
        '"A\nB"',
        '"A\tB"',
        "\u202eA",
        "$(id)",
        "0001-01-01",
        "9999-12-31",
        "1677-01-01",
        "x",
    ),
    *(
        "2009-02-30",
        "20090102",
        "01/02/2009",
        "2009-01-02 10:00",
        "<b>",
        "=1+1",
        "'5",
        "#N/A",
        '"',
        '""',
    ),
]
CONTENTS = [
    lambda text: b"",
    lambda text: text.split("\n")[0].encode() + b"\n",
    lambda text: b"<!DOCTYPE html><html><body>Not, found</body></html>\n",
    lambda text: json.dumps([{"Date": "2009-01-02", "Close": 1}] * 9).encode(),
    lambda text: b"PK\x03\x04" + text.encode(),
    lambda text: gzip.compress(text.encode(), mtime=0),
    lambda text: text.encode("utf-16"),
    lambda text: text.encode("utf-16-le"),
    lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: text.replace("\n", "\r").encode(),
    lambda text: text.replace("\n", "\r\n").encode(),
    lambda text: text.replace(",", ";").encode(),
    lambda text: text.replace(",", "\t").encode(),
    lambda text: text.replace("Volume", "Close").encode(),
    lambda text: text.replace("Volume", "").encode(),
    lambda text: ("# " + text).encode(),
    lambda text: (text + text).encode(),
    lambda text: "\n".join(reversed(text.split("\n"))).encode(),
    lambda text: text.encode() + b"\0" * 4096,
    lambda text: bytes(range(256)) * 99,
]


@pytest.fixture(scope="module")
def bars() -> str:
    """A hundred real bars of three tickers, as CSV."""
    header, *rows = (ROOT / "data/sample/prices.csv").read_text("utf-8").splitlines()
    kept = [row for row in rows if row.split(",")[1] > "2009-"]
    chosen = [row for name in ("AAPL", "IBM", "MSFT") for row in of(kept, name)[:33]]
    return "\n".join([header, *chosen, ""])


def of(rows: list[str], ticker: str) -> list[str]:
    return [row for row in rows if row.startswith(f"{ticker},")]


def file_of(number: int, text: str) -> tuple[str, bytes]:
    """The name and content of a damaged price file."""
    chance = random.Random(f"prices {number}")
    kind = chance.random()
    if kind < 0.15:
        return "p.csv", CONTENTS[number % len(CONTENTS)](text)
    if kind < 0.5:
        lines = text.split("\n")
        place = chance.randrange(len(lines) - 1)
        cells = lines[place].split(",")
        cells[chance.randrange(len(cells))] = chance.choice(CELLS)
        lines[place] = ",".join(cells)
        return "p.csv", "\n".join(lines).encode()
    if kind < 0.65:
        lines = text.split("\n")
        one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        lines[one], lines[other] = chance.choice(
            [(lines[other], lines[one]), (lines[one] * 2, lines[other]), ("", lines[other])]
        )
        return "p.csv", "\n".join(lines).encode()
    if kind < 0.8:
        return "p.csv", damaged(text.encode(), chance)
    if kind < 0.88:
        return "p.csv.gz", damaged(gzip.compress(text.encode(), mtime=0), chance)
    out = io.BytesIO()
    pq.write_table(pa.csv.read_csv(io.BytesIO(text.encode())), out)
    return "p.parquet", damaged(out.getvalue(), chance)


def test_a_malformed_price_file_is_named_or_read_as_it_stands(bars, cases):
    refused = 0
    for number in cases(60):
        path, content = file_of(number, bars)
        with in_time():
            try:
                files.must_unpack_to(path, content, 1_000_000_000)
                found = prices.read({path: content}, SOURCE).records
            except InputError as error:
                refused += 1
                assert_clear(str(error), re.escape(path))
            except BaseException as error:
                pytest.fail(f"prices {number}: {error!r}")
            else:
                if path == "p.csv":
                    assert_read(found, content, number)
    assert refused > len(cases(60)) / 3


def assert_read(found: pd.DataFrame, content: bytes, number: int) -> None:
    """The frame holds what another reader finds in the file."""
    text = content.decode("utf-8-sig")
    rows = [row for row in csv.DictReader(io.StringIO(text, newline="")) if any(row.values())]
    written = sorted((normalised(row["Ticker"]), row["Date"].strip()) for row in rows)
    read = sorted(zip(found["ticker"], found["timestamp"].dt.strftime("%Y-%m-%d"), strict=True))
    assert read == written, f"prices {number}"
    for field, name in list(SOURCE["columns"].items())[2:]:
        total = sum(float(row[name]) for row in rows if missing(row[name]) is None)
        assert found[field].sum() == pytest.approx(total, nan_ok=True), f"prices {number}"


def missing(text: str) -> str | None:
    return text if text.strip().lower() in ("", "na", "nan", "null") else None
