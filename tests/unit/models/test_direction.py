"""Models of direction: what they are fitted to, and that nothing decides by rows of the same dates.

The planted feature is a number of each date, drawn anew, and most tickers of a date go the same
way. So it tells the direction of a row if other rows of its date were learned from, and nothing of
a date that was not.
"""

import pickle

from referee.chances import sigmoid
from tidemark.config.sections import filled
from tidemark.errors import BadValue
from tidemark.models import direction, estimators, fitting, splits

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import brier_score_loss, log_loss

pytestmark = pytest.mark.usefixtures("one_thread")
TICKERS, TRAINED, TESTED, EMBARGO = 20, 150, 60, 2
KEEN = {"learning_rate": 0.4, "max_iter": 30, "max_depth": 8, "min_samples_leaf": 5}
BOOSTED = {"estimator": "gradient_boosting_classifier", "l2_regularization": 0.0, **KEEN}
LOGISTIC = {"estimator": "logistic", "C": 0.01}


def market(dates: int, seed: int) -> pd.DataFrame:
    """Rows of dates x tickers: two features, the first of which says a little; and the planted."""
    draw = np.random.default_rng(seed)
    rows = dates * TICKERS
    times = pd.date_range("2010-01-01", periods=dates).astype("datetime64[us]")
    frame = pd.DataFrame({"timestamp": times.repeat(TICKERS), "ticker": [*range(TICKERS)] * dates})
    frame[["a", "b"]] = draw.normal(size=(rows, 2))
    frame["planted"] = draw.normal(size=dates).repeat(TICKERS)
    way = draw.choice([-1.0, 1.0], dates).repeat(TICKERS)
    frame["target"] = 0.01 * (way + 0.2 * frame["a"] + 0.7 * draw.normal(size=rows))
    frame["target_time"] = frame["timestamp"] + pd.Timedelta(days=1)
    return frame


WHOLE = market(TRAINED + EMBARGO + TESTED, seed=8)
TRAIN = WHOLE[: TRAINED * TICKERS]
TEST = WHOLE[-TESTED * TICKERS :]
WITHOUT_DATES = 0.5 * WHOLE["a"] + np.random.default_rng(3).normal(size=len(WHOLE))
FOLDS = splits.folds(TRAIN, count=3, embargo=EMBARGO)


def last_fold(rows):
    return splits.last_fold(rows, count=3, embargo=EMBARGO)


def random_rows(rows):
    """As many rows as the last fold has, of any dates: what must never be."""
    chosen = np.random.default_rng(1).random(len(rows)) < 0.25
    return ~chosen, chosen


def fit(spec, train=TRAIN, folds=FOLDS, later=last_fold, fallback=None):
    specs = {"m": spec, "fallback": fallback}
    made, report = fitting.fit(
        "m",
        lambda name: filled(estimators.kind(specs[name]["estimator"]), specs[name]),
        train,
        folds,
        lambda: 5,
        later=lambda: later,
    )
    return pickle.loads(made), report


def brier(made, rows):
    said = direction.probabilities(made, rows[[*made.feature_names_in_]])
    return brier_score_loss(direction.rises(rows["target"]), said)


def test_a_return_of_zero_is_no_rise():
    returns = pd.Series([0.01, 0.0, -0.01, 1e-300])
    assert direction.rises(returns).tolist() == [1.0, 0.0, 0.0, 1.0]
    assert direction.base_rate(returns) == 0.5


def test_a_feature_that_leaks_within_the_training_dates_is_worth_nothing_on_test_dates():
    base = ((direction.base_rate(TRAIN["target"]) - direction.rises(TEST["target"])) ** 2).mean()
    without = brier(fit(BOOSTED, TRAIN.drop(columns="planted"))[0], TEST)
    made, report = fit(BOOSTED)
    assert without - 0.001 < brier(made, TEST) < base + 0.01
    assert all(fold["brier_score"] > 0.24 for fold in report["folds"])

    # The same with rows drawn at random: it takes memory for skill, and is punished on test dates.
    fooled, _ = fit(BOOSTED, later=random_rows)
    seen = random_rows(TRAIN)[1]
    assert brier(fooled, TRAIN[seen]) < 0.16
    assert brier(fooled, TEST) > base + 0.05


def test_a_random_tenth_would_let_the_planted_feature_through_early_stopping():
    """What scikit-learn does by itself above 10,000 rows, and this kind never does."""
    names, rose = ["a", "b", "planted"], direction.rises(TRAIN["target"])
    given = KEEN | {"l2_regularization": 0.0}
    left = HistGradientBoostingClassifier(early_stopping=True, random_state=5, **given)
    left.fit(TRAIN[names], rose)
    believed = -max(left.validation_score_)
    found = log_loss(direction.rises(TEST["target"]), left.predict_proba(TEST[names])[:, 1])
    assert believed < 0.55 < 0.69 < found
    ours = filled(estimators.kind(BOOSTED["estimator"]), BOOSTED).build(5).fit(TRAIN[names], rose)
    assert (ours.n_iter_, ours.validation_score_.size) == (KEEN["max_iter"], 0)


