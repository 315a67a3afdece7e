"""The encoding of a text's bytes."""

import re

from tidemark.errors import InputError
from tidemark.reading import decoding
from tidemark.reading.settings import Form

# What columns of prices are called where files are of another encoding, which its bytes do not say.
NATIONAL = {
    "gb18030": "日期|时间|收盘|开盘|代码",
    "cp932": "日付|日時|終値|始値|銘柄",
    "cp949": "일자|날짜|종가|시가",
    "big5": "日期|收盤|開盤",
    "cp1251": "(?i)дата|цена|закрыт|открыт",
}
LOOKED_AT = 4_000


def decoded(path: str, content: bytes) -> tuple[str, str]:
    """The encoding, and the text without byte-order marks.

    Raises:
        InputError: as `find`.
    """
    encoding, _ = find(path, content)
    return encoding, decoding.decoded(path, content, Form(encoding=encoding))


def find(path: str, content: bytes) -> tuple[str, str]:
    """The encoding, and why another than UTF-8.

    Raises:
        InputError: the bytes are no text.
    """
    marked = decoding.mark_of(content)
    if marked and marked != "utf-8":
        return marked, "it begins with the byte-order mark of that"
    if re.match(rb"([\t -~\r\n]\0){4}", content):
        return "utf-16-le", "every second byte is 0"
    if re.match(rb"(\0[\t -~\r\n]){4}", content):
        return "utf-16-be", "every second byte is 0"
    nul = content.find(b"\0")
    if nul >= 0:
        line = content[:nul].count(b"\n") + 1
        raise InputError(f"{path}:{line}", "holds a NUL byte: it is no text", "export it as CSV")
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return _national(content), f"byte 0x{content[error.start]:02x} of line {line} is not UTF-8"
    return "utf-8", ""


def _national(content: bytes) -> str:
    """One of the encodings before Unicode: that in which a known name of a column stands."""
    head = content[:LOOKED_AT]
    for encoding, names in NATIONAL.items():
        if re.search(names, head.decode(encoding, errors="ignore")):
            try:
                content.decode(encoding)
            except UnicodeDecodeError:
                continue
            return encoding
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"
