"""What providers call a ticker: BTC is BTC-USD at one, bitcoin at another, X:BTCUSD at a third."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from tidemark.errors import BadValue, hint
from tidemark.naming import several

SAID = ("currency", "exchange")  # what an entry says beside ids
SHOWN = 8


class Named(NamedTuple):
    """A ticker as one provider has it.

    Attributes:
        id: what the provider calls it.
        mapped: whether the configuration says so; else it is the ticker's own name.
        currency: in which it is quoted; None if nobody says.
        exchange: on which; None if nobody says.
    """

    id: str
    mapped: bool
    currency: str | None
    exchange: str | None

    @property
    def said(self) -> dict[str, str]:
        """What somebody says of it beside its id, as options of an `Ask`."""
        told = {"currency": self.currency, "exchange": self.exchange}
        return {name: text for name, text in told.items() if text}


class Candidate(NamedTuple):
    """One of several things that a provider has under a name: its id, and what it is in words."""

    id: str
    words: str


def named(
    ticker: str,
    provider: str,
    tickers: Mapping[str, Mapping[str, str]],
    providers: Collection[str],
) -> Named:
    """What a provider calls a ticker.

    Args:
        ticker: Tidemark's name of it.
        provider: the name of its module.
        tickers: by ticker its id by provider, and what `SAID` names.
        providers: all that an entry may name.

    Raises:
        BadValue: the ticker's entry names neither a provider nor one of `SAID`.
    """
    entry = tickers.get(ticker, {})
    for key in entry:
        if key not in providers and key not in SAID:
            known = [*sorted(providers), *SAID]
            raise BadValue(
                "tickers",
                f"{ticker} names {key}{hint(key, known)}",
                f"one of {', '.join(known)}",
            )
    return Named(
        entry.get(provider, ticker), provider in entry, entry.get("currency"), entry.get("exchange")
    )


def only(name: str, provider: str, candidates: Sequence[Candidate]) -> str:
    """The id of the one thing that a provider has under a name.

    Raises:
        BadValue: it has none, or several, which the message lists.
    """
    if len(candidates) == 1:
        return candidates[0].id
    cure = f"tickers: {{{name}: {{{provider}: ID}}}} says which is meant"
    if not candidates:
        raise BadValue("tickers", f"{provider} has nothing under the name {name}", cure)
    shown = [f"{candidate.id} ({candidate.words})" for candidate in candidates]
    raise BadValue(
        "tickers", f"{name} may be each of these at {provider}: {several(shown, SHOWN)}", cure
    )
