"""How a text with separators is written: encoding, separator, header, and rows that are none."""

from dataclasses import replace

from tidemark.adopting.conclusions import Conclusion, Sureness
from tidemark.adopting.form import encodings, header, heading, separator, skipped
from tidemark.errors import InputError
from tidemark.reading import decoding
from tidemark.reading.settings import Form

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "|", "blanks": "blanks"}


def of(path: str, content: bytes) -> tuple[Form, list[Conclusion]]:
    """The form of a text, but for its numbers.

    Raises:
        InputError: it is no table of dates and numbers, or one that cannot be told apart.
    """
    encoding, why = encodings.find(path, content)
    text = decoding.decoded(path, content, Form(encoding=encoding))
    if not text.strip():
        raise InputError(path, "is empty", "export it again, or name another file")
    sign = separator.find(path, text)
    records = separator.records(text, sign)
    found = heading.find(path, records)
    form, conclusions = header.declared(path, found, records)
    patterns = skipped.of_text(text, sign, found)
    form = replace(form, encoding=encoding, separator=sign, skip=(*form.skip, *patterns))
    told = [Conclusion("encoding", encoding, why, Sureness.LIKELY)] if why else []
    if sign != ",":
        told.append(Conclusion("separator", SEPARATORS[sign], f"{path}:{found.data}"))
    return form, [*told, *conclusions]
