"""The page in a real browser: it asks for nothing, everybody can read it, and it answers."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from conftest import ROOT, Outcome, Tree

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

ASSETS = ROOT / "scripts/tidemark/reporting/page/assets"
NAMES = ("chromium", "chromium-browser", "google-chrome")
REQUIRED = "TIDEMARK_REQUIRE_BROWSER"
ALONE = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
PHONE, DESK = 390, 1280
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
BUT_CONTRAST = {"rules": {"color-contrast": {"enabled": False}}}
# One element for each look of words: colour, size, weight, and the grounds that they stand on.
MARK_LOOKS = """() => {
  const looks = new Set();
  for (const each of document.querySelectorAll("body *")) {
    const words = [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!words || !each.checkVisibility()) continue;
    const { color, fill, fontSize, fontWeight, opacity } = getComputedStyle(each);
    const look = [color, fill, fontSize, fontWeight, opacity];
    for (let ground = each; ground; ground = ground.parentElement)
      look.push(getComputedStyle(ground).backgroundColor);
    const key = look.filter(value => value !== "rgba(0, 0, 0, 0)").join();
    each.toggleAttribute("data-look", !looks.has(key));
    looks.add(key);
  }
  return looks.size;
}"""
YEARS = "#curves-years"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium that is installed; none is downloaded."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        missing = f"none of {', '.join(NAMES)} is installed"
        pytest.fail(missing) if os.environ.get(REQUIRED) else pytest.skip(missing)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=ALONE)
        yield started
        started.close()


class Window:
    """A page in the browser, and all that goes wrong in it."""

    def __init__(self, browser: Browser, **how: bool) -> None:
        self.page = browser.new_context(offline=True, **how).new_page()
        self.page.set_default_timeout(5_000)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("request", lambda request: self._asked(request.url))
        self.wrong: list[str] = []

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"{message.type}: {message.text}")

    def _asked(self, url: str) -> None:
        if url != self.url and not url.startswith("data:"):
            self.wrong.append(f"asks for {url}")

    def open(self, url: str, width: int = DESK) -> Page:
        self.url = url
        self.wrong.clear()
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(media="screen", color_scheme="light")
        self.page.mouse.move(0, 0)
        self.page.goto(url)
        return self.page


@pytest.fixture(scope="session")
def window(browser: Browser) -> Window:
    return Window(browser)


@pytest.fixture(scope="session")
def url(cold: tuple[Tree, Outcome]) -> str:
    """Where the page of a built project is, with what make added to it at its end."""
    cold[0].come_to_rest()
    return (cold[0].path / "reports/index.html").as_uri()


@pytest.fixture
def page(window: Window, url: str) -> Iterator[Page]:
    """The page of a built project; whatever goes wrong in it fails the test."""
    yield window.open(url)
    assert window.wrong == []


@pytest.fixture
def bare(window: Window) -> Iterator[Callable[[str, str], Page]]:
    """Opens a page with nothing but such a content, and that script of the real one."""

    def opened(content: str, script: str) -> Page:
        page = window.open("about:blank")
        page.set_content(content)
        for name in ("page.js", script):
            page.add_script_tag(path=ASSETS / name)
        return page

    yield opened
    assert window.wrong == []


def table(*rows: str) -> str:
    body = "".join(f"<tr><td>{row}</td></tr>" for row in rows)
    head = "<caption>Markets</caption><thead><tr><th>name</th></tr></thead>"
    return f"<table class=sortable>{head}<tbody>{body}</tbody></table>"


def violations(page: Page, context: object = None, **options: object) -> str:
    """What axe finds against WCAG 2.1 A and AA, as a report."""
    found = Axe().run(page, context, options=WCAG | options)
    return found.generate_report() if found.violations_count else ""


def pale(page: Page) -> str:
    """Whose contrast axe finds too low; it takes seconds to look at every cell of a table."""
    page.evaluate(MARK_LOOKS)
    return violations(page, {"include": [["[data-look]"]]}, runOnly=["color-contrast"])


def fits(page: Page) -> bool:
    """Nobody has to move the whole page sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def unfold(page: Page) -> None:
    """Open whatever is closed at first, as people do."""
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true })")


def colours(page: Page) -> list[str]:
    names = "['--paper', '--ink', '--muted', '--accent', '--line', '--curve-1']"
    style = "getComputedStyle(document.documentElement)"
    return page.evaluate(f"{names}.map(name => {style}.getPropertyValue(name))")


def number(text: str) -> float:
    return float(text.replace("\u2212", "-"))


