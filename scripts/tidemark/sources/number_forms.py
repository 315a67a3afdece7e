"""Numbers from text, as the form of their file writes them.

Whatever the form does not say is no number: with a decimal comma 1.234 is none, unless points stand
between its groups of digits, and with points between groups 1.23 is none.
"""

import re
from typing import NamedTuple

from tidemark.arrays import Bools, Floats
from tidemark.reading.settings import Form

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MISSING = ("", "na", "nan", "null")  # compared in lower case
MINUS = "\u2212"  # as typographers and some web pages have it, beside the hyphen
POWERS = {"k": "e3", "m": "e6", "b": "e9", "t": "e12"}
ALIKE = {" ": " \u00a0\u2009\u202f", "'": "'\u2019"}  # signs between groups of digits


class Parsed(NamedTuple):
    """Numbers, NaN where missing or unread, and where a text is neither number nor missing."""

    numbers: Floats
    unread: Bools


def parsed(text: pa.Array, form: Form) -> Parsed:
    """Numbers of texts.

    Args:
        text: strings without blanks around them.
        form: its `decimal`, `thousands`, `signs`, `parentheses`, `magnitudes` and `missing` say how
            a number is written.
    """
    words = [*MISSING, *(word.strip().lower() for word in form.missing)]
    text = pc.if_else(pc.is_in(pc.utf8_lower(text), pa.array(words)), None, text)
    plain = _as_plain(text, form)
    if plain is None or not _all_numbers(plain):
        plain = _in_plain_form(text, form)
    numbers = plain.cast(pa.float64()).to_numpy(zero_copy_only=False)
    unread = pc.and_(text.is_valid(), plain.is_null()).to_numpy(zero_copy_only=False)
    return Parsed(np.asarray(numbers, dtype=np.float64), unread)


def _as_plain(text: pa.Array, form: Form) -> pa.Array | None:
    """The texts with points, where they may be plain numbers but for commas; None where not."""
    if form.thousands or form.signs or form.parentheses or form.magnitudes:
        return None
    if form.decimal == ".":
        return text
    if pc.any(pc.match_substring(text, ".")).as_py():
        return None
    return pc.replace_substring(text, form.decimal, ".")


def _all_numbers(text: pa.Array) -> bool:
    try:
        numbers = text.cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return not pc.any(pc.is_nan(numbers)).as_py()  # such as -nan(1), which no list of words holds


def _in_plain_form(text: pa.Array, form: Form) -> pa.Array:
    """The numbers as 1234.5e3, null where a text is none."""
    text = pc.replace_substring(text, MINUS, "-")
    parts = pc.extract_regex(text, _pattern(form))
    opened, sign, word, whole, fraction, exponent, magnitude, closed = parts.flatten()
    below_zero = pc.equal(opened, "(")
    is_word, has_sign = pc.not_equal(word, ""), pc.not_equal(sign, "")
    sign = pc.if_else(below_zero, "-", sign)
    if form.thousands:
        whole = pc.replace_substring_regex(whole, _alike(form.thousands), "")
    digits = pc.binary_join_element_wise(whole, fraction, ".")
    power = pc.utf8_lower(magnitude)
    for letter, tens in POWERS.items():
        power = pc.replace_substring(power, letter, tens)
    plain = pc.binary_join_element_wise(
        sign, pc.if_else(is_word, word, digits), exponent, power, ""
    )
    for odd in (
        pc.not_equal(below_zero, pc.equal(closed, ")")),
        pc.and_(below_zero, has_sign),
        pc.and_(pc.invert(is_word), pc.equal(digits, ".")),
    ):
        plain = pc.if_else(odd, None, plain)
    return plain


def _pattern(form: Form) -> str:
    """A regular expression for a whole number of a form, with its parts by name."""
    signs = "|".join(map(re.escape, sorted(form.signs, key=len, reverse=True)))
    beside = rf"(?:(?:{signs})\s*)*" if signs else ""
    behind = rf"(?:\s*(?:{signs}))*" if signs else ""
    opened, closed = (r"\(?", r"\)?") if form.parentheses else ("", "")
    magnitude = r"[kKmMbBtT]" if form.magnitudes else "$^"
    whole = r"\d+"
    if form.thousands:
        between = _alike(form.thousands)  # in threes, or as in India: 12,34,567
        whole += rf"|\d{{1,3}}(?:{between}\d{{3}})+|\d{{1,2}}(?:{between}\d{{2}})*{between}\d{{3}}"
    return (
        rf"^(?P<opened>{opened}){beside}(?P<sign>[-+]?){beside}"
        rf"(?:(?P<word>(?i:inf|infinity))"
        rf"|(?P<whole>{whole}|)(?:{re.escape(form.decimal)}(?P<fraction>\d*))?"
        rf"(?:(?P<exponent>[eE][-+]?\d+)|\s*(?P<magnitude>{magnitude}))?)"
        rf"{behind}(?P<closed>{closed})$"
    )


def _alike(sign: str) -> str:
    return f"[{ALIKE[sign]}]" if sign in ALIKE else re.escape(sign)
