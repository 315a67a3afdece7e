"""What a provider of live data is to its fetcher.

A provider is a module with TERMS, a `Terms`, LIMIT, a `Limit`, BASES, its base addresses by
`Call.host` (`""` is that of a call that names none), KEYS, the name of the environment variable
that has its key, by `Call.host`, too (without it, there is no key), and a function for each kind of
records that it has, named after the kind (`bars`, `series`, `news`, `events`): a generator of pages
that takes an `Ask` and a `Get`. `bars` yields splits and dividends, too, as records of the kind
`actions`. It asks the world through `get` alone. Waiting, trying again, keys, the budget of
requests, validation and keeping are the fetcher's work.

One that has only what is newer than some age has a function `reach`, too, which takes an `Ask` and
returns that age as a `timedelta`, or None if it has all.

Where more than the id says what rows are of, such as a currency, a function `identity` takes an
`Ask` and returns all of that as a text: rows of another identity do not go with those that are
stored. HORIZON, of events, is how far ahead an answer has all of them.

`get` returns a body that came with status 200 and is neither empty nor a web page; it tries again
where that may help. What is refused for good, such as a ticker that is not known, is a
`RefusedError`, which a provider may catch and tell better. A whole address for the next page must
be at the base address that the call names, because the key goes there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

Kind = Literal["bars", "actions", "series", "news", "events"]


@dataclass(frozen=True)
class Terms:
    """Under which conditions a provider gives its data, as read on a day.

    Attributes:
        licence: its name, or what it amounts to, in a sentence.
        page: where it was read.
        read: on which day.
        attribution: what whoever shows the data must say; empty if nothing.
        store: whether rows may be kept.
        share: whether they may be shown to others: in pages, mirrors, remotes, exports.
        train: whether models may be trained on them.
        commercial: whether they may be used commercially.
    """

    licence: str
    page: str
    read: date
    attribution: str
    store: bool
    share: bool
    train: bool
    commercial: bool

    @property
    def must_be_accepted(self) -> bool:
        """Whether the source is refused until `terms_accepted` says who took that upon them."""
        return not (self.store and self.train)


@dataclass(frozen=True)
class Limit:
    """How many requests a provider takes: so many a minute, at most so many at once."""

    a_minute: float
    at_once: int = 1
    a_month: int | None = None


@dataclass(frozen=True)
class Ask:
    """What is asked for.

    Attributes:
        id: what the provider calls the ticker or series.
        name: what Tidemark calls it; the `ticker` or `series` of the records.
        interval: of bars: `1d`, `1h`, `1m` and so on.
        since: the first instant that is wanted, UTC; None for all there is.
        until: the last one, UTC; None for all up to now.
        now: when it is asked, UTC.
        options: what else the source's section says that this provider knows, such as a currency.
    """

    id: str
    name: str
    interval: str = "1d"
    since: datetime | None = None
    until: datetime | None = None
    now: datetime | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One request.

    Attributes:
        path: after the provider's base address, or a whole address that it gave for the next page.
        query: parameters in the address.
        headers: of the request.
        key_in: where the provider's key goes: (`query` or `header`, name, prefix); None if it has
            none. The fetcher puts it there, and takes it out of whatever is told or kept.
        host: which of the provider's base addresses, where it has several.
    """

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    key_in: tuple[Literal["query", "header"], str, str] | None = None
    host: str = ""
    body: bytes | None = None


@dataclass(frozen=True)
class Answer:
    """What came back with status 200: the body whole, and when, UTC."""

    body: bytes
    content_type: str
    received: datetime


Get = Callable[[Call], Answer]


class PayloadError(Exception):
    """A body is not what the documented API sends, or says itself that something is wrong.

    `problem` says what, in words that hold no key; `lasting` whether asking again is of no use.
    """

    def __init__(self, problem: str, *, lasting: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.lasting = lasting


class RefusedError(PayloadError):
    """The provider answered with a status other than 200 that asking again would not change.

    `status` is that of HTTP, `body` what came with it, such as JSON that says why.
    """

    def __init__(self, problem: str, status: int, body: bytes) -> None:
        super().__init__(problem, lasting=True)
        self.status = status
        self.body = body


class LaterError(PayloadError):
    """The provider gives no more for a while, such as today, and says so in a body of status 200.

    `cure` is what to do.
    """

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(problem, lasting=True)
        self.cure = cure


@dataclass(frozen=True)
class Page:
    """The records in one answer.

    Attributes:
        kind: of all of them.
        records: as sent, with the names of schemas/market_data.json (`bars`, `actions`),
            economic_data.json (`series`), news.json (`news`) or events.json (`events`): plain JSON
            values, times as ISO 8601 in UTC. A field that the provider left empty is None.
        body: the payload that they were read from, for whoever must look at it.
        convention: of bars, what `close` is adjusted for as sent: `none`, `splits`, or
            `splits_and_dividends`.
        currency: of bars, in which they are, where the provider says it.
        found: the provider's own id of what they are of, where it was looked up by another name.
    """

    kind: Kind
    records: Sequence[Mapping[str, Any]]
    body: bytes
    convention: Literal["none", "splits", "splits_and_dividends"] = "none"
    currency: str | None = None
    found: str | None = None


Pages = Callable[[Ask, Get], Iterator[Page]]
