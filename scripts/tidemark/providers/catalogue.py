"""The providers that there are, and what each offers: known without loading any of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType

from tidemark.ohlcv import OHLCV


@dataclass(frozen=True)
class Option:
    """What a source's section may say to one provider, beside what all know.

    Attributes:
        words: what it means.
        choices: texts that it may be; empty if it may be any.
        type_: of its value.
        may_be_null: whether it may be null.
        required: whether it must be said.
    """

    words: str
    choices: tuple[str, ...] = ()
    type_: type = str
    may_be_null: bool = False
    required: bool = False

    def fault(self, value: object) -> str | None:
        """What is wrong with a value; None if nothing is."""
        if value is None and self.may_be_null:
            return None
        own = isinstance(value, Mapping) if self.type_ is dict else type(value) is self.type_
        if not own or value in ("", {}):
            return f"must be {KINDS[self.type_]}, not {value!r}"
        if self.choices and value not in self.choices:
            return f"must be one of {', '.join(self.choices)}, not {value!r}"
        if isinstance(value, int) and not isinstance(value, bool) and value < 1:
            return f"must be at least 1, not {value}"
        return None


KINDS = {str: "a text", int: "a whole number", bool: "true or false", dict: "a mapping"}
OF_FILES = {
    "address": Option("of the file; {id} stands for the id of a ticker or series", required=True),
    "columns": Option("Tidemark's name: the file's", type_=dict, required=True),
    "file": Option("by whose ending the file is read, where the address has none"),
    "form": Option("how the file is written", type_=dict),
    "date_format": Option("as in Python's strptime, else times are ISO 8601"),
    "time_zone": Option("of times without an offset"),
}
FEEDS = (
    *("daily_treasury_yield_curve", "daily_treasury_real_yield_curve"),
    "daily_treasury_bill_rates",
)
EVENTS = ("earnings", "dividend", "split", "release")
CONVENTIONS = ("none", "splits", "splits_and_dividends")


@dataclass(frozen=True)
class Offer:
    """What a provider has.

    Attributes:
        bars: the fields of its bars; none if it has none.
        actions: whether splits and dividends come with them.
        series: whether it has economic series.
        news: whether it has articles.
        events: whether it has events that are to come.
        extras: libraries that it needs beside those of `live`, as their lock files are called.
        options: that its module takes, by name.
    """

    bars: tuple[str, ...] = ()
    actions: bool = False
    series: bool = False
    news: bool = False
    events: bool = False
    extras: tuple[str, ...] = ()
    options: Mapping[str, Option] = field(default_factory=dict)


OFFERS = {
    "yahoo": Offer(
        bars=OHLCV,
        actions=True,
        extras=("yahoo",),
        options={"currency": Option("which prices must be in, where `tickers` says none")},
    ),
    "coingecko": Offer(
        bars=("close", "volume"),
        options={
            "plan": Option("by which its key is taken", ("keyless", "demo", "pro")),
            "currency": Option("of prices where `tickers` says none; dollars if this is not said"),
        },
    ),
    "massive": Offer(bars=OHLCV, actions=True),
    "ecb": Offer(bars=("close",), series=True),
    "bls": Offer(
        series=True,
        options={"registered": Option("whether BLS_API_KEY is used, for more a day", type_=bool)},
    ),
    "files_over_http": Offer(
        bars=OHLCV,
        series=True,
        options={
            **OF_FILES,
            "convention": Option("what closes of bars are adjusted for", CONVENTIONS),
        },
    ),
    "treasury": Offer(series=True, options={"feed": Option("of which rates", FEEDS)}),
    "ons": Offer(series=True),
    "fred": Offer(series=True),
    "newsapi": Offer(
        news=True,
        options={
            "days_back": Option("how far the plan reaches; 29 if not said", (), int, True),
            "accept_gap": Option("whether a hole in the news is borne", type_=bool),
            **{
                name: Option("as NewsAPI has it")
                for name in ("language", "searchIn", "sources", "domains", "excludeDomains")
            },
        },
    ),
    "calendars": Offer(
        events=True,
        extras=("calendars",),
        options={
            "kind": Option("of all events", EVENTS),
            "kinds": Option("what the calendar's words for kinds mean", type_=dict),
            "ticker": Option("of all events"),
            "ticker_pattern": Option("a regular expression whose group is the ticker in a summary"),
            "zone": Option("of times without an offset"),
            "announced": Option("created: an event was public since its entry was", ("created",)),
            "columns": Option("Tidemark's name: the file's", type_=dict),
            "separator": Option("of a CSV file; a comma if not said"),
            "date_format": Option("as in Python's strptime, else times are ISO 8601"),
        },
    ),
}


def module(name: str) -> ModuleType:
    """The module of a provider; see `contract`."""
    return import_module(f"tidemark.providers.{name}")
