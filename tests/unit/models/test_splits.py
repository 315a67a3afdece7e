"""Splits by date: the embargo, the folds, and no target that reaches across."""

from tidemark.errors import BadValue
from tidemark.models import splits
from tidemark.models.settings import SplitData

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import TimeSeriesSplit

START = pd.Timestamp("2010-01-01")


def labelled(held: dict[str, list[int]], horizon: int = 1) -> pd.DataFrame:
    """Rows of tickers with bars on the given days; all targets but the last ones are known."""
    frames = []
    for ticker, days in held.items():
        times = pd.Series(START + pd.to_timedelta(sorted(days), unit="D"))
        frame = pd.DataFrame({"timestamp": times, "ticker": ticker, "x": np.arange(len(days))})
        frame["target_time"] = frame["timestamp"].shift(-horizon)
        frame["target"] = np.where(frame["target_time"].isna(), np.nan, 0.01)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def day(n: int) -> str:
    return (START + pd.Timedelta(days=n)).date().isoformat()


def test_embargo_leaves_that_many_bars_out():
    frame = labelled({"A": list(range(30)), "B": list(range(5, 30))})
    train, test = splits.split(frame, day(20), embargo=3, horizon=1, time_zone="UTC")
    assert train["timestamp"].max() == START + pd.Timedelta(days=16)
    assert test["timestamp"].min() == START + pd.Timedelta(days=20)
    assert test["target"].notna().all()
    assert len(train) == 17 + 12
    assert len(test) == 9 + 9


def test_golden_time_series_split():
    folds = TimeSeriesSplit(3, test_size=2, gap=2).split(np.zeros(12))
    found = [(train[0], train[-1], test[0], test[-1]) for train, test in folds]
    assert found == [(0, 3, 6, 7), (0, 5, 8, 9), (0, 7, 10, 11)]


def test_folds_walk_forward_over_dates():
    train = labelled({"A": list(range(13)), "B": list(range(13))}).dropna(ignore_index=True)
    folds = splits.folds(train, count=2, embargo=2)
    spans = [(f["train_start"], f["train_end"], f["test_start"], f["test_end"]) for f in folds]
    days = lambda *n: tuple(f"{day(k)}T00:00:00" for k in n)  # noqa: E731
    assert spans == [days(0, 1, 4, 7), days(0, 5, 8, 11)]
    assert [(f["fold"], f["train_rows"], f["test_rows"]) for f in folds] == [(1, 4, 8), (2, 12, 8)]


@settings(max_examples=80, deadline=None)
@given(data=st.data(), horizon=st.integers(1, 4), extra=st.integers(0, 4), count=st.integers(2, 4))
def test_no_training_target_reaches_what_is_tested(data, horizon, extra, count):
    days = st.sets(st.integers(0, 89), min_size=20, max_size=90)
    frame = labelled({t: data.draw(days) for t in "ABC"}, horizon)
    embargo = horizon + extra
    try:
        train, test = splits.split(frame, day(70), embargo, horizon, time_zone="UTC")
        folds = splits.folds(train, count, embargo)
    except BadValue:
        return
    assert train["target_time"].max() < test["timestamp"].min()
    dates = np.sort(frame["timestamp"].unique())
    between = (dates > train["timestamp"].max().to_datetime64()) & (dates < np.datetime64(day(70)))
    assert between.sum() >= embargo
    last_scored = pd.Timestamp.min
    for fold in folds:
        fitted, scored = splits.fold_rows(train, fold)
        assert train["target_time"][fitted].max() < train["timestamp"][scored].min()
        assert train["timestamp"][scored].min() > last_scored
        assert (fitted.sum(), scored.sum()) == (fold["train_rows"], fold["test_rows"])
        last_scored = train["timestamp"][scored].max()


@settings(max_examples=80, deadline=None)
@given(data=st.data(), embargo=st.integers(1, 5), count=st.integers(2, 4))
def test_rows_to_decide_by_are_the_last_fold_of_whatever_is_fitted_on(data, embargo, count):
    days = st.sets(st.integers(0, 60), min_size=1, max_size=60)
    rows = labelled({t: data.draw(days) for t in "ABC"}).dropna(ignore_index=True)
    try:
        learned, later = splits.last_fold(rows, count, embargo)
    except BadValue:
        with pytest.raises(BadValue):
            splits.folds(rows, count, embargo)
        with pytest.raises(BadValue) as refused:
            splits.last_fold(rows, count, embargo)
        assert refused.value.parameter == "folds"
        return
    assert rows["target_time"][learned].max() < rows["timestamp"][later].min()
    dates = np.sort(rows["timestamp"].unique())
    between = dates[dates > rows["timestamp"][learned].max().to_datetime64()]
    assert (between < rows["timestamp"][later].min().to_datetime64()).sum() >= embargo
    assert rows["timestamp"][later].nunique() == len(dates) // (count + 1)
    assert later[rows["timestamp"] == dates[-1]].all()
    try:
        folds = splits.folds(rows, count, embargo)
    except BadValue:
        return
    for ours, theirs in zip((learned, later), splits.fold_rows(rows, folds[-1]), strict=True):
        assert np.array_equal(ours, theirs)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**16), cut=st.integers(30, 80))
