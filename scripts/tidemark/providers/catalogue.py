"""The providers that there are, and what each offers: known without loading any of them."""

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from tidemark.ohlcv import OHLCV


@dataclass(frozen=True)
class Offer:
    """What a provider has.

    Attributes:
        bars: the fields of its bars; none if it has none.
        actions: whether splits and dividends come with them.
        series: whether it has economic series.
        extras: libraries that it needs beside those of `live`, as their lock files are called.
    """

    bars: tuple[str, ...] = ()
    actions: bool = False
    series: bool = False
    extras: tuple[str, ...] = ()


OFFERS = {
    "yahoo": Offer(bars=OHLCV, actions=True, extras=("yahoo",)),
    "coingecko": Offer(bars=("close", "volume")),
    "massive": Offer(bars=OHLCV, actions=True),
    "ecb": Offer(bars=("close",), series=True),
    "bls": Offer(series=True),
    "treasury": Offer(series=True),
    "ons": Offer(series=True),
    "fred": Offer(series=True),
}


def module(name: str) -> ModuleType:
    """The module of a provider; see `contract`."""
    return import_module(f"tidemark.providers.{name}")
