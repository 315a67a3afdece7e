"""Splits by date, never by row, so that no training target reaches into what is tested."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tidemark.arrays import Bools, Times
from tidemark.errors import BadValue
from tidemark.models.settings import SplitData

import numpy as np
import pandas as pd
from sklearn.model_selection import TimeSeriesSplit

Record = dict[str, Any]


@dataclass(frozen=True)
class Parts:
    """Training rows, test rows, and the folds of the training rows as returned by `folds`.

    `test_start` is the ISO day on which the test set begins.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    folds: list[Record]
    test_start: str


def divide(frame: pd.DataFrame, plan: SplitData, horizon: int, time_zone: str) -> Parts:
    """Split off the test set, and lay the folds over what is left; see `split` and `folds`."""
    start = plan.test_start or last_quarter(frame["timestamp"], time_zone)
    embargo = plan.gap(horizon)
    train, test = split(frame, start, embargo, horizon, time_zone)
    return Parts(train, test, folds(train, plan.folds, embargo), start)


def last_quarter(times: pd.Series, time_zone: str) -> str:
    """The ISO day in a time zone from which on a quarter of all bars (unique timestamps) lie."""
    dates = np.sort(times.unique())
    first = pd.Timestamp(dates[3 * len(dates) // 4]).tz_localize("UTC").tz_convert(time_zone)
    return f"{first:%Y-%m-%d}"


def split(
    frame: pd.DataFrame, test_start: str, embargo: int, horizon: int, time_zone: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Divide the rows whose target is known into training and test rows.

    Args:
        frame: one row a bar with timestamp, target and target_time; rows without a target go.
        test_start: ISO date; the test set is every bar from then on.
        embargo: bars (unique timestamps) left out between the last training bar and the test set.
        horizon: bars ahead that the target looks.
        time_zone: where `test_start` is a date: its midnight there parts the sessions, also of an
            exchange that trades through midnight in UTC.

    Returns:
        (training rows, test rows). Every training `target_time` lies before `test_start`.

    Raises:
        BadValue: the embargo is shorter than the horizon, or one side would be empty.
    """
    _require_embargo(embargo, horizon)
    start = _midnight(test_start, time_zone)
    dates = np.sort(frame["timestamp"].unique())
    first_test = int(np.searchsorted(dates, start.to_datetime64()))
    _require_inside(dates, first_test, test_start, embargo)
    last_train = dates[first_test - embargo - 1]
    time, known = frame["timestamp"], frame["target"].notna()
    early = known & (time <= last_train) & (frame["target_time"] < start)
    train = frame[early].reset_index(drop=True)
    test = frame[known & (time >= start)].reset_index(drop=True)
    if train.empty or test.empty:
        raise _misplaced(test_start, dates, "leaves a side without any known target")
    return train, test


def _midnight(day: str, time_zone: str) -> pd.Timestamp:
    """The first instant of a day in naive UTC, if clocks skip midnight the first after it."""
    local = pd.Timestamp(day).tz_localize(time_zone, ambiguous=True, nonexistent="shift_forward")
    return local.tz_convert(None)


def folds(train: pd.DataFrame, count: int, embargo: int) -> list[Record]:
    """Walk-forward folds over the training dates, each with an embargo before its test dates.

    Returns:
        One record a fold: fold (from 1), train_start, train_end, test_start, test_end (ISO, all
        inclusive), train_rows, test_rows.

    Raises:
        BadValue: there are too few dates, for so many folds or for the embargo.
    """
    dates = pd.DatetimeIndex(np.sort(train["timestamp"].unique()))
    try:
        parts = list(TimeSeriesSplit(n_splits=count, gap=embargo).split(dates))
    except ValueError:
        _require_room(len(dates) - 2 * (len(dates) // 3), embargo, f"{len(dates)} training dates")
        raise _too_few(count, f"{len(dates)} training dates are too few") from None
    records = [_fold(train, number, dates[a], dates[b]) for number, (a, b) in enumerate(parts, 1)]
    for record in records:
        if not record["train_rows"] or not record["test_rows"]:
            raise _too_few(count, f"fold {record['fold']} has no rows")
    return records


def fold_rows(train: pd.DataFrame, fold: Mapping[str, Any]) -> tuple[Bools, Bools]:
    """Which rows of the training frame a fold fits on and which it scores.

    A ticker that misses bars may look further ahead than the embargo: rows whose target reaches
    the fold's test dates are not fitted on.
    """
    time, known = train["timestamp"], train["target_time"]
    start, end = pd.Timestamp(fold["test_start"]), pd.Timestamp(fold["test_end"])
    fitted = (time <= pd.Timestamp(fold["train_end"])) & (known < start)
    scored = (time >= start) & (time <= end)
    return fitted.to_numpy(), scored.to_numpy()


def last_fold(rows: pd.DataFrame, count: int, embargo: int) -> tuple[Bools, Bools]:
    """The last of `count` walk-forward folds of rows that are to be fitted on.

    What a fit decides by rows of its own (calibration, when to stop) it decides by later dates than
    it learned from, beyond the embargo, as the test set is. A share of the rows drawn at random
    would hold the same dates as what was learned from, and show as skill what is memory.

    Args:
        rows: timestamp, target_time: all that may be fitted on, in a fold of cross-validation only
            the fold's.
        count: folds; the last one's dates are about one in `count` + 1.
        embargo: bars left out before them.

    Returns:
        (rows,) which to learn from, and which to decide by: those of the last of `folds`, also
        where there are too few dates for the folds before it.

    Raises:
        BadValue: there are too few dates for the last one too.
    """
    dates = pd.DatetimeIndex(np.sort(rows["timestamp"].unique()))
    start = len(dates) - len(dates) // (count + 1)
    problem = f"{len(dates)} dates are too few"
    if start == len(dates) or start <= embargo:
        raise _too_few(count, problem)
    learned, later = fold_rows(rows, _fold(rows, count, dates[: start - embargo], dates[start:]))
    if not learned.any():
        raise _too_few(count, problem)
    return learned, later


def _fold(
    train: pd.DataFrame, number: int, fitted: pd.DatetimeIndex, scored: pd.DatetimeIndex
) -> Record:
    record: Record = {
        "fold": number,
        "train_start": fitted[0].isoformat(),
        "train_end": fitted[-1].isoformat(),
        "test_start": scored[0].isoformat(),
        "test_end": scored[-1].isoformat(),
    }
    fit_mask, score_mask = fold_rows(train, record)
    return record | {"train_rows": int(fit_mask.sum()), "test_rows": int(score_mask.sum())}


def _require_embargo(embargo: int, horizon: int) -> None:
    if embargo < horizon:
        raise BadValue(
            "embargo",
            f"{embargo} bars are fewer than the horizon of {horizon}: training targets would "
            "reach into the test set",
            f"set embargo to at least {horizon}",
        )


def _require_inside(dates: Times, first_test: int, test_start: str, embargo: int) -> None:
    if first_test == len(dates):
        raise _misplaced(test_start, dates, "lies after the last bar")
    _require_room(len(dates) - 1, embargo, f"{len(dates)} dates")
    if first_test <= embargo:
        raise _misplaced(test_start, dates, f"leaves no training date after {embargo} embargoed")


def _require_room(limit: int, embargo: int, dates: str) -> None:
    """Refuse an embargo that no other test set, nor the fewest folds that there are, could mend."""
    if embargo >= limit:
        raise BadValue(
            "embargo",
            f"{embargo} bars left out before what is tested leave nothing of {dates} to train on",
            f"set embargo to less than {limit}",
        )


def _misplaced(test_start: str, dates: Times, problem: str) -> BadValue:
    first, last = (f"{pd.Timestamp(date):%Y-%m-%d}" for date in (dates[0], dates[-1]))
    return BadValue(
        "test_start",
        f"{test_start} {problem}",
        f"choose a date well inside the data, which span {first} to {last}",
    )


def _too_few(count: int, problem: str) -> BadValue:
    return BadValue(
        "folds",
        f"{problem} for {count} folds",
        "use fewer folds, a shorter embargo or a later test_start",
    )
