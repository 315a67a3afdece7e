"""What was said of tickers, and what is announced for them, as known at the close of a bar.

`sentiment` is how good or bad the words of an article are, `by_bar` how many articles became known
within a bar and how good they were, `ahead` how many days an announced event is away.

Never: reads or writes a file, or asks a provider: imports `pathlib`, `os`, `stored`, `fetching`.
Never: knows what became known later than a bar's close.
"""
