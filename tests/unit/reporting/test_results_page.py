"""The page: sections, drawn intervals, what stands in it and what may not."""

import math
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

from tidemark.files import store
from tidemark.reporting.page import assembling, figures, words
from tidemark.reporting.page.contents import CONTENTS
from tidemark.reporting.page.intervals import INSET, STEPS, Column, Scale
from tidemark.reporting.page.section import OfTheRun, Section
from tidemark.reporting.page.sections import data, markets, models
from tidemark.reporting.reports import number
from tidemark.tables import catalogue

import jinja2
import matplotlib as mpl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import nodes
from matplotlib.figure import Figure
from test_reports import ARITHMETIC, COMPUTING, connection, values_for_reports

__all__ = ["connection"]  # the fixture

PAGE = Path(assembling.__file__).parent
TEMPLATES = sorted(PAGE.rglob("*.j2"))
QUERIES = {
    f"{section.name}.{name}": query
    for section in CONTENTS
    if isinstance(section, Section)
    for name, query in section.queries.items()
}
DRAWN = {"curves.courses"}  # which chooses the bars to draw, and by that may count them
HOSTILE = '"><script>alert(1)</script><!-- run: summary --><img src=//x onerror=y>'


def dot() -> bytes:
    """A small PNG."""
    with mpl.rc_context():
        return store.figure_bytes(Figure(figsize=(0.4, 0.2)), 50)


PNG = dot()


def values_of(connection, **changes):
    values = values_for_reports(connection) | changes
    drawn = [*values["figures"], *values["strategy_figures"]]
    return values | {"pictures": {figure["file"]: PNG for figure in drawn}}


def rendered(connection, **changes):
    return assembling.render(assembling.gather(connection), values_of(connection, **changes))


class Page(HTMLParser):
    """What a browser would see: tags with attributes, comments, and text."""

    VOID = ("meta", "img", "line", "circle", "wbr")

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.comments, self.open, self.text = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_comment(self, data):
        self.comments.append(data.strip())

    def handle_data(self, data):
        self.text.append(data)

    def of(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_page_is_whole_html_with_each_section_and_each_place_of_the_run(connection):
    page = Page(rendered(connection))
    assert not page.open
    names = [place.name for place in CONTENTS if isinstance(place, Section)]
    assert [a["id"] for a in page.of("section") if "id" in a] == names
    later = [place.name for place in CONTENTS if isinstance(place, OfTheRun)]
    marked = {*later, *(f"link {name}" for name in later), "summary", "alerts", "provenance"}
    places = [comment for comment in page.comments if comment.startswith("run:")]
    assert sorted(places) == sorted(f"run: {name}" for name in marked)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len({*ids})
    links = [a["href"] for a in page.of("a")]
    assert {link[1:] for link in links if link.startswith("#")} <= {*ids}
    assert "None" not in re.sub(r"\bNone\.", "", " ".join(page.text))


def test_headings_leave_no_level_out_and_tables_say_what_they_are(connection):
    page = Page(rendered(connection))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1 == levels[0]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(page.of("caption")) == len(page.of("table")) > 8
    assert all("scope" in attributes for attributes in page.of("th"))
    assert all(attributes.get("alt") for attributes in page.of("img"))


def test_the_same_bytes_each_time_and_nothing_from_elsewhere(connection):
    one, two = (rendered(connection) for _ in range(2))
    assert one == two
    page = Page(one)
    refused = {"link", "iframe", "object", "embed", "base", "form"}
    assert not {tag for tag, _ in page.tags} & refused
    assert not any("src" in attributes for attributes in page.of("script"))
    assert all(a["src"].startswith("data:image/png;base64,") for a in page.of("img"))
    outside = re.compile(r"\s*(https?:)?//")
    assert not any(
        outside.match(value or "") for _, attributes in page.tags for value in attributes.values()
    )
    styles = "".join(re.findall(r"<style>(.*?)</style>", one, re.DOTALL))
    assert not re.search(r"@import|url\(", styles)


def test_names_from_data_stay_text(connection):
    rows = assembling.gather(connection)
    values = values_of(connection)
    for section in rows.values():
        for found in section.values():
            for row in found:
                row.update({key: HOSTILE for key in row if key in NAMES})
    values["winner"] |= {"strategy": HOSTILE, "benchmark": HOSTILE}
    values["about"] = [HOSTILE]
    text = assembling.render(rows, values)
    page = Page(text)
    assert not page.open
    assert "alert(1)" not in re.sub(r"&lt;script&gt;alert\(1\)&lt;", "", text)
    assert page.comments.count("run: summary") == 1
    run = [a for a in page.of("script") if a.get("type") != "application/json"]
    assert len(run) == len(assembling.SCRIPTS)
    assert not any("onerror" in attributes for _, attributes in page.tags)


NAMES = {"strategy_name", "best_set", "ticker", "dataset", "message", "cure", "note", "guardrails"}


def test_holes_and_treated_values_are_told_where_there_are_any(connection):
    text = " ".join(Page(rendered(connection)).text)
    assert re.search(r"1,234\s+values filled in:\s+close", text)
    assert data.DONE["outliers"] in text
    assert data.DONE["dropped"] not in text
    told = catalogue.TABLES["cleaned"].columns["what"].about
    assert all(f"{what}:" in told or f"{what}, " in told for what in data.DONE)


def test_only_the_pages_own_scripts_run(connection):
    text = rendered(connection)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2]
    for script in re.findall(r"<script>(.*?)</script>", text, re.DOTALL):
        assert f"'{assembling.hash_of(script)}'" in policy


