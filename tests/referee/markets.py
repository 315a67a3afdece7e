"""Market scenarios: history from the raw prices, windows by their dates, stresses, paths.

Simulated paths cannot be worked out again without drawing alike, so they are held to what must be
so: bars of a bootstrap are bars of history, in blocks; those of gbm vary as history does.
"""

from itertools import combinations
from typing import Any

from referee.results import FIELDS, Bars, Floats, Results
from referee.verdict import Comparison, DisagreementError

import numpy as np
import pandas as pd

RECORDS = "data/scenarios/market_scenarios.json"
DAY = pd.Timedelta(days=1)
SLIGHT = 0.01  # share of a window that may lack at either end, for holidays
DEVIATIONS = 6  # standard errors that chance may make
SOLVED = 1e-6  # how near a stated correlation is met


def look(results: Results, cells: int, seed: int) -> str:
    """Look at every market scenario, but at some of the simulated paths only."""
    _hold_history(results)
    held = Comparison(RECORDS)
    _hold_windows(results, held)
    _hold_years(results)
    for name, record in results.scenarios.items():
        if record["kind"] == "stress" and record["bars"]:
            _hold_stress(results, name, record)
    paths = [n for n, record in results.scenarios.items() if record["kind"] == "stochastic"]
    some = np.random.default_rng(seed).permutation(paths)[: max(6, cells // 50)].tolist()
    for name in some:
        _hold_path(results, name)
    _hold_motion(results, [name for name in paths if name.startswith("gbm")])
    windows = sum(record["kind"] == "historical" for record in results.scenarios.values())
    stresses = sum(record["kind"] == "stress" for record in results.scenarios.values())
    return (
        f"history, {windows} windows, {stresses} stresses and {len(some)} of {len(paths)} paths"
        " are what they say"
    )


# --- All of history


def _hold_history(results: Results) -> None:
    raw = results.table("data/raw/prices.parquet")
    longest = pd.Timedelta(days=results.config["preprocess"]["longest_hole_days"])
    held, bars = Comparison("data/scenarios/history.parquet"), results.history
    held.same("all", "ticker", bars.tickers, sorted(raw["ticker"].unique()))
    for column, ticker in enumerate(bars.tickers):
        every = raw[(raw["ticker"] == ticker) & raw["adj_close"].notna()]
        low = every["adj_close"] <= 0
        own = every[~low].reset_index(drop=True)
        own[["open", "high", "low"]] = own[["open", "high", "low"]].where(lambda price: price > 0)
        after = low.cumsum()[~low].diff().fillna(0).to_numpy() > 0
        scale = np.cumprod([1.0, *_splices(own, longest, after)])
        factor = scale * own["adj_close"].to_numpy() / own["close"].to_numpy()
        there = np.isfinite(bars.close[:, column])
        held.same(ticker, "timestamp", list(bars.times[there]), list(own["timestamp"]))
        close = scale * own["adj_close"].to_numpy()
        for field in FIELDS:
            expected = {"close": close, "volume": own["volume"]}.get(field, own[field] * factor)
            held.numbers(
                lambda place, t=ticker, at=own["timestamp"]: f"{t}, {at[place]}",
                field,
                bars.fields[field][there, column],
                expected,
            )


def _splices(own: pd.DataFrame, longest: pd.Timedelta, after: Any) -> list[float]:
    """By what prices are scaled from each bar on: after a hole they go on where they stopped.

    So they do `after` a price at or below zero.
    """
    times, price = own["timestamp"], own["adj_close"]
    steps = []
    for bar in range(1, len(own)):
        gap = times[bar] - times[bar - 1]
        usual = times[:bar].diff().median() * 5 if gap > longest and bar > 1 else longest
        broken = after[bar] or gap > max(longest, usual)
        steps.append(price[bar - 1] / price[bar] if broken else 1.0)
    return steps


# --- Windows and years


def _hold_windows(results: Results, held: Comparison) -> None:
    bars, settings = results.history, results.config["market_scenarios"]
    windows = {name: (w["start"], w["end"]) for name, w in settings["historical"].items()}
    if settings["calendar_years"]:
        years = sorted(set(bars.times.year))
        windows |= {f"year_{year}": (f"{year}-01-01", f"{year}-12-31") for year in years}
    kinds = {name: r for name, r in results.scenarios.items() if r["kind"] == "historical"}
    held.same("all", "historical", sorted(kinds), sorted(windows))
    spans = {
        name: (pd.Timestamp(first), pd.Timestamp(last) + DAY)
        for name, (first, last) in windows.items()
    }
    groups = _groups(spans)
    for name, (start, stop) in spans.items():
        record = kinds[name]
        inside = (bars.times >= start) & (bars.times < stop)
        held.same(name, "bars", record["bars"], int(inside.sum()))
        if inside.any():
            held.same(name, "first", record["first"], bars.times[inside][0].isoformat())
            held.same(name, "last", record["last"], bars.times[inside][-1].isoformat())
            held.same(name, "warm_up", record["warm_up"], int(inside.argmax()))
        held.same(name, "group", record["group"], groups[name])
        days = (stop - start) / DAY
        late = max((bars.times[0].normalize() - start) / DAY, 0) / days
        early = max((stop - bars.times[-1].normalize() - DAY) / DAY, 0) / days
        spanned = max(1 - sum(side for side in (late, early) if side > SLIGHT), 0)
        known = np.isfinite(bars.close[inside])
        for column, ticker in enumerate(bars.tickers):
            share = known[:, column].mean() if len(known) else 0.0
            held.number(name, f"covered {ticker}", record["covered"][ticker], spanned * share)


def _groups(spans: dict[str, tuple[pd.Timestamp, pd.Timestamp]]) -> dict[str, str]:
    """Windows that share half of the shorter one, directly or through others, by the longest."""
    together = [{name} for name in spans]
    length = {name: stop - start for name, (start, stop) in spans.items()}
    for a, b in combinations(spans, 2):
        shared = min(spans[a][1], spans[b][1]) - max(spans[a][0], spans[b][0])
        if 2 * shared >= min(length[a], length[b]):
            ours, theirs = (next(some for some in together if name in some) for name in (a, b))
            if ours is not theirs:
                together.remove(theirs)
                ours |= theirs
    longest = {frozenset(some): max(length[name] for name in some) for some in together}
    return {
        name: next(n for n in spans if n in some and length[n] == longest[frozenset(some)])
        for some in together
        for name in some
    }


def _hold_years(results: Results) -> None:
    """Bars a year of tickers with a year of bars or more, no hole and all prices above zero."""
    held = Comparison("data/scenarios/bars_a_year.json")
    longest = pd.Timedelta(days=results.config["preprocess"]["longest_hole_days"])
    bars, raw = results.history, results.table("data/raw/prices.parquet")
    low = set(raw["ticker"][raw["adj_close"] <= 0])
    for column, told in enumerate(results.json(held.file)["tickers"]):
        times = bars.times[np.isfinite(bars.close[:, column])]
        span = times[-1] - times[0]
        held.same(told["ticker"], "whole", told["whole"], span >= 365 * DAY)
        no_hole = (times[1:] - times[:-1]).max() <= longest and told["ticker"] not in low
        if told["whole"] and no_hole:
            rate = (len(times) - 1) / (span / DAY / 365.25)
            held.number(told["ticker"], "bars_a_year", told["bars_a_year"], rate)


# --- Stresses


def _hold_stress(results: Results, name: str, record: dict[str, Any]) -> None:
    """Undo the shock, then look at what is left."""
    stress = results.config["market_scenarios"]["stress"][name]
    held = Comparison("data/scenarios/stress.parquet")
    for key in ("cost_multiplier", "slippage_multiplier", "cash_rate_change"):
        held.number(name, key, record[key], stress[key])
    real, found = results.history, results.bars(name)
    held.same(name, "timestamp", list(found.times), list(real.times))
    before, after = _shock(stress["shock"], len(real.times))
    ends = {
        "open": before,
        "close": after,
        "high": np.maximum(before, after),
        "low": np.minimum(before, after),
        "volume": np.ones_like(after),
    }
    calm = {field: found.fields[field] / ends[field][:, None] for field in FIELDS}
    if stress["correlation"] is not None:
        _hold_correlation(held, name, stress, real, calm["close"])
    expected = _wilder(real, calm["close"], stress)
    for column, ticker in enumerate(real.tickers):
        for field in FIELDS:
            held.numbers(
                lambda bar, t=ticker: f"{name}, {t}, {real.times[bar]}",
                field,
                calm[field][:, column],
                expected[field][:, column],
            )


def _shock(shock: dict[str, Any] | None, bars: int) -> tuple[Floats, Floats]:
    """What is left of the price before each bar and after it."""
    left = [1.0]
    for bar in range(bars):
        depth = 0.0
        for share in shock["at"] if shock else ():
            since = bar - int(share * bars) + 1
            depth += min(max(since / shock["fall"], 0.0), 1.0)
            if shock["recovery"] is not None:
                depth -= min(max((since - shock["fall"]) / shock["recovery"], 0.0), 1.0)
        left.append((1 + shock["size"]) ** depth if shock else 1.0)
    return np.array(left[:-1]), np.array(left[1:])


def _wilder(real: Bars, changed: Floats, stress: dict[str, Any]) -> dict[str, Floats]:
    """The bars of history, their log moves multiplied; around `changed` if a correlation moved it.

    Open, high and low keep their distance to the close, in logs, multiplied too.
    """
    times, close = stress["volatility_multiplier"], real.close
    if stress["correlation"] is not None:
        made = changed
    elif times == 1.0:
        return real.fields
    else:
        moves = np.diff(np.log(close), axis=0)
        away = np.nan_to_num(moves - np.nanmean(moves, axis=0))
        shift = np.vstack([np.zeros(close.shape[1]), np.cumsum((times - 1) * away, axis=0)])
        made = close * np.exp(shift)
    o, h, low = (made * (real.fields[f] / close) ** times for f in ("open", "high", "low"))
    return {
        "open": o,
        "high": np.maximum(h, np.fmax(o, made)),
        "low": np.minimum(low, np.fmin(o, made)),
        "close": made,
        "volume": real.fields["volume"],
    }


def _hold_correlation(
    held: Comparison, name: str, stress: dict[str, Any], real: Bars, close: Floats
) -> None:
    """The mean correlation is the one stated; each ticker keeps its mean, and volatility."""
    was, now = (pd.DataFrame(np.diff(np.log(side), axis=0)) for side in (real.close, close))
    for column, ticker in enumerate(real.tickers):
        held.number(f"{name}, {ticker}", "mean log return", now[column].mean(), was[column].mean())
        wanted = stress["volatility_multiplier"] * was[column].std()
        held.number(f"{name}, {ticker}", "volatility", now[column].std(), wanted)
    pairs = now.corr().to_numpy()[np.triu_indices(now.shape[1], 1)]
    mean = float(np.nanmean(pairs))
    if abs(mean - stress["correlation"]) > SOLVED and not np.allclose(pairs, 1.0):
        raise DisagreementError(held.file, name, "correlation", mean, stress["correlation"])


# --- Paths


def _lengths(results: Results) -> dict:
    """What is said of paths; what is not said is a number of years, or a share of history."""
    plan, bars = results.config["market_scenarios"]["stochastic"], len(results.history.times)
    yearly = results.json("data/scenarios/bars_a_year.json")["together"]["bars_a_year"]
    told = {"horizon": (2, 3), "warm_up": (1, 4), "min_history": (4, 2)}
    fits = {key: max(1, min(round(n * yearly), bars // part)) for key, (n, part) in told.items()}
    return {key: fits[key] if value is None else value for key, value in plan.items()}


def _hold_path(results: Results, name: str) -> None:
    plan, record = _lengths(results), results.scenarios[name]
    held = Comparison("data/scenarios/stochastic.parquet")
    path, real = results.bars(name), results.history
    horizon, warm_up = plan["horizon"], min(plan["warm_up"], len(real.times))
    held.same(name, "bars", record["bars"], horizon)
    enough = np.isfinite(real.close).sum(axis=0) >= plan["min_history"]
    chosen = enough & np.isfinite(real.close[-1])
    held.same(name, "ticker", np.isfinite(path.close).any(axis=0).tolist(), chosen.tolist())
    for field in FIELDS:
        before = real.fields[field][len(real.times) - warm_up :, chosen]
        known = np.isfinite(real.close[len(real.times) - warm_up :, chosen]).any(axis=1)
        drawn = path.fields[field][:-horizon, chosen]
        held.numbers(lambda _: name, f"warm-up {field}", drawn.ravel(), before[known].ravel())
    apart = path.times[-horizon:] - real.times[-horizon:]
    held.same(name, "weeks", len(set(apart)) == 1 and apart[0] % (7 * DAY) == 0 * DAY, True)
    held.same(name, "after history", bool(path.times[-horizon] > real.times[-1]), True)
    ratios, pool = _ratios(path, chosen)[-horizon:], _ratios(real, chosen)
    pool = pool[np.isfinite(pool[:, 3]).all(axis=1)]
    o, h, low, c = np.moveaxis(ratios[:, :4], 1, 0)
    slack = 1e-12
    ordered = ~(h < np.fmax(o, c) * (1 - slack)) & ~(low > np.fmin(o, c) * (1 + slack))
    if record["group"] == "gbm":
        held.same(name, "high and low hold open and close", bool(ordered.all()), True)
        return
    first = horizon - len(ratios)  # without a warm-up, nothing comes before the first bar
    place = {}
    for bar, drawn in enumerate(ratios, first):
        away = np.nan_to_num(np.abs(pool / drawn - 1)).reshape(len(pool), -1).max(axis=1)
        missing = (np.isnan(pool) != np.isnan(drawn)).reshape(len(pool), -1).any(axis=1)
        away[missing] = np.inf
        place[bar] = {*np.flatnonzero(away <= away.min() + slack)}  # closes alone may be alike
        held.number(f"{name}, bar {bar + 1}", "bar of history", 1 + away.min(), 1.0)
    if record["group"] == "moving_block_bootstrap":
        for bar in range(first + 1, horizon):
            if bar % plan["block_length"]:
                place[bar] &= {before + 1 for before in place[bar - 1]}
                follows = bool(place[bar])
                held.same(f"{name}, bar {bar + 1}", "follows the bar before", follows, True)


def _ratios(bars: Bars, chosen: np.ndarray) -> Floats:
    """(bars - 1, 5, chosen) open, high, low, close over the close before, and the volume."""
    close = bars.close[:, chosen]
    prices = [bars.fields[f][1:, chosen] / close[:-1] for f in ("open", "high", "low", "close")]
    return np.stack([*prices, bars.fields["volume"][1:, chosen]], axis=1)


def _hold_motion(results: Results, names: list[str]) -> None:
    """The log returns of all gbm paths together vary as those of history."""
    if not names:
        return
    horizon = _lengths(results)["horizon"]
    moves, real = [], results.history
    for name in names:
        moves.append(np.diff(np.log(results.bars(name).close), axis=0)[-horizon:])
    drawn = np.concatenate(moves)
    chosen = np.isfinite(drawn).any(axis=0)
    pool = np.diff(np.log(real.close[:, chosen]), axis=0)
    pool = pool[np.isfinite(pool).all(axis=1)]
    error = 1 / np.sqrt(2 * len(drawn))
    for column, ours in enumerate(pool.std(axis=0, ddof=1)):
        theirs = drawn[:, chosen][:, column].std(ddof=1)
        if abs(theirs / ours - 1) > DEVIATIONS * error:
            ticker = np.array(real.tickers)[chosen][column]
            raise DisagreementError(
                "data/scenarios/stochastic.parquet", f"gbm, {ticker}", "volatility", theirs, ours
            )
