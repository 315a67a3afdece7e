"""What is wanted of a source, who is asked for it, and what a fetch has around it."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tidemark.errors import InputError, hint
from tidemark.fetching.clock import Clock
from tidemark.providers.contract import Ask, Kind, Terms

PROVIDERS = (
    *("bls", "calendars", "coingecko", "ecb", "files_over_http", "fred", "massive", "newsapi"),
    *("ons", "treasury", "yahoo"),
)


@dataclass(frozen=True)
class Source:
    """What is wanted of one source.

    Attributes:
        name: of the source.
        provider: the module that knows how it is asked.
        kind: of its records; bars have actions beside them.
        asks: one a ticker or series, each for all that is wanted, whatever is stored.
        overlap: how long before the end of what is stored is asked for once more.
        accepted: who accepted the terms of a provider that asks for it.
    """

    name: str
    provider: str
    kind: Kind
    asks: Sequence[Ask]
    overlap: timedelta = timedelta(days=10)
    accepted: str | None = None


@dataclass(frozen=True)
class World:
    """What a fetch has around it; tests and steps bring their own.

    Attributes:
        environment: in which keys are.
        clock: the time, and what waits.
        say: tells whoever watches.
        alert: tells the owner.
        progress: is told how many of how many things were asked for.
    """

    environment: Mapping[str, str]
    clock: Clock = field(default_factory=Clock)
    say: Callable[[str], object] = lambda text: None
    alert: Callable[[str], object] = lambda text: None
    progress: Callable[[int, int, str], object] = lambda done, of, what: None


def provider_of(name: str) -> Any:
    """The module of a provider.

    Raises:
        InputError: there is none of this name.
    """
    if name not in PROVIDERS:
        known = ", ".join(PROVIDERS)
        raise InputError(name, f"is no provider{hint(name, PROVIDERS)}", f"use one of {known}")
    return importlib.import_module(f"tidemark.providers.{name}")


def must_have(module: Any, wanted: Source) -> None:
    """Refuse terms that nobody accepted, and kinds of records that a provider has not."""
    terms: Terms = module.TERMS
    if terms.must_be_accepted and not wanted.accepted:
        refused = [
            words
            for words, allowed in (("stored", terms.store), ("used to train", terms.train))
            if not allowed
        ]
        raise InputError(
            wanted.name,
            f"the terms of {wanted.provider} do not let its data be {' or '.join(refused)}:"
            f" {terms.licence} ({terms.page}, read on {terms.read})",
            "leave it out, or say in terms_accepted who accepts them and answers for that",
        )
    if not hasattr(module, wanted.kind):
        raise InputError(wanted.name, f"{wanted.provider} has no {wanted.kind}", "ask another one")
