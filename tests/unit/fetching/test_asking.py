"""A provider is asked over a real connection, by a client that meets every fault of a server."""

import gzip
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fakes import server
from fakes.server import Asked, Fake, Reply
from tidemark.errors import InputError
from tidemark.fetching.budget import Budget
from tidemark.fetching.client import Client
from tidemark.fetching.clock import Clock
from tidemark.fetching.errors import FetchError, TooLargeError
from tidemark.fetching.keys import Keys
from tidemark.fetching.transport import Bounds, OverHttp
from tidemark.fetching.trying import Patience
from tidemark.project import Tree
from tidemark.providers.contract import Call, Limit, PayloadError, RefusedError

import pytest

KEY = "s3cr3t/+key=9"
BARS = {"bars": [{"close": 1.5}], "next": None}
MONDAY = datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()


@dataclass
class Hours:
    """A clock that only waiting moves."""

    at: float = MONDAY
    waited: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.at += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.at, self.sleep)


@dataclass
class Asking:
    """A client, the server that it asks, and what was waited and said meanwhile."""

    client: Client
    fake: Fake
    hours: Hours
    said: list[str]


@pytest.fixture
def asking(tmp_path):
    hours, said = Hours(), []
    tree = Tree(tmp_path, tmp_path)
    pages = {"/v1/bars": Reply.json(BARS)}
    with Fake(pages) as fake, OverHttp(Bounds(0.4, 0.2, 30.0, 1 << 20)) as transport:
        keys = Keys({"FAKE_KEY": KEY}, ["FAKE_KEY"])
        budget = Budget(tree, "fake", Limit(6000), hours.clock)
        patience = Patience(3, 1.0, 60.0, chance=lambda: 1.0)
        bases = {"": f"{fake.base}/v1", "other": "http://127.0.0.1:1"}
        client = Client(
            "fake", bases, {"": "FAKE_KEY"}, keys, transport, budget, patience, hours.clock,
            said.append,
        )  # fmt: skip
        yield Asking(client, fake, hours, said)


def test_a_request_has_the_path_the_query_and_the_key_where_they_belong(asking):
    call = Call("bars", {"from": "2026-01-02", "x": "a b&c"}, {"X-A": "1"})
    assert asking.client.get(call).body == Reply.json(BARS).body
    asking.client.get(Call("/bars", key_in=("query", "apikey", "")))
    asking.client.get(Call("bars?cursor=7", key_in=("header", "Authorization", "Bearer ")))
    plain, by_query, by_header = asking.fake.asked
    assert plain.query == {"from": "2026-01-02", "x": "a b&c"}
    assert plain.headers["x-a"] == "1"
    assert plain.headers["user-agent"].startswith("tidemark/")
    assert by_query.query == {"apikey": KEY}
    assert by_header.headers["authorization"] == f"Bearer {KEY}"
    assert by_header.query == {"cursor": "7"}
    assert asking.fake.connections == 1, "it stays open"


def test_a_body_is_posted(asking):
    asking.client.get(Call("bars", body=b'{"a": 1}', headers={"Content-Type": "application/json"}))
    assert (asking.fake.asked[0].method, asking.fake.asked[0].body) == ("POST", b'{"a": 1}')


@pytest.mark.parametrize("fault", [server.compressed, server.in_chunks])
def test_the_form_in_which_a_body_comes_does_not_matter(asking, fault):
    asking.fake.fault(fault)
    assert asking.client.get(Call("bars")).body == Reply.json(BARS).body


def test_a_gzip_body_of_several_members_is_unpacked_whole(asking):
    body = Reply.json(BARS).body
    parts = gzip.compress(body[:9]) + gzip.compress(body[9:])
    asking.fake.fault(lambda asked, reply: Reply(parts, headers={"Content-Encoding": "gzip"}))
    assert asking.client.get(Call("bars")).body == body