def texts(page: Page, table: str, column: int = 0) -> list[str]:
    """The texts of a column in the rows that are shown."""
    cells = page.locator(f"{table} tbody tr:not([hidden]) > :nth-child({column + 1})")
    return [text.strip() for text in cells.all_inner_texts()]


def drawn(page: Page) -> str:
    """The pixels of both charts, after what was done has been drawn."""
    page.evaluate("new Promise(then => requestAnimationFrame(() => requestAnimationFrame(then)))")
    pictures = "charts => charts.map(chart => chart.toDataURL()).join()"
    return page.locator("#curves canvas").evaluate_all(pictures)


def test_what_is_wrong_with_a_page_is_noticed(window, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<p style='color: #aaa; width: 2000px'>Pale<img src=other.png>"
        "<img src='https://example.org/far.png'><script>console.error('said'); thrown()</script>"
    )
    page = window.open(bad.as_uri())
    told = " ".join(window.wrong)
    for part in ("other.png", "https://example.org/far.png", "error: said", "thrown is not"):
        assert part in told
    found = violations(page)
    for rule in ("color-contrast", "image-alt", "document-title", "html-has-lang"):
        assert rule in found
    assert "color-contrast" in pale(page)
    assert not fits(page)


def test_everybody_can_read_it(page, long):
    unfold(page)
    assert fits(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert (violations if long else pale)(page) == ""
    page.set_viewport_size({"width": PHONE, "height": 900})
    assert fits(page)
    assert violations(page, **({} if long else BUT_CONTRAST)) == ""


def test_it_prints_dark_on_light_without_what_answers(page):
    light = colours(page)
    page.emulate_media(media="print", color_scheme="dark")
    assert colours(page) == light
    assert page.get_by_role("heading", level=1).is_visible()
    for what in (".filter", ".controls", ".slider"):
        assert page.locator(what).count() > 0
        assert not page.locator(what).first.is_visible()


def test_what_a_step_wrote_is_a_page_too(window, cold):
    page = window.open((cold[0].path / "reports/page.html").as_uri(), PHONE)
    assert page.locator("#curves canvas").count() == 2
    assert fits(page)
    assert window.wrong == []


def test_without_scripts_all_is_there_to_read(page, browser, url):
    without = Window(browser, java_script_enabled=False)
    plain = without.open(url, PHONE)
    unfold(plain)
    for what in ("section > h2", "tbody tr", "figure img"):
        seen = "found => found.filter(each => each.checkVisibility()).length"
        visible = plain.locator(what).evaluate_all(seen)
        assert visible == page.locator(what).count() > 0
    assert plain.locator("button, input").count() == 0  # none that would do nothing
    assert len(texts(plain, "#curves-values")) == 3
    without.page.context.close()
    assert without.wrong == []


def test_a_table_sorts_by_numbers_as_numbers(page):
    returns = [number(text) for text in texts(page, YEARS, 1)]
    assert returns != sorted(returns)
    header = page.locator(f"{YEARS} th").nth(1)
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "ascending"
    assert [number(text) for text in texts(page, YEARS, 1)] == sorted(returns)
    page.keyboard.press("Enter")  # the button has the focus
    assert header.get_attribute("aria-sort") == "descending"
    assert [number(text) for text in texts(page, YEARS, 1)] == sorted(returns, reverse=True)
    page.locator(f"{YEARS} th").first.get_by_role("button").click()
    assert header.get_attribute("aria-sort") is None
    assert texts(page, YEARS) == sorted(texts(page, YEARS))


@pytest.mark.parametrize(
    ("rows", "ascending", "descending"),
    [
        (("10", "9", "\u22121.5", "1,000"), "\u22121.5 9 10 1,000", "1,000 10 9 \u22121.5"),
        (("2 %", "", "10 %", "\u2013"), "2 % 10 %  \u2013", "10 % 2 %  \u2013"),
        (("b10", "b9", "-", "a"), "a b9 b10 -", "b10 b9 a -"),
        (("2010-02-01", "2009-12-31", "5"), "5 2009-12-31 2010-02-01", "2010-02-01 2009-12-31 5"),
    ],
)
def test_what_is_empty_comes_last(bare, rows, ascending, descending):
    page = bare(table(*rows), "tables.js")
    for order in (ascending, descending):
        page.get_by_role("button").click()
        assert " ".join(texts(page, "table")) == order


def test_a_filter_shows_the_rows_that_have_all_words(bare):
    page = bare(table("a Crisis", *"bcdefg", "crisis b"), "tables.js")
    field, count = page.get_by_label("Filter Markets"), page.get_by_role("status")
    assert count.inner_text() == "8 rows"
    field.fill("b CRISIS")
    assert (texts(page, "table"), count.inner_text()) == (["crisis b"], "1 of 8 rows")
    page.get_by_role("button").click()
    assert texts(page, "table") == ["crisis b"]
    field.fill("")
    assert (len(texts(page, "table")), count.inner_text()) == (8, "8 rows")


def test_a_figure_enlarges_and_gives_the_focus_back(bare):
    drawing = "<svg role=img aria-label='A line' width=40 height=20></svg>"
    caption = "<figcaption><strong>A line.</strong> It is not drawn.</figcaption>"
    page = bare(f"<figure class=picture>{drawing}{caption}</figure>", "enlarge.js")
    page.add_style_tag(path=ASSETS / "charts.css")
    button = page.get_by_role("button", name="Enlarge: A line")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="A line.")
    small, large = button.locator("svg"), dialog.locator("svg")
    assert large.bounding_box()["width"] > 10 * small.bounding_box()["width"]
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert button.evaluate("button => button === document.activeElement")
    button.click()
    dialog.get_by_role("button", name="Close").click()
    assert not dialog.is_visible()


