from tidemark.adopting.meaning.file_names import ticker_of

import pytest


@pytest.mark.parametrize(
    ("stem", "ticker"),
    [
        ("AAPL", "AAPL"),
        ("BRK.B", "BRK.B"),
        ("BTC-USD", "BTC-USD"),
        ("aapl_us_d", "aapl"),
        ("DAT_ASCII_EURUSD_M1_201202", "EURUSD"),
        ("BTCUSDT-1h-2025-01", "BTCUSDT"),
        ("BINANCE_BTCUSDT, 60", "BTCUSDT"),
        ("XBTUSD_1440", "XBTUSD"),
        ("EURUSD_Daily", "EURUSD"),
        ("eurgbp_dmy", "eurgbp"),
        ("monthly_dmy", "monthly_dmy"),
        ("HistoricalData_1700000000000", "HistoricalData_1700000000000"),
        ("Apple Stock Price History", "Apple"),
        ("My Oil $ Data #1", "Oil"),
        ("Prices & Volumes #1", "Volumes"),
        ("^GSPC Daily", "^GSPC"),
        ("$ Data #1", "$ Data #1"),
        ("EURUSD=X", "EURUSD=X"),
    ],
)
def test_a_file_name_has_a_ticker_amid_other_words(stem, ticker):
    assert ticker_of(stem) == ticker