def half_of_gzip(asked: Asked, reply: Reply) -> Reply:
    packed = gzip.compress(reply.body, mtime=0)
    return Reply(packed[: len(packed) // 2], headers={"Content-Encoding": "gzip"})


def no_gzip(asked: Asked, reply: Reply) -> Reply:
    return Reply(reply.body, headers={"Content-Encoding": "gzip"})


PASSING = {
    "hangs": (server.hangs, "silent for 0.2 s"),
    "drops": (server.dropped, "connection was lost"),
    "truncates": (server.truncated, "connection was lost"),
    "claims too much": (server.claims(10_000), "connection was lost"),
    "claims too little": (server.claims(20), "JSON that ends in the middle"),
    "shortens": (server.shortened, "JSON that ends in the middle"),
    "half of gzip": (half_of_gzip, "ends in the middle"),
    "no gzip": (no_gzip, "cannot be unpacked"),
    "a web page": (server.page, 'a web page with the title "Sign in"'),
    "nothing": (server.empty, "the body is empty"),
    "an error": (
        lambda asked, reply: Reply.json({"error": {"message": "quota"}}),
        "says an error, though the status is 200: quota",
    ),
    "busy": (server.busy(429), "answered 429 (slow down)"),
    "unavailable": (server.busy(503), "answered 503"),
    "bad gateway": (server.busy(502), "answered 502"),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_may_pass_is_tried_again_and_told(asking, name):
    fault, words = PASSING[name]
    asking.fake.fault(fault, fault)
    assert asking.client.get(Call("bars")).body == Reply.json(BARS).body
    assert len(asking.fake.asked) == 3
    assert [words in text for text in asking.said] == [True, True], asking.said
    assert asking.hours.waited == [1.0, 2.0]


@pytest.mark.parametrize("name", PASSING)
def test_what_does_not_pass_is_an_error_after_the_last_try(asking, name):
    fault, words = PASSING[name]
    asking.fake.always(fault)
    with pytest.raises(
        (FetchError, PayloadError), match=words.replace("(", r"\(").replace(")", r"\)")
    ):
        asking.client.get(Call("bars"))
    assert len(asking.fake.asked) == 3


def test_a_service_that_says_how_long_to_wait_is_left_alone_so_long(asking):
    asking.fake.fault(server.busy(429, "7"), server.busy(503, "3"))
    asking.client.get(Call("bars"))
    assert asking.hours.waited == [7.0, 3.0]


def test_the_date_to_come_back_counts_by_the_clock_of_the_service(asking):
    """Ours is an hour ahead of the one that answers."""
    back, now = "Mon, 30 Nov 2026 11:00:05 GMT", "Mon, 30 Nov 2026 11:00:00 GMT"
    asking.fake.fault(server.busy(429, back, now))
    asking.client.get(Call("bars"))
    assert asking.hours.waited == [5.0]


def test_a_service_that_wants_longer_than_anybody_waits_is_given_up_at_once(asking):
    asking.fake.fault(server.busy(429, "86400"))
    with pytest.raises(FetchError, match="left alone for 86,400 s"):
        asking.client.get(Call("bars"))
    assert len(asking.fake.asked) == 1
    assert asking.hours.waited == []


@pytest.mark.parametrize("text", ["", "soon", "-5", "Mon, 99 Nov 2026"])
def test_a_wait_that_says_nothing_is_none(asking, text):
    asking.fake.fault(server.busy(429, text))
    asking.client.get(Call("bars"))
    assert asking.hours.waited == [1.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 501, 204])
def test_what_is_refused_for_good_is_asked_once(asking, status):
    asking.fake.fault(
        lambda asked, reply: Reply(
            b"" if status == 204 else b'{"message": "no such ticker"}', status=status
        )
    )
    with pytest.raises(RefusedError, match=str(status)) as refused:
        asking.client.get(Call("bars", key_in=("header", "X-Key", "")))
    assert len(asking.fake.asked) == 1
    assert refused.value.status == status
    assert refused.value.lasting
    assert ("FAKE_KEY" in refused.value.problem) == (status in (401, 403))
    assert ("no such ticker" in refused.value.problem) == (status != 204)


def test_a_small_body_that_unpacks_to_a_large_one_is_refused_early(asking):
    asking.fake.fault(server.bomb(4))
    with pytest.raises(TooLargeError, match=r"more than 1 MB.*fetch\.largest_body_megabytes"):
        asking.client.get(Call("bars"))


def test_a_bomb_with_an_error_status_is_only_looked_into(asking):
    blown = gzip.compress(b" " * (4 << 20), 9, mtime=0)
    reply = Reply(blown, status=404, headers={"Content-Encoding": "gzip"})
    asking.fake.fault(lambda asked, right: reply)
    with pytest.raises(RefusedError):
        asking.client.get(Call("bars"))
    assert len(asking.client.body) <= 100_000


def test_a_service_that_drips_has_a_limit_in_all(asking):
    seconds = iter(range(0, 10_000, 20))
    asking.client._transport._monotonic = lambda: float(next(seconds))
    asking.fake.always(server.in_chunks)
    asking.fake.pages["/v1/bars"] = Reply(b"[" + b"1," * (1 << 18) + b"1]")
    with pytest.raises(FetchError, match="took more than 30 s"):
        asking.client.get(Call("bars"))


def test_nobody_listens(asking):
    with pytest.raises(FetchError, match="cannot be reached") as error:
        asking.client.get(Call("bars", host="other"))
    assert "127.0.0.1:1/bars" in str(error.value)


def test_an_unknown_host_is_an_error_of_the_provider(asking):
    with pytest.raises(InputError, match="has no host 'pro'"):
        asking.client.get(Call("bars", host="pro"))


def moved(to: str, status: int = 302):
    return lambda asked, reply: Reply(b"", status=status, headers={"Location": to})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_what_was_moved_is_followed(asking, status):
    asking.fake.fault(moved("/v1/bars", status))
    assert asking.client.get(Call("old")).body == Reply.json(BARS).body


def test_a_key_is_not_carried_elsewhere(asking):
    with Fake({"/x": Reply.json(BARS)}) as other:
        asking.fake.always(moved(f"{other.base}/x"))
        for key_in in (("query", "apikey", ""), ("header", "X-Key", "")):
            with pytest.raises(FetchError, match="the key goes there"):
                asking.client.get(Call("bars", key_in=key_in))
        with pytest.raises(PayloadError, match="must not have the key"):
            asking.client.get(Call(f"{other.base}/x", key_in=("header", "X-Key", "")))
        assert other.asked == []
        assert asking.client.get(Call("bars")).body == Reply.json(BARS).body, "no key, no danger"


def test_a_circle_of_moves_ends(asking):
    asking.fake.always(moved("/v1/bars"))
    with pytest.raises(FetchError, match="never ends"):
        asking.client.get(Call("bars"))
    assert len(asking.fake.asked) == 6


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_only_the_web_is_followed(asking, target):
    asking.fake.always(moved(target))
    with pytest.raises(FetchError):
        asking.client.get(Call("bars"))


@pytest.mark.parametrize(
    "fault",
    [
        lambda asked, reply: Reply.json({"error": f"the key {KEY} is unknown"}),
        lambda asked, reply: Reply.json({"message": f"{asked.query} is wrong"}, status=403),
        lambda asked, reply: Reply.json({"message": f"{asked.query} is wrong"}, status=500),
        server.dropped, server.hangs, server.page, server.bomb(2),
        lambda asked, reply: Reply(b"", status=302, headers={"Location": f"http://x.invalid/{KEY}?apikey={KEY}"}),
    ],
)  # fmt: skip
def test_no_error_log_or_kept_body_holds_the_key(asking, fault, caplog):
    caplog.set_level(logging.DEBUG)
    asking.fake.always(fault)
    with pytest.raises((FetchError, PayloadError)) as error:
        asking.client.get(Call("bars", {"a": "1"}, key_in=("query", "apikey", "")))
    shown = [
        str(error.value),
        repr(error.value),
        *asking.said,
        caplog.text,
        asking.client.body.decode("latin-1"),
    ]
    for form in (KEY, "s3cr3t%2F%2Bkey%3D9"):
        assert not [text for text in shown if form in text]
    assert error.value.__cause__ is None or KEY not in repr(error.value.__cause__)


def test_the_provider_sees_a_body_as_it_came_even_where_it_repeats_the_key(asking):
    asking.fake.pages["/v1/bars"] = Reply.json({"bars": [], "note": KEY})
    answer = asking.client.get(Call("bars", key_in=("query", "apikey", "")))
    assert KEY.encode() in answer.body
    assert KEY.encode() not in asking.client.body
