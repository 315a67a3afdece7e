"""The fields of a bar: the prices of its trades, their volume, and the adjusted close."""

OHLC = ("open", "high", "low", "close")
OHLCV = (*OHLC, "volume")
FIELDS = (*OHLCV, "adj_close")
