"""Names of columns that have both a field and a ticker, as `Close AAPL` and `AAPL.Close`."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from tidemark.adopting.conclusions import Conclusion
from tidemark.adopting.meaning import words
from tidemark.adopting.meaning.layout import Layout
from tidemark.adopting.meaning.words import CLOSE, FIELD_ROLES
from tidemark.ohlcv import FIELDS

SEPARATORS = re.compile(r"[\s_.|:,/-]+")
OF_A_PAIR = re.compile(r"\(\s*(['\"])(?P<first>.+?)\1\s*,\s*(['\"])(?P<second>.+?)\3\s*\)")


class FieldName(NamedTuple):
    """A column's name taken apart: `Close AAPL` is close, `Close *` and AAPL."""

    field: str
    template: str
    ticker: str


def by_field(numeric: Sequence[str]) -> Layout | None:
    """A column a ticker and field, if all names are so made."""
    parts = {name: taken_apart(name) for name in numeric if not words.is_none_of_a_bar(name)}
    known = {name: part for name, part in parts.items() if part}
    if not known or len(known) < len(parts):
        return None
    templates: dict[str, str] = {}
    for part in known.values():
        if templates.setdefault(part.field, part.template) != part.template:
            return None
    if CLOSE not in templates and "adj_close" not in templates:
        return None
    tickers = list(dict.fromkeys(part.ticker for part in known.values()))
    fields = {role: templates[role] for role in FIELDS if role in templates}
    told = ", ".join(f'{role} = "{template}"' for role, template in fields.items())
    return Layout(
        "wide",
        fields,
        tickers,
        [name for name in numeric if name not in known],
        [Conclusion("columns", f"{told}, where * is the ticker", "what the columns are called")],
    )


def taken_apart(name: str) -> FieldName | None:
    """Field, template and ticker of a name that has both, the longest words for a field first."""
    pair = OF_A_PAIR.fullmatch(name)
    cuts: list[tuple[str, str, str]] = []  # words for the field, template, ticker
    if pair:
        for said, other in (("first", "second"), ("second", "first")):
            begin, end = pair.span(other)
            cuts.append((pair[said], f"{name[:begin]}*{name[end:]}", pair[other]))
    else:
        between = list(SEPARATORS.finditer(name))
        for cut in reversed(between):
            cuts.append((name[: cut.start()], f"{name[: cut.end()]}*", name[cut.end() :]))
        for cut in between:
            cuts.append((name[cut.end() :], f"*{name[cut.start() :]}", name[: cut.start()]))
    for said, template, ticker in cuts:
        by_role = words.columns_by_role([said]) if len(words.key(said)) > 1 else {}
        role = next((role for role in FIELD_ROLES if role in by_role), None)
        is_unit = re.fullmatch(words.COUNTED_IN, ticker.strip("()[] ").lower())
        if role and ticker and "*" not in ticker and not is_unit:
            return FieldName(role, template, ticker)
    return None
