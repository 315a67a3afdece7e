"""What a file's name says of its ticker."""

import re

# What vendors add to a ticker: kinds of bar, words for prices, where it came from.
NOISE = re.compile(
    r"(?i)^(historical|historicaldata|history|historic|hist|data|dataset|prices?|stocks?|quotes?"
    r"|ohlcv?|bars?"
    r"|candles?|klines?|daily|day|weekly|week|monthly|month|hourly|hour|intraday|minute|min|d|w|h"
    r"|m|[dwhm]\d{1,3}|\d{1,3}[dwhm]|mn1?|\d{1,3}min|1440|adjusted|adj|unadjusted|raw|full|max|all|eod"
    r"|dat|ascii|mt|binance|coinbase|kraken|bitstamp|bitfinex|gemini|bats|nasdaq|nyse|amex|oanda"
    r"|fx|dmy|mdy|ymd|nav|yahoo|stooq|download|export|table|csv|us|final|clean|new|copy|my|sheet\d*|chart|closes?"
    r"|(19|20)\d{2}|(19|20)\d{4}|(19|20)\d{6}|\d{10,}|\d{1,2})$"
)


def ticker_of(stem: str) -> str:
    """The part of a file's name that can be a ticker: EURUSD of DAT_ASCII_EURUSD_M1_2012.

    The whole name where nothing or too much is left.
    """
    parts = [part for part in re.split(r"[\s_,()]+|-(?=\d|\w{3,})", stem) if part]
    left = [part for part in parts if (bare := _bare(part)) and not NOISE.match(bare)]
    return left[0] if len(left) == 1 else stem.strip()


def _bare(part: str) -> str:
    """1 of #1, AAPL of ^AAPL, and nothing of $."""
    return re.sub(r"^[\W_]+|[\W_]+$", "", part)
