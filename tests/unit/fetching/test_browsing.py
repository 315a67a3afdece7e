"""What greets as a browser does meets the same faults, and says the same of them."""

import gzip

from fakes import server
from fakes.server import Fake, Reply
from tidemark.fetching.browser import OverBrowser
from tidemark.fetching.errors import PassingError, TooLargeError
from tidemark.fetching.transport import Bounds

import pytest

pytest.importorskip("curl_cffi")
CHART = Reply.json({"chart": {"result": [1], "error": None}})


@pytest.fixture
def fake():
    with Fake({"/chart": CHART}) as running:
        yield running


@pytest.fixture
def browser():
    with OverBrowser(Bounds(0.4, 0.3, 30.0, 1 << 20)) as own:
        yield own


@pytest.mark.parametrize("fault", [None, server.compressed, server.in_chunks])
def test_a_body_comes_whole_whatever_its_form(fake, browser, fault):
    fake.fault(fault)
    raw = browser.send("GET", f"{fake.base}/chart?a=1", {"X-A": "b"}, None)
    assert (raw.status, raw.body) == (200, CHART.body)
    assert raw.headers["content-type"] == "application/json"
    assert fake.asked[0].headers["x-a"] == "b"
    assert "Chrome" in fake.asked[0].headers["user-agent"]


@pytest.mark.parametrize(
    "fault", [server.dropped, server.truncated, server.claims(10_000)], ids=lambda f: str(f)[:20]
)
def test_a_lost_connection_may_pass(fake, browser, fault):
    fake.fault(fault)
    with pytest.raises(PassingError):
        browser.send("GET", f"{fake.base}/chart", {}, None)


def test_silence_has_an_end(fake, browser):
    fake.fault(server.hangs)
    with pytest.raises(PassingError, match="silent"):
        browser.send("GET", f"{fake.base}/chart", {}, None)


def test_a_body_that_unpacks_to_too_much_is_refused(fake, browser):
    fake.fault(server.bomb(4))
    with pytest.raises(TooLargeError):
        browser.send("GET", f"{fake.base}/chart", {}, None)


def test_an_error_comes_with_what_it_says_and_a_move_is_not_followed(fake, browser):
    blown = gzip.compress(b"no" * (1 << 20), mtime=0)
    fake.fault(
        lambda asked, reply: Reply(blown, status=404, headers={"Content-Encoding": "gzip"}),
        lambda asked, reply: Reply(b"", status=302, headers={"Location": "http://127.0.0.1:1/"}),
    )
    lost = browser.send("GET", f"{fake.base}/chart", {}, None)
    assert lost.status == 404
    assert len(lost.body) <= 100_000
    assert (
        browser.send("GET", f"{fake.base}/chart", {}, None).headers["location"]
        == "http://127.0.0.1:1/"
    )


def test_nobody_listens(browser):
    with pytest.raises(PassingError, match="cannot be reached"):
        browser.send("GET", "http://127.0.0.1:1/chart", {}, None)