def test_calibration_is_platts_on_the_last_fold_of_the_rows():
    made, _ = fit(BOOSTED, TRAIN, FOLDS[:1])
    learned, later = last_fold(TRAIN)
    names = [*made.feature_names_in_]
    alone = filled(estimators.kind(BOOSTED["estimator"]), BOOSTED).build(5)
    alone.fit(TRAIN[learned][names], direction.rises(TRAIN["target"])[learned])
    slope, shift = sigmoid(
        alone.decision_function(TRAIN[later][names]), (TRAIN["target"] > 0).to_numpy()[later]
    )
    expected = 1 / (1 + np.exp(-slope * alone.decision_function(TEST[names]) - shift))
    assert direction.probabilities(made, TEST[names]) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("spec", [LOGISTIC, BOOSTED], ids=lambda spec: spec["estimator"])
def test_later_rows_leave_earlier_folds_alone(spec):
    changed = TRAIN.copy()
    late = changed["timestamp"] > pd.Timestamp(FOLDS[0]["test_end"])
    changed.loc[late, ["a", "b", "planted"]] = 7.0
    changed.loc[late, "target"] *= -1
    one, other = (fit(spec, rows, FOLDS[:2])[1]["folds"] for rows in (TRAIN, changed))
    assert one[0] == other[0]
    assert one[1] != other[1]


@pytest.mark.parametrize("spec", [LOGISTIC, BOOSTED], ids=lambda spec: spec["estimator"])
def test_the_same_rows_make_the_same_bytes(spec):
    one, other = (fit(spec, TRAIN, FOLDS[:1]) for _ in range(2))
    assert pickle.dumps(one[0], 5) == pickle.dumps(other[0], 5)
    assert one[1] == other[1]


def test_the_grid_is_chosen_by_the_brier_score():
    train = TRAIN.assign(target=WITHOUT_DATES[: len(TRAIN)])
    _, report = fit(LOGISTIC | {"grid": {"C": [1e-6, 0.01, 1e-5]}}, train)
    told = {point["parameters"]["C"]: point["brier_score"] for point in report["grid"]}
    assert report["parameters"]["C"] == min(told, key=told.get) == 0.01
    assert report["mean"].keys() == {"brier_score", "log_loss", "auc"}
    assert report["mean"]["brier_score"] == told[0.01]
    assert report["base_rate"] == (train["target"] > 0).mean()


def test_a_logistic_model_finds_what_there_is_and_is_calibrated_as_it_is():
    made, report = fit(LOGISTIC, TRAIN.assign(target=WITHOUT_DATES[: len(TRAIN)]))
    said = direction.probabilities(made, TRAIN[[*made.feature_names_in_]])
    assert np.corrcoef(said, TRAIN["a"])[0, 1] > 0.95
    assert said.mean() == pytest.approx(report["base_rate"], abs=1e-4)
    assert report["mean"]["auc"] > 0.6


ONE_WAY = TRAIN.assign(target=TRAIN["target"].abs())


@pytest.mark.parametrize("spec", [LOGISTIC, BOOSTED], ids=lambda spec: spec["estimator"])
def test_rows_of_one_direction_are_told(spec):
    with pytest.raises(BadValue, match=r"m did not converge: of [\d,]+ rows [\d,]+ rose, and"):
        fit(spec, ONE_WAY)


def test_too_few_rises_to_calibrate_on_fall_back():
    few = TRAIN.copy()
    last = TRAIN["timestamp"] > pd.Timestamp(FOLDS[-1]["train_end"])
    few.loc[last, "target"] = -0.01
    few.loc[few.index[-4:], "target"] = 0.01
    spec = BOOSTED | {"fallback": "fallback"}
    made, report = fit(spec, few, FOLDS[:2], fallback=LOGISTIC)
    assert report["fitted"] == "fallback"
    assert report["fallback"]["reason"].endswith(" 4 rose, and 5 of each direction are needed")
    assert np.isfinite(brier(made, TEST))


def test_too_few_dates_to_calibrate_on_are_told():
    rows = TRAIN[: 4 * TICKERS]
    with pytest.raises(BadValue, match="nothing to calibrate on: 1 dates are too few"):
        fit(BOOSTED, rows, splits.folds(rows, 2, 1), later=lambda r: splits.last_fold(r, 3, 2))
