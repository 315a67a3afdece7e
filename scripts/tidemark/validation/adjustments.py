"""Adjusted prices against corporate actions: what does not fit, or cannot be told, is a warning."""

from collections.abc import Iterator

from tidemark.bars import corporate_actions
from tidemark.naming import counted, several
from tidemark.validation.finding import Finding, iso, offenders

import pandas as pd


def cross_check(
    prices: pd.DataFrame, actions: pd.DataFrame, tolerance: float | None
) -> Iterator[Finding]:
    """Report ex-dates without a step of adj_close / close, steps without an event, unequal ones.

    Steps and events that could not be judged are reported too, because they have not passed.

    Args:
        prices: as in data/raw/, with a default index.
        actions: as in data/raw/, with a default index.
        tolerance: largest relative difference of a step that passes; None: nothing is checked, and
            a note says so.
    """
    if tolerance is None:
        yield Finding(
            "adjustment",
            None,
            "steps of adj_close / close are not held against corporate actions, because"
            " adjustment_tolerance is null",
            "set adjustment_tolerance in the schema of corporate_actions",
            "note",
            0,
        )
        return
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
    hidden = corporate_actions.hidden_steps(prices, tolerance)
    if len(hidden):
        yield Finding(
            "unjudged",
            "adj_close",
            f"{counted(len(hidden), 'step')} of adj_close / close across bars of which it is not"
            f" known, which {'were' if len(hidden) > 1 else 'was'} not checked, the first"
            f" {hidden['ticker'].iloc[0]} {iso(hidden['timestamp'].iloc[0])} by"
            f" {hidden['step'].iloc[0]:.6f}",
            "fill close and adj_close of the bars before, or check by hand what happened there",
            "warning",
            len(hidden),
            offenders(
                prices,
                prices.index.to_series().isin(hidden.index),
                hidden["step"].reindex(prices.index),
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
