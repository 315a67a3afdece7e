"""What came with status 200 and is no data all the same."""

import json
import re
from typing import Any

from tidemark.errors import printable
from tidemark.providers.contract import PayloadError

BLANKS = b" \t\r\n\xef\xbb\xbf\x00"
HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.I)
TITLE = re.compile(rb"<title[^>]*>(.{0,200}?)</title", re.I | re.S)
# Keys of a JSON object under which services say what is wrong.
ERRORS = ("error", "errors", "error_message", "Error Message", "errorMessage", "fault")
PEEK = 2000  # bytes in which an error that is all there is can be seen
ZIP, ZIP_END, ZIP_TAIL = b"PK\x03\x04", b"PK\x05\x06", 65_557
PARQUET = b"PAR1"
CLOSING = {b"{": b"}", b"[": b"]", b"<": b">"}


def must_be_data(body: bytes) -> None:
    """Refuse a body that is empty, a web page, JSON that says an error, or only a beginning.

    Raises:
        PayloadError: it is one of these. All of them may be gone at the next try.
    """
    start = body[:PEEK].lstrip(BLANKS)
    if not start:
        raise PayloadError("the body is empty, though the status is 200")
    if start[:1] == b"<" and HTML.search(start):
        title = TITLE.search(body[: 10 * PEEK])
        named = f' with the title "{_shown(title[1])}"' if title else ""
        raise PayloadError(f"the body is a web page{named}, though the status is 200")
    _must_be_whole(body, start)
    if start[:1] == b"{" and any(word in start.lower() for word in (b"err", b"fault")):
        _must_say_no_error(body)


def _must_be_whole(body: bytes, start: bytes) -> None:
    """What begins as JSON, XML, a zip or Parquet ends as one."""
    closing = CLOSING.get(start[:1])
    if closing and body[-PEEK:].rstrip(BLANKS)[-1:] != closing:
        kind = "XML" if closing == b">" else "JSON"
        raise PayloadError(f"the body is {kind} that ends in the middle")
    if body.startswith(ZIP) and ZIP_END not in body[-ZIP_TAIL:]:
        raise PayloadError("the body is a zip archive that ends in the middle")
    if body.startswith(PARQUET) and (len(body) < 12 or not body.endswith(PARQUET)):
        raise PayloadError("the body is a Parquet file that ends in the middle")


def _must_say_no_error(body: bytes) -> None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return  # its provider says what it is
    told = (
        next((found[key] for key in ERRORS if found.get(key)), None)
        if isinstance(found, dict)
        else None
    )
    if told:
        raise PayloadError(f"the body says an error, though the status is 200: {_words(told)}")


def _words(told: Any) -> str:
    """What an error says, whether it is a text, an object with one, or a list of these."""
    if isinstance(told, dict):
        texts = [told[key] for key in ("message", "description", "info", "code") if told.get(key)]
        return _words(texts[0]) if texts else printable(json.dumps(told))
    if isinstance(told, list) and told:
        return _words(told[0])
    return printable(str(told))


def excerpt(body: bytes) -> str:
    """What a body says of an error, in a few words; empty if nothing that can be read."""
    try:
        found = json.loads(body[: 50 * PEEK])
    except (ValueError, RecursionError):
        title = TITLE.search(body[: 10 * PEEK])
        return _shown(title[1] if title else b"" if b"<" in body[:PEEK] else body[:200])
    if isinstance(found, dict):
        keys = (*ERRORS, "message", "error_description", "detail", "code")
        told = next((found[key] for key in keys if found.get(key)), None)
        told = told if told is not True else found.get("message")
        return _words(told) if told else ""
    return ""


def _shown(text: bytes) -> str:
    return printable(" ".join(text.decode("utf-8", "replace").split()), 120)
