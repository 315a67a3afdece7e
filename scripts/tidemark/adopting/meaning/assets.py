"""What prices are of, as tickers and week-ends suggest; only the words of reports depend on it."""

import re
from collections.abc import Sequence

from tidemark.adopting.conclusions import Sureness

_CURRENCIES = (
    "AED ARS AUD BGN BRL CAD CHF CLP CNH CNY COP CYP CZK DKK EEK EGP EUR GBP HKD HRK HUF IDR ILS"
    " INR ISK JPY KRW KWD LTL LVL MAD MTL MXN MYR NGN NOK NZD PEN PHP PKR PLN ROL RON RSD RUB SAR"
    " SEK SGD SIT SKK THB TRL TRY TWD UAH USD UYU VND ZAR"
)
_COINS = (
    "BTC XBT ETH XRP LTC BCH ADA DOT DOGE SOL BNB XLM LINK UNI MATIC AVAX ATOM ETC XMR TRX EOS SHIB"
    " NEAR ALGO FIL ICP APT ARB DASH ZEC XTZ BITCOIN ETHEREUM USDT USDC"
)
CURRENCIES, COINS = frozenset(_CURRENCIES.split()), frozenset(_COINS.split())
STABLE_COINS = ("USDT", "USDC", "BUSD", "FDUSD", "TUSD")
QUOTED_IN = rf"({'|'.join(STABLE_COINS)}|USD|EUR|GBP|JPY|BTC|ETH)"
RATES = re.compile(
    r"(\d+(\.\d+)? ?(D|W|M|MO|Y|YR|DAY|WEEK|MONTH|YEAR)S?"  # how long a yield is fixed for
    r"|DGS\d+|DTB\d+|GS\d+|FEDFUNDS|SOFR|ESTR|EONIA|EURIBOR.*|LIBOR.*|.*YIELD.*)$"
)
INDICES = re.compile(
    r"(\^\w+|S&P ?500|SP500|SPX|NDX|DJIA?|DAX|FTSE ?100|NIKKEI ?225|VIX(CLS)?|NASDAQ(COM|100))$"
)
COMMODITIES = re.compile(
    r"(X(AU|AG|PT|PD)(USD)?|(DCOIL)?(WTI|BRENT)\w*|GOLD|SILVER|COPPER|(CL|GC|SI|NG|HG|BZ)=F)$"
)
FUNDS = re.compile(r".*\b(FUNDS?|FONDS|FONDO|ETFS?|UCITS|SICAV)\b")
STOCKS = re.compile(r"[A-Z]{1,5}([.-][A-Z]{1,3})?")


def asset_of(
    tickers: Sequence[str], *, has_weekends: bool, has_volume: bool
) -> tuple[str, Sureness] | None:
    """One of `sources.settings.ASSETS`, and how sure it is; None where nothing says it."""
    names = [ticker.upper() for ticker in tickers]
    for asset, says in (
        ("currencies", _is_currency),
        ("crypto", _is_crypto),
        ("rates", RATES.match),
        ("indices", INDICES.match),
        ("commodities", COMMODITIES.match),
        ("funds", FUNDS.match),
    ):
        if names and all(map(says, names)):
            return asset, Sureness.LIKELY
    if has_weekends:
        return "crypto", Sureness.ASSUMED
    if has_volume and names and all(map(STOCKS.fullmatch, names)):
        return "stocks", Sureness.ASSUMED
    return None


def _is_currency(name: str) -> bool:
    letters = re.sub(r"=X$|[^A-Z]", "", name)
    return letters in CURRENCIES or (
        len(letters) == 6 and letters[:3] in CURRENCIES and letters[3:] in CURRENCIES
    )


def _is_crypto(name: str) -> bool:
    letters = re.sub(r"[^A-Z0-9]", "", name)
    return letters in COINS or bool(
        (pair := re.fullmatch(rf"(\w{{2,6}}?){QUOTED_IN}", letters))
        and (pair[1] in COINS or pair[2] in STABLE_COINS)
    )
