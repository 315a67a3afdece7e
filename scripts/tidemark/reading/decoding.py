"""From bytes to text, in the encoding that a form names."""

import codecs
import re

from tidemark.errors import InputError
from tidemark.reading.settings import Form
from tidemark.reading.table import FINDS

MARKS = {  # byte-order marks; the longer ones first, because they begin like others
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
UNMARKED = rb"([!-~]\x00){2}|(\x00[!-~]){2}"  # how letters of UTF-16 begin without a mark


def mark_of(content: bytes) -> str | None:
    """The encoding that a byte-order mark says; None without one."""
    return next((name for mark, name in MARKS.items() if content.startswith(mark)), None)


def decoded(path: str, content: bytes, form: Form) -> str:
    """The text of a file, without byte-order marks.

    Raises:
        InputError: a mark or a byte is not of the encoding; names the line.
    """
    family = codecs.lookup(form.encoding).name
    told = mark_of(content) or ("utf-16" if re.match(UNMARKED, content) else family)
    if not family.startswith(told[:6]):
        raise InputError(
            path,
            f"is text in {told.upper()}, and is read as {form.encoding.upper()}",
            f"set form.encoding of this source to {told}, as {FINDS}, or save the file as UTF-8",
        )
    try:
        text = content.decode(form.encoding).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path}:{line}",
            f"byte 0x{content[error.start]:02x} is not {form.encoding.upper()} text",
            "save the file as UTF-8, or set form.encoding of this source, such as cp1252, as"
            f" {FINDS}",
        ) from error
    nul = text.find("\0")
    if nul >= 0:
        line = text[:nul].count("\n") + 1
        cure = f"save the file as UTF-8, or set form.encoding of this source, as {FINDS}"
        raise InputError(f"{path}:{line}", "holds a NUL byte", cure)
    return text
