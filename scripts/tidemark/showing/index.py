"""`reports/index.html`: the page of results with what depends on the run filled in."""

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

from tidemark.files import store
from tidemark.layout.reports import PAGE
from tidemark.project import Tree
from tidemark.reporting import page
from tidemark.reporting.page.assembling import STYLES
from tidemark.showing import gathering, sections

import jinja2
from markupsafe import Markup

INDEX = "reports/index.html"
PLACE = re.compile(r"<!-- run: (link )?(\w+) -->")


def write_index(tree: Tree) -> None:
    """Write the page as of the run that has just ended, whatever came of it.

    Raises:
        OSError: it cannot be written.
    """
    fragments = sections.fragments(gathering.told(tree))
    try:
        shell = store.read_file(tree / PAGE).decode("utf-8")
    except FileNotFoundError:  # no run has come as far
        shell = _empty()
    store.write_atomic(tree / INDEX, filled(shell, fragments).encode())


def filled(shell: str, fragments: Mapping[str, str]) -> str:
    """A page with its places filled in; what is filled in is not looked at for places."""

    def content(place: re.Match[str]) -> str:
        linked, name = place.groups()
        if linked:
            words = sections.LISTED.get(name)
            return f'<li><a href="#{name}">{escape(words)}</a></li>' if words else ""
        return fragments.get(name, "")

    head, end, body = shell.partition("</head>")
    return f"{head}<style>\n{sections.styles()}</style>\n{end}{PLACE.sub(content, body)}"


def _empty() -> str:
    """A page without results, with a place for each section."""
    folder = Path(page.__file__).parent / "assets"
    styles = [Markup((folder / name).read_text("utf-8")) for name in STYLES]
    loader = jinja2.FileSystemLoader(sections.HERE / "templates")
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True)
    return environment.get_template("empty.html.j2").render(styles=styles, listed=sections.LISTED)
