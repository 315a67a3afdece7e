"""Tables in any dialect are read as what they say, or a question is asked; never otherwise."""

from datetime import date, timedelta

from tidemark.adopting import form
from tidemark.sources import number_forms

import numpy as np
import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st

FIRST = date(2012, 11, 20)
LEVELS = (1.2, 150, 950, 1500, 2_500_000)


@st.composite
def dialects(draw):
    """How somebody's program may write a table."""
    decimal = draw(st.sampled_from(".,"))
    signs = [sign for sign in (".", ",", " ", "'") if sign != decimal]
    thousands = draw(st.sampled_from(["", "", *signs]))
    separator = draw(st.sampled_from([",", ";", "\t", "|"]))
    return {
        "decimal": decimal,
        "thousands": thousands,
        "separator": separator,
        "quote": '"' if separator in (decimal, thousands) else draw(st.sampled_from(["", '"'])),
        "dates": draw(st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%Y%m%d", "%d-%b-%y"])),
        "end": draw(st.sampled_from(["\n", "\r\n"])),
        "encoding": draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])),
        "above": draw(st.sampled_from([(), ("Prices",), ("# as of 2013", "")])),
        "header": draw(st.sampled_from([("Tag", "Schlu\u00df"), ("Date", "A"), ()])),
        "below": draw(st.sampled_from([(), ("Source: X",)])),
        "missing": draw(st.sampled_from(["", "N/A", "-"])),
        "places": draw(st.sampled_from([0, 2, 3])),
        "level": draw(st.sampled_from(LEVELS)),
    }


def number(value, how):
    text = f"{value:,.{how['places']}f}" if how["thousands"] else f"{value:.{how['places']}f}"
    return text.translate({ord(","): how["thousands"], ord("."): how["decimal"]})


def written(values, how):
    cells = [
        [(FIRST + timedelta(n)).strftime(how["dates"]),
         how["missing"] if value is None else number(value, how)]
        for n, value in enumerate(values)
    ]  # fmt: skip
    quote = how["quote"]
    rows = [
        how["separator"].join(f"{quote}{cell}{quote}" for cell in row)
        for row in [how["header"], *cells]
        if row
    ]
    lines = [*(how["above"] if how["header"] else ()), *rows, *how["below"], ""]
    return how["end"].join(lines).encode(how["encoding"])


@given(
    dialects(),
    st.lists(st.floats(1, 1.1) | st.none(), min_size=5, max_size=60).filter(
        lambda shares: sum(share is not None for share in shares) >= 3
    ),
)
@settings(max_examples=60, deadline=None)
def test_a_table_in_any_dialect_is_read_or_asked_about(how, shares):
    values = [share and round(how["level"] * share, how["places"]) for share in shares]
    found = form.found({"a.csv": written(values, how)}, {})
    assert {question.name for question in found.questions} <= {"NUMBERS"}
    if not found.questions:
        (table,) = found.tables
        name = how["header"][1] if how["header"] else "column 2"
        parsed = number_forms.parsed(pc.utf8_trim_whitespace(table.column(name)), found.form)
        assert not parsed.unread.any()
        assert [None if np.isnan(one) else one for one in parsed.numbers] == values