def test_curves_zoom_by_buttons_and_by_dragging(page):
    told = page.locator("#curves .range")
    whole, picture = told.inner_text(), drawn(page)
    everything = page.get_by_role("button", name="All")
    assert everything.get_attribute("aria-pressed") == "true"
    year = page.get_by_role("button", name="1 year")
    year.focus()
    page.keyboard.press("Enter")
    assert year.get_attribute("aria-pressed") == "true"
    assert everything.get_attribute("aria-pressed") == "false"
    since, until = told.inner_text().split(" to ")
    assert whole.endswith(until)
    assert int(until[:4]) - int(since[:4]) == 1
    assert drawn(page) != picture
    assert page.get_by_role("button", name="Later").is_disabled()
    page.get_by_role("button", name="Earlier").click()
    assert told.inner_text() < since
    for chart in page.locator("#curves .u-over").all():  # each moves the other
        everything.click()
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + 0.25 * box["width"], middle)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.5 * box["width"], middle)
        page.mouse.up()
        since, until = told.inner_text().split(" to ")
        assert whole[:10] < since < until < whole[-10:]
        chart.dblclick()
        assert told.inner_text() == whole
    page.mouse.move(0, 0)
    assert drawn(page) == picture


def test_curves_tell_the_values_of_a_date(page):
    data = json.loads(page.locator("#curves-data").inner_text())
    dates = [datetime.fromtimestamp(second, UTC).date().isoformat() for second in data["dates"]]
    when = page.locator("#curves-values output")

    def agrees() -> str:
        at = dates.index(when.inner_text())
        rows = page.locator("#curves-values tbody tr").all()
        for row, strategy in zip(rows, data["strategies"], strict=True):
            name, equity, drawdown = row.locator(".name, .equity, .drawdown").all_inner_texts()
            assert name.strip() == strategy["name"]
            assert number(equity) == pytest.approx(strategy["equity"][at], abs=0.0051)
            assert number(drawdown) == pytest.approx(100 * strategy["drawdown"][at], abs=0.051)
        return dates[at]

    assert agrees() == dates[-1]
    page.locator("#curves .u-over").first.hover()  # its middle
    assert dates[len(dates) // 3] < agrees() < dates[2 * len(dates) // 3]
    page.mouse.move(0, 0)
    assert agrees() == dates[-1]
    slider = page.get_by_role("slider", name="Date")
    slider.focus()
    page.keyboard.press("Home")
    assert agrees() == dates[0]
    page.keyboard.press("ArrowRight")
    assert agrees() == dates[1] == slider.get_attribute("aria-valuetext")


def test_curves_are_shown_as_one_chooses(page):
    picture = drawn(page)
    for choice in ("buy_and_hold", "Logarithmic"):
        page.get_by_role("checkbox", name=choice).click()
        assert drawn(page) != picture
        page.get_by_role("checkbox", name=choice).click()
        assert drawn(page) == picture
    page.emulate_media(color_scheme="dark")
    assert drawn(page) != picture
    page.set_viewport_size({"width": PHONE, "height": 900})
    drawn(page)
    place, chart = page.locator("#curves-charts, #curves canvas").all()[:2]
    assert chart.bounding_box()["width"] == pytest.approx(place.bounding_box()["width"], abs=1)
