"""What reports call the things whose prices they are about, and what must be said of their returns.

The words follow `fetch_data.prices.asset`; where it is not said, they fit anything.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Asset:
    """Words on one kind of things.

    Attributes:
        one, many: what they are called.
        chosen: why results look better for how they were chosen.
        short: what it costs to be short.
        apart: what plays no part beside market impact and taxes.
        returns: what a return of theirs is, or leaves out; sentences.
    """

    one: str = "ticker"
    many: str = "tickers"
    chosen: str = (
        "If they were chosen for having survived or done well, results look better than they could"
        " have been in advance."
    )
    short: str = "borrowing what is sold short is free"
    apart: str = "fees for borrowing"
    returns: tuple[str, ...] = ()


ANYTHING = Asset()
ASSETS = {
    "stocks": Asset(
        "stock", "stocks", short="borrowing shares is free", apart="fees for borrowing shares"
    ),
    "funds": Asset(
        "fund",
        "funds",
        "Funds that were closed or merged are seldom among them, so results look better than they"
        " could have been in advance.",
        "borrowing shares is free",
        "fees for borrowing shares",
    ),
    "indices": Asset(
        "index",
        "indices",
        "An index drops what does badly, and those that are kept up are chosen in hindsight.",
        "being short costs nothing",
        "what it costs to hold an index",
        (
            "An index cannot be bought as it is, and one that is not of total returns leaves out"
            " dividends.",
        ),
    ),
    "currencies": Asset(
        "rate",
        "rates",
        "Currencies that were given up or replaced are seldom among them, so results look better"
        " than they could have been in advance.",
        "no interest is paid or earned on either currency",
        "interest",
        (
            "Long is long the currency that a rate is the price of, and short the one that it is"
            " priced in: it gains where the rate rises.",
            "A return is that of the rate alone. Who holds a currency earns its interest and pays"
            " that of the other; the difference is left out, and may outweigh all that is shown"
            " here where the one is much higher.",
        ),
    ),
    "rates": Asset(
        "rate",
        "rates",
        "A result is about these rates, and the times in which they were kept.",
        "being short costs nothing",
        "what an instrument on a rate pays or costs",
        (
            "A return is how much a rate changed relative to itself (from 2 % to 3 % is a half),"
            " not what anybody earned on it.",
            "Where a rate rises, bonds with that rate fall: long gains where bonds lose.",
        ),
    ),
    "crypto": Asset(
        "coin",
        "coins",
        "Coins that vanished are seldom among them, so results look better than they could have"
        " been in advance.",
        "borrowing coins is free",
        "fees for borrowing coins, and failures of exchanges,",
    ),
    "commodities": Asset(
        "commodity",
        "commodities",
        short="being short costs nothing",
        apart="storage",
        returns=(
            "A return is that of the price alone: what storing costs, or rolling from one future"
            " into the next, is left out unless the prices hold it.",
        ),
    ),
}


def of(name: str | None) -> Asset:
    """The words on a kind of `fetch_data.prices.asset`; None: words that fit anything."""
    return ANYTHING if name is None else ASSETS[name]