def test_the_test_set_changes_nothing_in_training(seed, cut):
    frame = labelled({"A": list(range(90)), "B": list(range(20, 90))})
    draw = np.random.default_rng(seed)
    late = frame["timestamp"] >= START + pd.Timedelta(days=cut)
    changed = frame.assign(x=frame["x"].mask(late, draw.integers(0, 99, len(frame))))
    changed = changed[~late | (draw.random(len(frame)) < 0.7)].reset_index(drop=True)
    one, two = (splits.divide(f, SplitData(day(cut), 2, 3), 1, "UTC") for f in (frame, changed))
    pd.testing.assert_frame_equal(one.train, two.train, check_exact=True)
    assert one.folds == two.folds


@pytest.mark.parametrize(
    ("zone", "first_open"),
    [("America/New_York", "14:30"), ("Asia/Tokyo", "00:00"), ("Australia/Sydney", "23:00")],
)
def test_no_session_is_split_in_two(zone, first_open):
    """A session has six bars of an hour; in Sydney's summer it begins the evening before in UTC."""
    opens = pd.date_range(f"2010-01-01 {first_open}", periods=30)
    times = [session + pd.Timedelta(hours=k) for session in opens for k in range(6)]
    frame = pd.DataFrame({"timestamp": times, "target": 0.01, "target_time": times}).shift(-1)[:-1]
    frame["timestamp"] = times[:-1]
    train, test = splits.split(frame, "2010-01-21", 4, 1, zone)
    session = test["timestamp"].min()
    assert session in opens
    assert session.tz_localize("UTC").tz_convert(zone).date() == pd.Timestamp("2010-01-21").date()
    assert train["timestamp"].max() == session - pd.Timedelta(hours=19 + 4)
    assert train["target_time"].max() < session


def test_embargo_shorter_than_the_horizon():
    with pytest.raises(BadValue, match="set embargo to at least 5") as caught:
        splits.split(labelled({"A": list(range(30))}), day(20), 1, 5, "UTC")
    assert caught.value.parameter == "embargo"


@pytest.mark.parametrize("start", [-5, 0, 2, 30, 400])
def test_test_start_outside_the_data(start):
    frame = labelled({"A": list(range(30))})
    with pytest.raises(BadValue, match="span 2010-01-01 to 2010-01-30") as caught:
        splits.split(frame, day(start), embargo=2, horizon=1, time_zone="UTC")
    assert caught.value.parameter == "test_start"


def test_an_embargo_that_no_test_set_and_no_folds_could_mend():
    frame = labelled({"A": list(range(30))})
    with pytest.raises(BadValue, match="nothing of 30 dates to train on") as caught:
        splits.split(frame, day(20), embargo=5000, horizon=1, time_zone="UTC")
    assert (caught.value.parameter, caught.value.cure) == ("embargo", "set embargo to less than 29")
    train = frame.dropna(ignore_index=True)
    assert len(splits.folds(train, count=2, embargo=10)) == 2
    with pytest.raises(BadValue, match="nothing of 29 training dates") as caught:
        splits.folds(train, count=2, embargo=11)
    assert (caught.value.parameter, caught.value.cure) == ("embargo", "set embargo to less than 11")


def test_too_few_dates_for_the_folds():
    train = labelled({"A": list(range(6))}).dropna(ignore_index=True)
    with pytest.raises(BadValue, match="5 training dates are too few for 5 folds") as caught:
        splits.folds(train, count=5, embargo=2)
    assert caught.value.parameter == "folds"


def test_without_a_day_the_last_quarter_of_dates_is_the_test_set():
    frame = labelled({"A": list(range(40)), "B": list(range(30, 40))})
    parts = splits.divide(frame, SplitData(folds=2), horizon=7, time_zone="UTC")
    assert parts.test_start == day(30)
    assert parts.test["timestamp"].min() == START + pd.Timedelta(days=30)
    assert parts.train["timestamp"].max() == START + pd.Timedelta(days=30 - 7 - 1)


def test_the_last_quarter_begins_at_a_midnight_of_the_exchange():
    evening = pd.Series(pd.date_range("2024-01-01 23:30", periods=40, freq="h"))
    assert splits.last_quarter(evening, "UTC") == "2024-01-03"
    assert splits.last_quarter(evening, "Asia/Tokyo") == "2024-01-03"
    assert splits.last_quarter(evening, "America/New_York") == "2024-01-03"
    assert splits.last_quarter(evening - pd.Timedelta(hours=6), "America/New_York") == "2024-01-02"
