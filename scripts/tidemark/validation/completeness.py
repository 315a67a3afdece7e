"""Missing prices, ticker by ticker: values that would be filled, and holes that will not be.

A rate over the whole table hides the one ticker that lacks half of its bars.
"""

from collections.abc import Iterator

from tidemark.bars import holes
from tidemark.naming import counted, several
from tidemark.validation.finding import SHOWN_ROWS, Finding, iso, offender
from tidemark.validation.schema import PRICE, Schema

import numpy as np
import pandas as pd


def fillable(prices: pd.DataFrame, longest_hole_days: int) -> pd.Series:
    """Whether a missing value in each row would be filled: after the ticker's start, in no hole."""
    known, ticker = prices[PRICE] > 0, prices["ticker"]
    far = holes.beyond_reach(prices, known, longest_hole_days)
    so_far = known.groupby(ticker, sort=False).cumsum()
    gap = so_far - known
    in_hole = far.groupby([ticker, gap], sort=False).transform("any") & ~known
    return (so_far > 0) & ~in_hole


def check(
    prices: pd.DataFrame, rules: Schema, longest_hole_days: int, counts: pd.Series
) -> Iterator[Finding]:
    """Report tickers that lack more than max_null_rate, and holes.

    Args:
        prices: as in data/raw/, with a default index.
        rules: the schema of prices.
        longest_hole_days: how many days without a value are no hole yet.
        counts: as returned by `fillable`.
    """
    limit = rules.fields[PRICE].max_null_rate if PRICE in rules.fields else 1.0
    if prices[PRICE].notna().any():
        gone = holes.of_closes(prices, longest_hole_days)
        gone = gone[gone["below_zero"] == 0]  # of which `steps` tells
        yield from _late(prices, limit)
        yield from _holes(prices, limit, gone)
        yield from _absent(prices, limit, gone["ticker"])
    for name, column in rules.fields.items():
        if column.type == "number" and name in prices:
            yield from _rates(prices, name, column.max_null_rate, counts)


def _rates(prices: pd.DataFrame, name: str, limit: float, counts: pd.Series) -> Iterator[Finding]:
    """An error where prices would be invented; a warning for the other columns."""
    missing = prices[name].isna() & counts
    if name != PRICE and missing.mean() > limit:
        return  # an error of the whole table, which `checks` reports
    if name == PRICE:  # a ticker that never had a price has no start: all its rows count
        missing |= prices[name].isna().groupby(prices["ticker"], sort=False).transform("all")
    rates = missing.groupby(prices["ticker"], sort=False).agg(["sum", "size"])
    rates = rates[rates["sum"] / rates["size"] > limit]
    if len(rates):
        first = missing[prices["ticker"].isin(rates.index) & missing].index
        first = first[~prices["ticker"][first].duplicated()]
        words = [
            f"{ticker} {of['sum']:,} of {of['size']:,} ({of['sum'] / of['size']:.1%})"
            for ticker, of in rates.iterrows()
        ]
        yield Finding(
            "null_rate",
            name,
            f"values missing: {several(words)}; the limit for each ticker is {limit:.1%}",
            "complete the source, leave the ticker out, or raise max_null_rate in the schema",
            "error" if name == PRICE else "warning",
            int(rates["sum"].sum()),
            [offender(prices, row, word) for row, word in zip(first, words, strict=True)],
        )


def _late(prices: pd.DataFrame, limit: float) -> Iterator[Finding]:
    """Tickers without a price in more first rows than the limit; those rows will be dropped."""
    known, ticker = prices[PRICE].notna(), prices["ticker"]
    started = known.groupby(ticker, sort=False).cummax()
    rows = (~started).groupby(ticker, sort=False).agg(["sum", "size"])
    rows = rows[(rows["sum"] > limit * rows["size"]) & (rows["sum"] < rows["size"])]
    if len(rows):
        words = [
            f"{name} in its first {of['sum']:,} of {of['size']:,} rows"
            for name, of in rows.iterrows()
        ]
        yield Finding(
            "late_start",
            PRICE,
            f"no price yet: {several(words)}; these rows are dropped",
            "complete the source; a ticker that was listed later may stand",
            "note",
            int(rows["sum"].sum()),
            [
                offender(prices, prices.index[ticker == name][0], word)
                for name, word in zip(rows.index[:SHOWN_ROWS], words, strict=False)
            ],
        )


def _absent(prices: pd.DataFrame, limit: float, told: pd.Series) -> Iterator[Finding]:
    """Tickers not in `told` that lack a row at many times when most listed tickers have one."""
    by_ticker = prices.groupby("ticker", sort=False)["timestamp"]
    span = by_ticker.agg(["min", "max"])
    rows = prices["timestamp"].value_counts().sort_index()
    begun = np.searchsorted(np.sort(span["min"]), rows.index, side="right")
    listed = begun - np.searchsorted(np.sort(span["max"]), rows.index, side="left")
    usual = rows.index[2 * rows.to_numpy() > listed]
    there = prices["timestamp"].isin(usual).groupby(prices["ticker"], sort=False).sum()
    wanted = usual.searchsorted(span["max"], side="right") - usual.searchsorted(span["min"])
    lacks = (wanted - there)[(wanted - there > limit * wanted) & ~there.index.isin(told)]
    if len(lacks):
        words = [
            f"{ticker} {count:,} of {expected:,} ({count / expected:.1%})"
            for ticker, count, expected in zip(
                lacks.index, lacks, pd.Series(wanted, span.index)[lacks.index], strict=True
            )
        ]
        yield Finding(
            "absent",
            "timestamp",
            f"no row at times when most tickers have one: {several(words)}; their returns reach"
            " from row to row",
            "complete the source; what was not traded may stand",
            "note",
            int(lacks.sum()),
            [
                offender(prices, by_ticker.idxmin()[ticker], word)
                for ticker, word in zip(lacks.index, words, strict=True)
            ],
        )


def _holes(prices: pd.DataFrame, limit: float, gone: pd.DataFrame) -> Iterator[Finding]:
    if not len(gone):
        return
    rows = prices["ticker"].value_counts()
    words = []
    for hole in gone.itertuples():
        end = f"and {iso(hole.after)}" if not pd.isna(hole.after) else "and the end"
        lacks = f"{hole.missing:,} of {rows[hole.ticker]:,} values" if hole.missing else "no rows"
        words.append(f"{hole.ticker} between {iso(hole.before)} {end} ({lacks})")
    much = np.any(gone["missing"].to_numpy() > limit * rows[gone["ticker"]].to_numpy())
    beside = f" (the limit of missing values is {limit:.1%})" if much else ""
    yield Finding(
        "hole",
        PRICE,
        f"{counted(len(gone), 'hole')} without prices: {several(words)}{beside};"
        " no return, feature or target reaches across",
        "complete the source; or set preprocess.longest_hole_days",
        "warning",
        len(gone),
        [offender(prices, row, word) for row, word in zip(gone.index, words, strict=True)],
    )
