"""Kinds of files, by their endings and by what they begin with, and how a row of each is named."""

import re
from pathlib import PurePosixPath

from tidemark.errors import InputError

# What a file that is none of ours begins with, and what it is then.
GZIP, PARQUET = rb"\x1f\x8b", rb"PAR1[^ -~]"
BEGINNINGS = {
    rb"PK(\x03\x04|\x05\x06)": "a ZIP archive (perhaps an Excel workbook)",
    GZIP: "a gzip file",
    PARQUET: "a Parquet file",
    rb"\xd0\xcf\x11\xe0": "an Excel workbook",
    rb"%PDF-": "a PDF document",
    rb"BZh[1-9]1AY&SY|\xfd7zXZ|7z\xbc\xaf|\x28\xb5\x2f\xfd": "compressed in another way",
    rb"SQLite format 3\0": "an SQLite database",
    rb"(ARROW1|FEA1)\0": "an Arrow file",
    rb"\x89PNG|\xff\xd8\xff|GIF8[79]a": "a picture",
    rb"([!-~]\x00){2}|(\x00[!-~]){2}": "text in UTF-16 (save it as UTF-8)",
    rb"(?i)(\xef\xbb\xbf)?\s*<(!doctype|\?xml|!--|(html|head|body)[\s>])": "an HTML or XML page",
    rb'(\xef\xbb\xbf)?\s*(\{\s*["}]|\[\s*[\[\]{"])': "JSON",
}
ENDINGS = (".csv.gz", ".csv", ".parquet")


def stem(path: str) -> str:
    """A file's name without its ending: BRK.A of data/BRK.A.csv.gz."""
    name = PurePosixPath(path).name
    ending = next(ending for ending in ENDINGS if name.lower().endswith(ending))
    return name[: -len(ending)]


def place(path: str, line: int, column: str | None = None) -> str:
    """A place for messages: `prices.csv:8: Close`; rows of Parquet have numbers, and no lines."""
    at = f"{path}: row {line}" if path.lower().endswith(".parquet") else f"{path}:{line}"
    return f"{at}: {column}" if column else at


def must_be_of_kind(path: str, ending: str, content: bytes) -> None:
    """Refuse a file that begins like one of another kind than its name says.

    Raises:
        InputError: says what the file is.
    """
    kinds = {".parquet": ("Parquet", PARQUET), ".gz": ("gzip", GZIP)}
    wanted, own = kinds.get(PurePosixPath(ending).suffix, ("CSV", None))
    begun = next((start for start in BEGINNINGS if re.match(start, content)), own)
    if begun is not None and begun != own:
        raise InputError(
            path,
            f"is {BEGINNINGS[begun]}, not {wanted}",
            "fetch or export it as its name says, or correct `path` of this source",
        )
