"""The page put together: rows from the database, sections from templates, all in one file.

What depends on the run has places in it, which hold nothing but a comment: `<!-- run: NAME -->`,
and in the list of contents `<!-- run: link NAME -->`. No text that people or data bring can look
like one, because templates escape it.
"""

import base64
import hashlib
import math
import pkgutil
import re
from collections.abc import Mapping
from typing import Any

from tidemark.reporting import reports
from tidemark.reporting.page.contents import CONTENTS
from tidemark.reporting.page.section import OfTheRun, Rows, Section, Values
from tidemark.reporting.page.words import TERMS

import jinja2
from markupsafe import Markup, escape

STYLES = ("page.css", "uplot/uPlot.min.css", "charts.css")
SCRIPTS = ("page.js", "tables.js", "enlarge.js", "uplot/uPlot.iife.min.js", "curves.js")
WORDS = (
    *(reports.metric, reports.estimate, reports.change, reports.number, reports.hundredths),
    *(reports.between, reports.span, reports.percent, reports.p_value, reports.stress),
    reports.count,
)


def gather(connection: Any) -> dict[str, dict[str, Rows]]:
    """The rows of each section's queries, by its name and theirs.

    Args:
        connection: an open connection to the DuckDB file that collect_metrics wrote.
    """
    return {
        section.name: reports.gather(connection, section.queries)
        for section in CONTENTS
        if isinstance(section, Section)
    }


def render(rows: Mapping[str, Mapping[str, Rows]], values: Values) -> str:
    """The page.

    Args:
        rows: as returned by `gather`.
        values: what all reports are given.
    """
    environment = _environment()
    places = [
        _marked(place)
        if isinstance(place, OfTheRun)
        else _filled(environment, place, rows[place.name], values)
        for place in CONTENTS
    ]
    scripts = [_shipped(f"assets/{name}") for name in SCRIPTS]
    return environment.get_template("page.html.j2").render(
        {
            **values,
            "places": [place for place in places if place],
            "styles": [Markup(_shipped(f"assets/{name}")) for name in STYLES],
            "scripts": [Markup(script) for script in scripts],
            "script_hashes": [hash_of(script) for script in scripts],
        }
    )


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_shipped),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        finalize=lambda value: reports.DASH if value is None else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {words.__name__: words for words in WORDS}
    environment.filters |= {"typeset": typeset, "sortable": sortable}
    environment.filters |= {"day": day, "breakable": breakable}
    environment.globals["terms"] = TERMS
    return environment


def day(value: Any) -> Markup:
    """A time as its date, which no line breaks."""
    return Markup("<time>{}</time>").format(reports.day(value))


def breakable(name: str) -> Markup:
    """A name that a line may break after each `_` in it."""
    return Markup("_<wbr>").join(escape(part) for part in name.split("_"))


def typeset(words: str) -> str:
    """Figures with a minus sign instead of a hyphen."""
    return re.sub(r"(?<!\w)-(?=\d)", "−", words)


def sortable(value: Any) -> str:
    """A value as scripts sort by it; empty if it is undefined."""
    undefined = value is None or (isinstance(value, float) and math.isnan(value))
    return "" if undefined else repr(value)


def _shipped(name: str) -> str:
    """A text that lies beside this module, read so that the harness sees it as code."""
    data = pkgutil.get_data(__package__, name)
    if data is None:
        raise FileNotFoundError(name)
    return data.decode("utf-8")


def _marked(place: OfTheRun) -> dict[str, Any]:
    name = place.name
    return {
        "section": None,
        "link": Markup(f"<!-- run: link {name} -->"),
        "content": Markup(f"<!-- run: {name} -->"),
    }


def _filled(
    environment: jinja2.Environment, section: Section, rows: Mapping[str, Rows], values: Values
) -> dict[str, Any] | None:
    view = section.view(rows, values)
    if view is None:
        return None
    content = environment.get_template(f"sections/{section.name}.html.j2").render(view)
    return {"section": section, "content": Markup(content)}


def hash_of(script: str) -> str:
    """A script as the page's own policy names it: no other one runs."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
