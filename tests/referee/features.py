"""Features, targets and splits, from the user's own files, by formulas in plain sight.

Everything follows from `adj_close`: a missing one is filled by the last one times one plus the mean
(or median) of the changes before; a return beyond the quantiles of all earlier ones is set to them;
an economic value is known at the close of a session if it was public before, and holds until the
next one, or for five usual distances.
"""

from bisect import insort
from typing import Any

from referee import sources
from referee.results import Floats, Results
from referee.rules import windows
from referee.verdict import Comparison, NotLookedError

import numpy as np
import pandas as pd
from sklearn.model_selection import TimeSeriesSplit

MOST_TICKERS = 20  # of which every bar is looked at; more are a random choice
FIRST_VALUE = np.timedelta64(155 * 24 * 3600 * 10**6, "us")  # how long a first value holds
LEAST = np.timedelta64(10 * 24 * 3600 * 10**6, "us")  # how long every later one does


def look(results: Results, cells: int, seed: int) -> str:
    """Compare every feature and target of some tickers, and the splits, in every scenario."""
    try:
        raw, whence = sources.prices(results), "your files"
    except NotLookedError:
        raw, whence = results.table("data/raw/prices.parquet"), "data/raw"
    tickers = sorted(raw["ticker"].unique())
    if len(tickers) > MOST_TICKERS:
        tickers = sorted(np.random.default_rng(seed).choice(tickers, MOST_TICKERS, replace=False))
    instants = _instants(results, raw)
    worst, values, away = 0.0, 0, set()
    for scenario in results.config["scenarios"]:
        held = Comparison(f"features/{scenario}.parquet")
        found = results.table(held.file)
        for ticker in tickers:
            own = raw[raw["ticker"] == ticker].reset_index(drop=True)
            expected = _of_ticker(results, scenario, own, instants)
            if expected is None:
                away.add(ticker)
                continue
            there = found[found["ticker"] == ticker].reset_index(drop=True)
            _hold(held, there, expected, ticker)
        worst, values = max(worst, held.worst), values + held.count
        _hold_splits(results, scenario, found)
    holes = f"; not looked at: {', '.join(sorted(away))} (holes)" if away else ""
    return (
        f"{values:,} values from {whence} and the splits of {len(results.config['scenarios'])}"
        f" scenarios agree (worst relative difference {worst:.1e}){holes}"
    )


def _hold(held: Comparison, found: pd.DataFrame, expected: pd.DataFrame, ticker: str) -> None:
    times = list(expected["timestamp"])
    if list(found["timestamp"]) != times:
        alone = sorted(set(times) ^ set(found["timestamp"]))
        held.same(ticker, "timestamp", list(found["timestamp"])[:1], f"rows differ at {alone[:1]}")
    for column in expected.columns.drop(["timestamp", "target_time"]):
        held.numbers(
            lambda place: f"{ticker}, {times[place]}", column, found[column], expected[column]
        )
    ours, theirs = (side["target_time"].astype("int64") for side in (expected, found))
    held.numbers(lambda place: f"{ticker}, {times[place]}", "target_time", theirs, ours)


def _of_ticker(
    results: Results, scenario: str, own: pd.DataFrame, instants: pd.Series
) -> pd.DataFrame | None:
    """The rows of a ticker that have all features; None if it has a hole."""
    recipe, plan = results.config["feature_engineering"], results.config["scenarios"][scenario]
    started = own["adj_close"].notna().cummax()
    own = own[started].reset_index(drop=True)
    times, known = own["timestamp"], own["adj_close"].notna()
    longest = pd.Timedelta(days=results.config["preprocess"]["longest_hole_days"])
    if (times[known].diff() > longest).any() or (times.iloc[-1] - times[known].iloc[-1]) > longest:
        return None
    price = _filled(own["adj_close"].to_numpy(), plan["impute"])
    earned = np.append(np.nan, price[1:] / price[:-1] - 1)
    least = results.config["preprocess"]["min_history"]
    treated = _treated(earned, plan["outliers"], least)
    frame = pd.DataFrame({"timestamp": times})
    index = np.cumprod(1 + np.nan_to_num(treated))
    for lag in recipe["lags"]:
        frame[f"return_lag_{lag}"] = _ago(treated, lag)
    for length in recipe["windows"]:
        mean = windows(index, length, lambda w: w.mean(axis=1))
        frame[f"mean_gap_{length}"] = index / mean - 1
        deviation = windows(treated, length, lambda w: w.std(axis=1, ddof=1))
        frame[f"volatility_{length}"] = deviation
        frame[f"momentum_{length}"] = index / _ago(index, length) - 1
    for column in recipe["economic"]:
        frame[column] = _known(results, column, instants.loc[times].to_numpy())
    if recipe["term_spread"] is not None:
        long, short = recipe["term_spread"]
        at = instants.loc[times].to_numpy()
        frame["term_spread"] = _known(results, long, at) - _known(results, short, at)
    whole = frame.notna().all(axis=1)
    ahead = recipe["horizon"]
    later = np.append(price[ahead:], np.full(min(ahead, len(price)), np.nan))[: len(price)]
    real = known & known.shift(-ahead, fill_value=False)
    frame["target"] = np.where(real, later / price - 1, np.nan)
    frame["target_time"] = times.shift(-ahead)
    return frame[whole].reset_index(drop=True)


