"""Sums of each date, kept for a comparison with another run, give the metrics again."""

from tidemark.models import by_date
from tidemark.models.worth import WORTH

import numpy as np
import pandas as pd
import pytest

UNPAIRED = {"auc"}


def draw(target, dates=40, tickers=5, seed=3):
    """Dates in shuffled order, and their sums."""
    draw = np.random.default_rng(seed)
    day = draw.permutation(np.repeat(np.arange(dates), tickers))
    when = pd.Timestamp("2020-01-01") + pd.to_timedelta(day, "D")
    true = draw.normal(size=day.size)
    if target == "direction":
        true, predicted = (true > 0).astype(float), draw.random(day.size)
    else:
        predicted = 0.3 * true + draw.normal(size=day.size)
    base = np.full(day.size, 0.4)
    return when.to_numpy(), WORTH[target].per_date(when.to_numpy(), true, predicted, base)


@pytest.mark.parametrize("target", tuple(WORTH))
def test_the_metrics_follow_from_the_table(target):
    dates, sums = draw(target)
    kept = by_date.of_table(by_date.table(dates, sums))
    assert kept.worth is WORTH[target]
    assert (kept.dates == np.unique(dates)).all()
    direct, again = WORTH[target].overall(sums), WORTH[target].overall(kept.sums)
    assert {name for name in again if np.isnan(again[name])} == UNPAIRED & set(direct)
    for name in direct.keys() - UNPAIRED:
        assert again[name] == direct[name], name


@pytest.mark.parametrize("target", tuple(WORTH))
def test_a_table_grows_with_dates_and_not_with_tickers(target):
    few, many = (by_date.table(*draw(target, tickers=count)) for count in (3, 30))
    assert few.shape == many.shape


def test_columns_of_another_version_are_not_read_as_if_they_were_of_this_one():
    table = by_date.table(*draw("return"))
    assert by_date.of_table(table.rename(columns={"rows": "tickers"})) is None
    assert by_date.of_table(table.drop(columns="timestamp")) is None
