"""From the body of an answer to its values, or to an error that says what is wrong with it."""

import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree

from tidemark.providers.contract import Answer, PayloadError

NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")


def of_json(answer: Answer) -> Any:
    """The value that the body is in JSON.

    Raises:
        PayloadError: it is not JSON, or has NaN or Infinity, which JSON does not know.
    """
    try:
        return json.loads(answer.body, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise PayloadError(f"the body is not JSON ({_kind(answer)})") from error


def of_xml(answer: Answer) -> ElementTree.Element:
    """The root of the body in XML.

    Raises:
        PayloadError: it is not XML, or declares entities, which no feed of data needs.
    """
    if b"<!DOCTYPE" in answer.body or b"<!ENTITY" in answer.body:
        raise PayloadError(f"the body is XML with a DOCTYPE ({_kind(answer)})")
    try:
        return ElementTree.fromstring(answer.body)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise PayloadError(f"the body is not XML ({_kind(answer)})") from error


def number(text: str) -> float:
    """A number as services write it.

    Raises:
        ValueError: it is something else, such as `nan` or `1_000`.
    """
    if not NUMBER.fullmatch(text.strip()) or not math.isfinite(value := float(text)):
        raise ValueError(f"{text[:40]!r} is no number")
    return value


@contextmanager
def of_form(what: str) -> Iterator[None]:
    """Take what goes wrong in reading values for a body of another form than the documented one."""
    try:
        yield
    except KeyError as error:
        raise PayloadError(f"{what}: there is no {str(error)[:60]}") from error
    except (IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise PayloadError(f"{what}: {str(error)[:200]}") from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _kind(answer: Answer) -> str:
    return (
        f"{len(answer.body)} bytes, sent as {answer.content_type[:60] or 'nothing in particular'}"
    )
