"""Checks of sources that have a provider: what is asked for, and what cannot count beside it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, asdict, fields
from itertools import groupby
from typing import Any

from tidemark.config import schema
from tidemark.config.fault import Fault, Problem
from tidemark.config.settings import Config
from tidemark.providers import ids
from tidemark.providers.catalogue import OFFERS, Offer
from tidemark.reading.settings import Form
from tidemark.sources.settings import (
    CURRENT,
    CorporateActions,
    EconomicSeries,
    FetchData,
    Live,
    Prices,
)
from tidemark.sources.tickers import normalised

from pydantic import ValidationError

# Keys that say what a provider is asked for, and those that say how a file is read.
OF_PROVIDERS = ("since", "terms_accepted", "tickers", "interval", "series", "options")
OF_FILES = ("form", "layout", "date_format", "ticker", "divide_by")
WITHIN = ("m", "h")  # how the intervals within a day end


def faults_of(whole: Config) -> Iterator[Fault]:
    """Every fault of sections that have a provider, and of its keys in those that have none."""
    fetch = whole.fetch_data
    for name, section in fetch.sections().items():
        at = f"fetch_data.{name}"
        yield from (
            _beside_a_provider(at, section) if section.provider else _without_one(at, section)
        )
    yield from _actions(fetch)
    for name, section in fetch.live().items():
        key = name if name == "prices" else f"economic.{name}"
        yield from _options(f"fetch_data.{key}", section, OFFERS.get(section.provider or ""))
    yield from _tickers(fetch.prices, whole.tickers)
    yield from _mapped(whole.tickers)


def _without_one(at: str, section: Live) -> Iterator[Fault]:
    for key in OF_PROVIDERS:
        if getattr(section, key, None):
            yield Fault.at(f"{at}.{key}", Problem.ONLY_LIVE)


def _beside_a_provider(at: str, section: Live) -> Iterator[Fault]:
    source = "prices" if isinstance(section, CorporateActions) else at.rpartition(".")[2]
    if getattr(section, "path", "") != CURRENT.format(source=source):
        yield Fault.at(f"{at}.path", Problem.IDLE_LIVE)
    given, usual = asdict(section), {one.name: _default(one) for one in fields(section)}
    for key in OF_FILES:
        if key in given and _plain(given[key]) != _plain(usual[key]):
            yield Fault.at(f"{at}.{key}", Problem.IDLE_LIVE)
    if isinstance(section, Prices):
        yield from _bar(at, section)


def _default(one: Field[Any]) -> Any:
    return one.default if one.default_factory is MISSING else one.default_factory()


def _plain(value: Any) -> str:
    """A value such that a list equals a tuple."""
    return json.dumps(asdict(value) if isinstance(value, Form) else value, default=str)


def _bar(at: str, prices: Prices) -> Iterator[Fault]:
    """Bars of a day are daily ones, and those within a day intraday ones."""
    interval = prices.interval or "1d"
    bar = "intraday" if interval.endswith(WITHIN) else "daily" if interval == "1d" else None
    if bar is None:
        yield Fault.at(f"{at}.interval", Problem.NO_INTERVAL, interval=interval)
    elif bar != prices.bar:
        detail = {"interval": interval, "right": bar}
        key = "interval" if prices.interval else "bar"
        yield Fault.at(f"{at}.{key}", Problem.OTHER_BAR, bar=prices.bar, **detail)


def _actions(fetch: FetchData) -> Iterator[Fault]:
    """Splits and dividends come with the prices that they adjust, or both are files."""
    prices, actions = fetch.prices, fetch.corporate_actions
    if actions is None:
        return
    at = "fetch_data.corporate_actions"
    if actions.provider and actions.provider != prices.provider:
        detail = {"provider": actions.provider}
        yield Fault.at(f"{at}.provider", Problem.ACTIONS_ALONE, **detail)
    elif prices.provider and not actions.provider:
        yield Fault.at(at, Problem.ACTIONS_BESIDE, provider=prices.provider)


def _tickers(prices: Prices, mapped: Mapping[str, Mapping[str, str]]) -> Iterator[Fault]:
    """Two names of one ticker, or two tickers under one id, would be one thing twice."""
    if not prices.provider:
        return
    at, provider = "fetch_data.prices.tickers", prices.provider
    for _, names in _alike({name: normalised(name) for name in prices.tickers}, prices.tickers):
        yield Fault.at(at, Problem.SAME_TICKER, names=" and ".join(names))
    own = dict.fromkeys(prices.tickers)
    asked = {name: mapped.get(name, {}).get(provider, name) for name in own}
    for id_, names in _alike(asked, list(own)):
        both = " and ".join(names)
        yield Fault.at(at, Problem.SAME_ID, names=both, id=id_, provider=provider)


def _alike(of: Mapping[str, str], names: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """The names that share what they are called, if there are several."""
    by_value = sorted(names, key=lambda name: of[name])
    for value, found in groupby(by_value, key=lambda name: of[name]):
        same = list(found)
        if len(same) > 1:
            yield value, same


def _mapped(mapped: Mapping[str, Mapping[str, str]]) -> Iterator[Fault]:
    """What stands in `tickers` names providers, or says what `ids.SAID` has."""
    known = [*(name for name, offer in OFFERS.items() if offer.bars), *ids.SAID]
    for ticker, entry in mapped.items():
        for key in entry:
            if key not in known:
                detail = {"what": "provider of prices", "given": key, "known": known}
                yield Fault(
                    ("tickers", ticker, key), Problem.NO_SUCH_OF, {"all": ", ".join(known)} | detail
                )


def _options(at: str, live: Prices | EconomicSeries, offer: Offer | None) -> Iterator[Fault]:
    """Options are those that the provider knows, each with a value that it may have."""
    if offer is None:
        return  # which is told elsewhere
    for key, option in offer.options.items():
        if option.required and key not in live.options:
            yield Fault.at(f"{at}.options.{key}", Problem.MISSING)
    for key, value in live.options.items():
        where = f"{at}.options.{key}"
        if key not in offer.options:
            known = list(offer.options)
            detail = {"what": f"option of {live.provider}", "given": key, "known": known}
            yield Fault.at(where, Problem.NO_SUCH_OF, all=", ".join(known) or "none", **detail)
        elif problem := offer.options[key].fault(value):
            yield Fault.at(where, Problem.REFUSED, said=problem)
        elif key == "form":
            yield from _form(where, value)


def _form(at: str, value: Any) -> Iterator[Fault]:
    try:
        schema.section(Form).model_validate(value)
    except ValidationError as error:
        for detail in error.errors():
            key = ".".join(map(str, detail["loc"]))
            yield Fault.at(f"{at}.{key}", Problem.REFUSED, said=schema.said(detail))