def test_long_lists_are_cut_and_say_so(connection):
    rows = assembling.gather(connection)
    many = models.MOST + 7
    (first, *_) = rows["models"]["models"]
    rows["models"]["models"] = [first | {"model": f"m{n}"} for n in range(many)]
    score = rows["markets"]["scores"][0] | {"scenario_kind": "historical"}
    groups = [score | {"group": f"g{n}"} for n in range(markets.MOST_GROUPS + 3)]
    rows["markets"]["scores"] = groups
    text = assembling.render(rows, values_of(connection))
    assert "7 more are in the table <code>scenario_table</code>" in text
    assert "3 more groups" in text
    assert "m119" in text
    assert "m120" not in text


def test_figures_stop_at_a_number_of_bytes():
    contents = {"a": b"12345", "b": b"1234", "c": b"123"}
    assert [*figures.within(contents, 9)] == ["a", "b"]
    assert figures.within(contents, 4) == {}


def test_a_page_wants_the_figures_of_strategies_and_of_the_first_scenario_that_there_are():
    of_models = [
        {"scenario": scenario, "file": f"{scenario}.png", "missing": scenario == "c"}
        for scenario in ("a", "b", "a", "c")
    ]
    of_strategies = [{"file": "s.png", "missing": False}, {"file": "t.png", "missing": True}]
    assert figures.wanted(of_models, of_strategies) == ["s.png", "a.png", "a.png"]
    assert figures.left_out(of_models, {"a.png": b""}) == ["b.png"]


def test_figures_bring_their_size_and_those_without_content_are_left_out():
    listed = [{"file": "a.png", "title": "A"}, {"file": "b.png", "title": "B"}]
    (shown,) = figures.shown(listed, {"a.png": PNG})
    assert (shown["width"], shown["height"], shown["title"]) == (20, 10, "A")


@pytest.mark.parametrize("name", sorted(QUERIES.keys() - DRAWN))
def test_no_query_of_the_page_computes_a_figure(name):
    assert not {*re.findall(r"\w+", QUERIES[name].lower())} & COMPUTING


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_of_the_page_computes_a_figure(path):
    tree = jinja2.Environment().parse(path.read_text("utf-8"))
    assert not list(tree.find_all(ARITHMETIC))
    used = {filter.name for filter in tree.find_all(nodes.Filter)}
    assert not used & (COMPUTING - {"count"} | {"length", "abs", "safe"})


def test_everything_that_models_are_measured_by_has_a_line_that_explains_it():
    assert {*words.MEASURED} <= words.TERMS.keys()
    for term in words.TERMS.values():
        assert term.about.endswith(".")
        assert len(term.about) < 160


finite = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 6))


@given(st.lists(finite | st.none() | st.just(math.nan), max_size=8))
def test_a_scale_reaches_over_what_is_known_in_order(values):
    scale = Scale.over(values)
    known = sorted(value for value in values if value is not None and not math.isnan(value))
    assert (scale is None) == (not known)
    if scale is not None:
        places = [scale.at(value) for value in known]
        assert places == sorted(places)
        assert min(places) >= INSET - 1e-6
        assert max(places) <= 100 - INSET + 1e-6
        steps = scale.steps()
        assert len(steps) <= STEPS + 1
        assert all(scale.low - 1e-9 <= step <= scale.high + 1e-9 for step in steps)


ROW = {"x": 0.5, "x_lower": -0.5, "x_upper": 1.5, "other": 1.0}
LACKING = dict.fromkeys(ROW)


def test_a_row_is_drawn_where_its_values_lie():
    column = Column.of([ROW, LACKING], "x", number, mark="other")
    drawn = column.drawn(ROW)
    assert (drawn["low"], drawn["high"]) == (f"{INSET:.2f}%", f"{100 - INSET:.2f}%")
    assert drawn["point"] == "50.00%"
    assert drawn["line"] == f"{INSET + (100 - 2 * INSET) / 4:.2f}%"
    assert drawn["mark"] == f"{INSET + (100 - 2 * INSET) * 3 / 4:.2f}%"
    assert (column.text(ROW), column.ends(ROW)) == ("0.50", "-0.50 to 1.50")
    assert (column.text(LACKING), column.ends(LACKING)) == ("–", "")
    assert column.drawn(LACKING) == dict.fromkeys(drawn, "") | {"line": drawn["line"]}
    assert [tick.words for tick in column.ticks] == ["", "0.0", "", "1.0", ""]


def test_a_line_that_no_row_comes_near_does_not_stretch_the_scale():
    far = {"x": 100.0, "x_lower": 99.0, "x_upper": 101.0}
    column = Column.of([far], "x", number, shows_line=False)
    assert column.drawn(far)["line"] == ""
    assert column.scale == Scale(99.0, 101.0)


def test_where_nothing_is_known_nothing_is_drawn():
    column = Column.of([LACKING], "x", number, shows_line=False)
    assert (column.scale, column.ticks) == (None, ())
    assert set(column.drawn(LACKING).values()) == {""}


@pytest.mark.parametrize(
    ("words", "shown"),
    [("-0.5 to 2", "−0.5 to 2"), ("2010-07-01", "2010-07-01"), ("a-1", "a-1"), ("< 0.1", "< 0.1")],
)
def test_figures_have_a_minus_sign(words, shown):
    assert assembling.typeset(words) == shown


@pytest.mark.parametrize(
    ("value", "key"), [(None, ""), (math.nan, ""), (0.1, "0.1"), (3, "3"), (-2.5, "-2.5")]
)
def test_cells_are_sorted_by_their_value(value, key):
    assert assembling.sortable(value) == key
