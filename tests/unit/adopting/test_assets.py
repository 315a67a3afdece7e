from tidemark.adopting.meaning.assets import asset_of
from tidemark.sources.settings import ASSETS

import pytest


@pytest.mark.parametrize(
    ("tickers", "asset"),
    [
        (["USD", "JPY", "CNY"], "currencies"),
        (["EURUSD=X"], "currencies"),
        (["EUR/USD", "GBP/USD"], "currencies"),
        (["BTCUSDT"], "crypto"),
        (["BTC-USD", "ETH-USD"], "crypto"),
        (["Bitcoin"], "crypto"),
        (["3 Mo", "10 Yr"], "rates"),
        (["DGS10"], "rates"),
        (["^GSPC"], "indices"),
        (["DCOILWTICO"], "commodities"),
        (["GC=F"], "commodities"),
        (["Kurse Mein Fonds 2013"], "funds"),
        (["FUNDX"], "stocks"),
        (["AAPL", "BRK.B"], "stocks"),
        (["AAPL", "EURUSD"], None),
        (["something else"], None),
        ([], None),
    ],
)
def test_tickers_say_what_prices_are_of(tickers, asset):
    told = asset_of(tickers, has_weekends=False, has_volume=True)
    assert (told and told[0]) == asset
    assert asset is None or asset in ASSETS


def test_what_is_traded_at_week_ends_is_a_coin():
    told = asset_of(["PEPPERCOIN X"], has_weekends=True, has_volume=False)
    assert told is not None
    assert told[0] == "crypto"


def test_closes_alone_may_be_of_anything():
    assert asset_of(["AAPL"], has_weekends=False, has_volume=False) is None
