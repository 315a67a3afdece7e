"""What a bar says: the prices of its trades, their volume, and the close adjusted for events."""

OHLC = ("open", "high", "low", "close")
OHLCV = (*OHLC, "volume")
FIELDS = (*OHLCV, "adj_close")
