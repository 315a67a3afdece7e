"""Adjusted prices against corporate actions: what does not fit, or cannot be told, is a warning."""

from collections.abc import Iterator

from tidemark.bars import corporate_actions
from tidemark.naming import counted, several
from tidemark.validation.finding import Finding, iso, offenders

import pandas as pd


def cross_check(prices: pd.DataFrame, actions: pd.DataFrame, tolerance: float) -> Iterator[Finding]:
    """Report ex-dates without a step of adj_close / close, steps without an event, unequal ones.

    Events that could not be judged are reported too, because they have not passed.

    Args:
        prices: as in data/raw/, with a default index.
        actions: as in data/raw/, with a default index.
        tolerance: largest relative difference of a step that passes.
    """
    wrong = corporate_actions.mismatches(prices, actions, tolerance)
    if len(wrong):
        step, expected = wrong["step"].iloc[0], wrong["expected"].iloc[0]
        yield Finding(
            "adjustment",
            "adj_close",
            f"{counted(len(wrong), 'step')} of adj_close / close that the corporate actions do not"
            f" explain, the first {wrong['ticker'].iloc[0]} {iso(wrong['timestamp'].iloc[0])} by"
            f" {step:.6f} instead of {expected:.6f}",
            "complete corporate_actions, or correct adj_close",
            "warning",
            len(wrong),
            offenders(
                prices,
                prices.index.to_series().isin(wrong.index),
                wrong["step"].reindex(prices.index),
            ),
            "prices",
        )
    unjudged = corporate_actions.unjudged(prices, actions)
    for why, events in unjudged.groupby(unjudged):
        tickers = several(sorted(actions["ticker"][events.index].unique()))
        yield Finding(
            "unjudged",
            "ticker",
            f"{len(events):,} corporate actions {why}, which were not checked: {tickers}",
            "check their tickers, and that close and adj_close are mapped; or let them stand",
            "note" if why == corporate_actions.OUTSIDE else "warning",
            len(events),
            offenders(actions, actions.index.to_series().isin(events.index), actions["value"]),
        )
    lost = corporate_actions.without_bar(prices, actions)
    if len(lost):
        yield Finding(
            "ex_date",
            "timestamp",
            f"{len(lost):,} corporate actions on days without a bar",
            "correct the ex-date",
            "warning",
            len(lost),
            offenders(actions, actions.index.to_series().isin(lost.index), actions["value"]),
        )
