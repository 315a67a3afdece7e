"""Features, targets and splits, from the user's own files, by formulas in plain sight.

Everything follows from `adj_close`: a missing one is filled by the last one times one plus the mean
(or median) of the changes before; a return beyond the quantiles of all earlier ones is set to them;
an economic value is known at the close of a session if it was public before, and holds until the
next one, or for five usual distances. Opens, highs and lows move with the adjusted close, volumes
the other way.
"""

from bisect import insort
from typing import Any

from referee import sources
from referee.results import Floats, Results
from referee.rules import windows
from referee.verdict import Comparison, NotLookedError

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.model_selection import TimeSeriesSplit

FEWEST_RANKED = 3
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
    others = sorted({*results.config["feature_engineering"].get("features", {})} - KINDS)
    for scenario in results.config["scenarios"]:
        held = Comparison(f"features/{scenario}.parquet")
        found = results.table(held.file)
        ranked = _ranked(results.config["feature_engineering"])
        frames = {
            ticker: _of_ticker(results, scenario, own.reset_index(drop=True), instants)
            for ticker, own in raw.groupby("ticker")
            if ranked or ticker in tickers
        }
        away |= {ticker for ticker, frame in frames.items() if frame is None}
        whole = {ticker: frame for ticker, frame in frames.items() if frame is not None}
        if len(whole) == len(frames):
            _rank(whole, ranked)
        elif ranked:
            away |= {*tickers}  # a rank is among all of them
            continue
        for ticker in sorted(whole.keys() & {*tickers}):
            there = found[found["ticker"] == ticker].reset_index(drop=True)
            frame = whole[ticker].drop(columns=["target", "target_time"])
            kept = frame.notna().all(axis=1)
            if others:  # which lack a value in other rows, too
                kept &= frame["timestamp"].isin(there["timestamp"])
            _hold(held, there, whole[ticker][kept].reset_index(drop=True), ticker)
        worst, values = max(worst, held.worst), values + held.count
        _hold_splits(results, scenario, found)
    passed = [f"{ticker} (holes)" for ticker in sorted(away)]
    passed += [f"{kind} (no formula is written down here)" for kind in others]
    alone = f"; not looked at: {', '.join(passed)}" if passed else ""
    return (
        f"{values:,} values from {whence} and the splits of {len(results.config['scenarios'])}"
        f" scenarios agree (worst relative difference {worst:.1e}){alone}"
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
    """The bars of a ticker with its features; None if it has a hole or a price not above 0."""
    recipe, plan = results.config["feature_engineering"], results.config["scenarios"][scenario]
    if (own["adj_close"] <= 0).any():
        return None
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
    _further(frame, recipe.get("features", {}), own, price, treated, plan["impute"])
    ahead = recipe["horizon"]
    later = np.append(price[ahead:], np.full(min(ahead, len(price)), np.nan))[: len(price)]
    real = known & known.shift(-ahead, fill_value=False)
    frame["target"] = np.where(real, later / price - 1, np.nan)
    frame["target_time"] = times.shift(-ahead)
    return frame


def _further(
    frame: pd.DataFrame,
    asked: dict[str, dict[str, list[int]]],
    own: pd.DataFrame,
    price: Floats,
    treated: Floats,
    method: str,
) -> None:
    """Add what `features` asks for, if its formula is known here; of ranks, what is ranked."""
    asked = {kind: lists for kind, lists in asked.items() if kind in KINDS}
    traded = _traded(own, price, method) if asked.keys() - {*OF_RETURNS} else {}
    index = np.cumprod(1 + np.nan_to_num(treated))
    for kind, lists in asked.items():
        if kind == "overnight_gap":
            frame[kind] = traded["open"] / _ago(price, 1) - 1
            continue
        for length in lists.get("window", [WINDOWS[kind]]):
            frame[f"{kind}_{length}"] = _of_window(kind, length, traded, index, treated)


OF_RETURNS = ("momentum_rank", "volatility_rank")
WINDOWS = {"true_range": 14} | dict.fromkeys((*OF_RETURNS, "volume_rank"), 63)
WINDOWS |= dict.fromkeys(("relative_volume", "signed_volume", "parkinson", "garman_klass"), 21)
KINDS = {"overnight_gap", *WINDOWS}


def _of_window(
    kind: str, length: int, traded: dict[str, Floats], index: Floats, treated: Floats
) -> Floats:
    def mean(values: Floats) -> Floats:
        return windows(values, length, lambda w: w.mean(axis=1))

    if kind == "momentum_rank":
        return index / _ago(index, length) - 1
    if kind == "volatility_rank":
        return windows(treated, length, lambda w: w.std(axis=1, ddof=1))
    close, volume = traded["close"], traded["volume"]
    if kind == "volume_rank":
        return mean(close * volume)
    with np.errstate(invalid="ignore"):
        if kind == "relative_volume":
            return volume / mean(volume)
        if kind == "signed_volume":
            rose, fell = close > _ago(close, 1), close < _ago(close, 1)
            signed = np.where(rose, volume, np.where(fell, -volume, 0.0))
            signed[0] = np.nan
            return mean(signed) / mean(volume)
    high, low = traded["high"], traded["low"]
    if kind == "true_range":
        before = _ago(close, 1)
        reaches = np.array([high - low, np.abs(high - before), np.abs(low - before)])
        return mean(reaches.max(axis=0)) / close
    if kind == "parkinson":
        return np.sqrt(mean((np.log(high) - np.log(low)) ** 2) / np.log(16))
    if kind == "garman_klass":
        up, down, at = (np.log(traded[name] / traded["open"]) for name in ("high", "low", "close"))
        return np.sqrt(np.maximum(mean((up - down) ** 2 / 2 - (np.log(4) - 1) * at**2), 0.0))
    raise NotLookedError(f"{kind} has no rule here")


def _traded(own: pd.DataFrame, price: Floats, method: str) -> dict[str, Floats]:
    """Open, high, low, close and volume as adjusted; missing ones filled as the close is."""
    raw = {name: own[name].to_numpy(np.float64) for name in ("open", "high", "low", "close")}
    filled = {name: _filled(values, method) for name, values in raw.items()}
    sides = np.array(list(filled.values()))
    for name, widest in (("high", np.nanmax), ("low", np.nanmin)):
        if np.isnan(raw[name]).any() and not np.isnan(raw[name]).all():
            filled[name] = np.where(np.isnan(raw[name]), widest(sides, axis=0), filled[name])
    factor = price / filled["close"]
    volume = own["volume"].ffill().to_numpy() / factor
    return {name: values * factor for name, values in filled.items()} | {"volume": volume}


def _ranked(recipe: dict[str, Any]) -> list[str]:
    """The columns that are ranks."""
    return [
        f"{kind}_{length}"
        for kind, lists in recipe.get("features", {}).items()
        if kind in KINDS and kind.endswith("_rank")
        for length in lists.get("window", [WINDOWS[kind]])
    ]


def _rank(frames: dict[str, pd.DataFrame], columns: list[str]) -> None:
    """Replace values by ranks among at least three tickers of the same time, around 0."""
    for column in columns:
        there: dict[Any, dict[str, float]] = {}
        for ticker, frame in frames.items():
            for time, value in zip(frame["timestamp"], frame[column], strict=True):
                if not np.isnan(value):
                    there.setdefault(time, {})[ticker] = value
        places = {
            (time, ticker): rank / (len(values) + 1) - 0.5
            for time, values in there.items()
            if len(values) >= FEWEST_RANKED
            for ticker, rank in zip(values, rankdata(list(values.values())), strict=True)
        }
        for ticker, frame in frames.items():
            frame[column] = [places.get((time, ticker), np.nan) for time in frame["timestamp"]]


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


def _there(time: pd.Timestamp, zone: str) -> pd.Timestamp:
    return pd.Timestamp(time).tz_localize("UTC").tz_convert(zone)


def _hold_splits(results: Results, scenario: str, frame: pd.DataFrame) -> None:
    """Require that training and test rows and folds are those of the dates."""
    plan, source = results.config["split_data"], results.config["fetch_data"]["prices"]
    zone = source["time_zone"] if source["bar"] == "intraday" else "UTC"
    dates = sorted(frame["timestamp"].unique())
    day = plan["test_start"] or str(_there(dates[len(dates) * 3 // 4], zone).date())
    start = pd.Timestamp(day).tz_localize(zone).tz_convert("UTC").tz_localize(None)
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