def _ago(values: Floats, bars: int) -> Floats:
    return np.append(np.full(bars, np.nan), values)[: len(values)]


def _filled(price: Floats, method: str) -> Floats:
    """Each missing price from the last one and the changes before it."""
    middle = {"mean": np.mean, "median": np.median}[method]
    filled, changes = price.copy(), []
    last = price[0]
    for bar in range(1, len(price)):
        if np.isnan(price[bar]):
            filled[bar] = last * (1 + (middle(changes) if changes else 0.0))
            continue
        if not np.isnan(price[bar - 1]):
            changes.append(price[bar] / price[bar - 1] - 1)
        last = price[bar]
    return filled


def _treated(earned: Floats, treatment: dict[str, Any], least: int) -> Floats:
    """Returns within the bounds of those before them."""
    method = treatment["method"]
    if method == "none":
        return earned
    past: list[float] = []
    result = earned.copy()
    for bar, value in enumerate(earned):
        if np.isnan(value):
            continue
        if len(past) >= least:
            if method == "winsorise":
                low, high = (_quantile(past, treatment[end]) for end in ("lower", "upper"))
            else:
                first, third = _quantile(past, 0.25), _quantile(past, 0.75)
                reach = treatment["factor"] * (third - first)
                low, high = first - reach, third + reach
            result[bar] = min(max(value, low), high)
        insort(past, value)
    return result


def _quantile(ordered: list[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def _instants(results: Results, raw: pd.DataFrame) -> pd.Series:
    """The instant that the bars of each timestamp stand for, naive UTC."""
    times = pd.Index(np.sort(raw["timestamp"].unique()))
    source = results.config["fetch_data"]["prices"]
    if source["bar"] == "intraday":
        return pd.Series(times, times)
    sessions = results.table("artifacts/sessions.parquet")
    zone = sessions["zone"].iloc[0] if len(sessions) else source["time_zone"]
    ends = (times + pd.Timedelta(days=1)).tz_localize(zone).tz_convert("UTC").tz_localize(None)
    closes = sessions.set_index("session")["close"].reindex(times)
    return closes.fillna(pd.Series(ends, times))


def _known(results: Results, column: str, instants: np.ndarray) -> Floats:
    """The value of an economic column that was public before each instant, if it still holds."""
    fetch = results.config["fetch_data"]["economic"]
    (name,) = [name for name, source in fetch.items() if column in source["columns"]]
    frame = sources.series(results, name).dropna(subset=[column])
    if column in fetch[name]["changes"]:
        raise NotLookedError(f"{column} is a change")
    frame = frame.drop_duplicates("available_at", keep="last").sort_values("available_at")
    public = frame["available_at"].to_numpy("datetime64[us]")
    ends = public + _reach(public, fetch[name]["longest_carry_days"]) + np.timedelta64(1, "us")
    at = instants.astype("datetime64[us]")
    last = np.searchsorted(public, at) - 1  # public strictly before
    held = (last >= 0) & (at <= ends[last])
    return np.where(held, frame[column].to_numpy()[last], np.nan)


def _reach(public: np.ndarray, longest_days: int | None) -> np.ndarray:
    if longest_days is not None:
        return np.full(len(public), np.timedelta64(longest_days, "D").astype("timedelta64[us]"))
    apart = pd.Series(np.diff(public).astype(np.int64))  # microseconds
    usual = 5 * apart.expanding().median().astype(np.int64)
    return np.append(FIRST_VALUE, np.maximum(usual.to_numpy("timedelta64[us]"), LEAST))


def _hold_splits(results: Results, scenario: str, frame: pd.DataFrame) -> None:
    """Require that training and test rows and folds are those of the dates."""
    plan, source = results.config["split_data"], results.config["fetch_data"]["prices"]
    zone = source["time_zone"] if source["bar"] == "intraday" else "UTC"
    start = pd.Timestamp(plan["test_start"]).tz_localize(zone).tz_convert("UTC").tz_localize(None)
    dates = sorted(frame["timestamp"].unique())
    last = dates[sum(date < start for date in dates) - plan["embargo"] - 1]
    labelled = frame[frame["target"].notna()]
    early = (labelled["timestamp"] <= last) & (labelled["target_time"] < start)
    parts = {"train": labelled[early], "test": labelled[labelled["timestamp"] >= start]}
    for part, expected in parts.items():
        held = Comparison(f"data/splits/{scenario}_{part}.parquet")
        found = results.table(held.file)
        held.same("all", "rows", len(found), len(expected))
        same = expected.reset_index(drop=True).equals(found)
        held.same("all", "values", "others", "others" if same else "those of features/")
    held = Comparison(f"data/splits/{scenario}_folds.json")
    days = sorted(parts["train"]["timestamp"].unique())
    cuts = TimeSeriesSplit(plan["folds"], gap=plan["embargo"]).split(days)
    folds = results.json(held.file)
    for fold, (fitted, scored) in zip(folds, cuts, strict=True):
        for end, place in (
            *(("train_start", fitted[0]), ("train_end", fitted[-1])),
            *(("test_start", scored[0]), ("test_end", scored[-1])),
        ):
            expected = pd.Timestamp(days[place]).isoformat()
            held.same(f"fold {fold['fold']}", end, fold[end], expected)
