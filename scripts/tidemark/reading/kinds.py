"""Kinds of files, by their endings and by what they begin with, and how a row of each is named."""

import re
from enum import StrEnum
from pathlib import PurePosixPath

from tidemark.errors import InputError


class Kind(StrEnum):
    """What a file's ending says that it is."""

    TEXT = "CSV or other text"
    PARQUET = "Parquet"
    JSON = "JSON"
    JSON_LINES = "JSON, a record a line"
    WORKBOOK = "a workbook"
    GZIP = "gzip"
    ZIP = "a ZIP archive"


ENDINGS = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt", ".asc", ".dat", ".prn"), Kind.TEXT),
    **dict.fromkeys((".parquet", ".pq"), Kind.PARQUET),
    ".json": Kind.JSON,
    **dict.fromkeys((".jsonl", ".ndjson"), Kind.JSON_LINES),
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), Kind.WORKBOOK),
    ".gz": Kind.GZIP,
    ".zip": Kind.ZIP,
}
EXTRAS = {Kind.WORKBOOK: "excel"}  # libraries that only these need: requirements-<extra>.lock
NUMBERED = (Kind.PARQUET, Kind.JSON, Kind.WORKBOOK)  # whose rows have numbers, and no lines

# What files begin with, what they are then, and the kinds that may begin so.
BEGINNINGS = (
    (rb"PK(\x03\x04|\x05\x06)", "a ZIP archive or a workbook", (Kind.ZIP, Kind.WORKBOOK)),
    (rb"\x1f\x8b", "a gzip file", (Kind.GZIP,)),
    (rb"PAR1[^ -~]", "a Parquet file", (Kind.PARQUET,)),
    (rb"\xd0\xcf\x11\xe0", "an Excel workbook", (Kind.WORKBOOK,)),
    (rb"([!-~]\x00){2}|(\x00[!-~]){2}", "text in UTF-16", (Kind.TEXT, Kind.JSON, Kind.JSON_LINES)),
    (rb"%PDF-", "a PDF document", ()),
    (rb"BZh[1-9]1AY&SY|\xfd7zXZ|7z\xbc\xaf|\x28\xb5\x2f\xfd", "compressed in another way", ()),
    (rb"SQLite format 3\0", "an SQLite database", ()),
    (rb"(ARROW1|FEA1)\0", "an Arrow file", ()),
    (rb"\x89PNG|\xff\xd8\xff|GIF8[79]a", "a picture", ()),
    (
        rb"(?i)(\xef\xbb\xbf)?\s*<(!doctype|\?xml|!--|(html|head|body)[\s>])",
        "an HTML or XML page",
        (),
    ),
    (
        rb'(\xef\xbb\xbf)?\s*(\{\s*["}]|\[\s*[\[\]{"])',
        "JSON",
        (Kind.JSON, Kind.JSON_LINES),
    ),
)


def kind_of(path: str) -> Kind | None:
    """What the ending of a file's name says; None if it is none of ENDINGS."""
    return ENDINGS.get(PurePosixPath(path).suffix.lower())


def stem(path: str) -> str:
    """A file's name without its endings: BRK.A of data/BRK.A.csv.gz."""
    name = PurePosixPath(path).name
    for _ in range(2):
        if kind_of(name) is not None:
            name = name[: name.rindex(".")]
    return name


def extra_of(path: str) -> str | None:
    """The libraries, beyond those that all need, that reading a file of this name takes."""
    kind = kind_of(unzipped_name(path))
    return EXTRAS.get(kind) if kind else None


def unzipped_name(path: str) -> str:
    """The name of a gzip file without `.gz`, which says what is in it."""
    return path[: -len(".gz")] if kind_of(path) is Kind.GZIP else path


def place(path: str, line: int, column: str | None = None) -> str:
    """A place for messages: `prices.csv:8: Close`; of kinds without lines the row's number."""
    numbered = kind_of(unzipped_name(path)) in NUMBERED or _is_sheet(path)
    at = f"{path}: row {line}" if numbered else f"{path}:{line}"
    return f"{at}: {column}" if column else at


def _is_sheet(path: str) -> bool:
    """Whether a path ends in a sheet of a workbook, as in prices.xlsx/AAPL."""
    return kind_of(unzipped_name(str(PurePosixPath(path).parent))) is Kind.WORKBOOK


def must_be_of_kind(path: str, kind: Kind, content: bytes) -> None:
    """Refuse a file that begins like one of another kind than its name says.

    Raises:
        InputError: says what the file is.
    """
    for start, words, kinds in BEGINNINGS:
        if re.match(start, content) and kind not in kinds:
            raise InputError(
                path,
                f"is {words}, not {kind}",
                "fetch or export it as its name says, or let its name say what it is;"
                " `make adopt FILE=...` looks at any file",
            )
