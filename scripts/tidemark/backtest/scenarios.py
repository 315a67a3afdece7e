"""Market scenarios: the stretches and simulations of the market that strategies are tried on.

- **full**: all of history.
- **historical**: a window of it, such as the crisis of 2008, or a calendar year.
- **stress**: all of history, changed as config.yaml states; simulation from real bars.
- **stochastic**: paths drawn from history (bootstrap) or from a distribution fitted to it (GBM);
  simulation from real bars.

Each comes with a record that says which bars it is, how much of it the data cover, and its group.
What shares a group is one piece of evidence, not several: windows that overlap by half or more of
the shorter one, directly or through others; all stress, which is of one history; all paths of one
method, which are draws from one distribution.

Prices are positive; times are naive UTC.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from tidemark.backtest.prices import FIELDS, Prices
from tidemark.errors import InputError

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]

RECORDS = "data/scenarios/market_scenarios.json"
FILES = {  # by the kind of market scenario whose bars they hold; windows are of `full`
    "full": "data/scenarios/history.parquet",
    "stress": "data/scenarios/stress.parquet",
    "stochastic": "data/scenarios/stochastic.parquet",
}
REAL = ("full", "historical")
SECTION = "config.yaml market_scenarios"
SAME = 0.5  # share of the shorter window from which an overlap makes two windows one group
LONELY = "there are no two tickers whose returns vary together"
DAY = np.timedelta64(1, "D")
WEEK = np.timedelta64(7, "D")


@dataclass(frozen=True)
class Window:
    """A stretch of history: the returns from the first day to the last, both included."""

    start: str  # ISO date
    end: str
    source: str  # who published these dates


@dataclass(frozen=True)
class Shock:
    """A fall (or rise) of all prices, once or several times."""

    size: float  # of the price: -0.2 is a fall by a fifth
    at: Sequence[float]  # share of history that lies before each
    fall: int = 1  # bars until it is complete
    recovery: int | None = None  # bars until it is undone; None is never


@dataclass(frozen=True)
class Stress:
    """How history is changed; the defaults change nothing. See `stressed`."""

    cost_multiplier: float = 1.0
    slippage_multiplier: float = 1.0  # slippage is half the spread
    cash_rate_change: float = 0.0  # a year
    volatility_multiplier: float = 1.0
    correlation: float | None = None  # mean over pairs of tickers to raise it to
    shock: Shock | None = None


@dataclass(frozen=True)
class Simulation:
    """How many paths are drawn, and how; lengths in bars."""

    paths: Mapping[str, int]  # of each of METHODS
    horizon: int
    warm_up: int  # real bars before a path
    block_length: int  # of the stationary bootstrap the mean
    min_history: int  # bars that a ticker needs to be simulated


@dataclass(frozen=True, eq=False)
class MarketScenario:
    """Bars to trade on, of which only some are measured.

    Attributes:
        name: unique among all market scenarios.
        kind: full, historical, stress or stochastic.
        group: what counts as one piece of evidence.
        prices: bars, including those before the ones measured, so that indicators are defined.
        counted: rows of `prices` that are measured; none if the data do not cover it.
        covered: share of the scenario that the data hold, of each ticker.
        note: what is not covered, or what was left out; empty if nothing.
        parameters: what made it.
        cost_multiplier, slippage_multiplier, cash_rate_change: for the engine's rules.
    """

    name: str
    kind: str
    group: str
    prices: Prices
    counted: slice
    covered: Mapping[str, float]
    note: str
    parameters: Mapping[str, Any]
    cost_multiplier: float = 1.0
    slippage_multiplier: float = 1.0
    cash_rate_change: float = 0.0

    @property
    def times(self) -> NDArray[np.datetime64]:
        """Of the bars that are measured."""
        return self.prices.timestamp[self.counted]

    @property
    def is_real(self) -> bool:
        """Whether its bars are those of history, neither changed nor simulated."""
        return self.kind in REAL

    def record(self) -> dict[str, Any]:
        """The scenario without its bars, for JSON; `first` and `last` are measured bars or None."""
        times = self.times
        return {
            "name": self.name,
            "kind": self.kind,
            "simulated": not self.is_real,
            "group": self.group,
            "first": _iso(times[0]) if len(times) else None,
            "last": _iso(times[-1]) if len(times) else None,
            "bars": len(times),
            "warm_up": self.counted.start,
            "cost_multiplier": self.cost_multiplier,
            "slippage_multiplier": self.slippage_multiplier,
            "cash_rate_change": self.cash_rate_change,
            "covered_share": float(np.mean(list(self.covered.values()))),
            "covered": dict(self.covered),
            "note": self.note,
            "parameters": dict(self.parameters),
        }


def build(prices: Prices, settings: Mapping[str, Any], seed: int) -> Iterator[MarketScenario]:
    """Every market scenario of the section `market_scenarios`, one at a time.

    Raises:
        InputError: two have the same name, or as the functions below.
    """
    windows = {name: Window(**window) for name, window in settings["historical"].items()}
    years = calendar_years(prices) if settings["calendar_years"] else {}
    stresses = {name: _stress(values) for name, values in settings["stress"].items()}
    simulation = Simulation(**settings["stochastic"])
    _require_distinct(["full", *windows, *years, *stresses, *_path_names(simulation)])
    yield full(prices)
    yield from historical(prices, windows | years)
    yield from stressed(prices, stresses)
    yield from simulated(prices, simulation, seed)


def full(prices: Prices) -> MarketScenario:
    """All of history."""
    rows = slice(0, len(prices.timestamp))
    covered = _listed(prices, rows)
    return MarketScenario("full", "full", "full", prices, rows, covered, _gaps(covered), {})


def calendar_years(prices: Prices) -> dict[str, Window]:
    """A window for each calendar year that has a bar, named `year_2003`."""
    years = np.unique(prices.timestamp.astype("datetime64[Y]")).astype(str)
    return {f"year_{y}": Window(f"{y}-01-01", f"{y}-12-31", "calendar") for y in years}


def historical(prices: Prices, windows: Mapping[str, Window]) -> list[MarketScenario]:
    """Windows of history. All share `prices`, so indicators look back to its first bar.

    A ticker's covered share is the share of the window's days that the data span, times the share
    of the bars within which the ticker has.

    Raises:
        InputError: a window ends before it starts.
    """
    groups = overlap_groups(windows)
    return [_window(prices, name, groups[name], window) for name, window in windows.items()]


def overlap_groups(windows: Mapping[str, Window]) -> dict[str, str]:
    """The group of each window, named after the longest of the group (of equals, the first).

    Two windows are one group if they share half or more of the shorter one's days, directly or
    through others. Windows of different groups may so still share days, but never most of either.
    """
    if not windows:
        return {}
    spans = [_span(name, window) for name, window in windows.items()]
    start, stop = np.array(spans).T
    length = stop - start
    shared = np.minimum.outer(stop, stop) - np.maximum.outer(start, start)
    same = shared / np.minimum.outer(length, length) >= SAME
    _, label = connected_components(same, directed=False)
    names = list(windows)
    longest = {g: max(np.flatnonzero(label == g), key=lambda i: length[i]) for g in set(label)}
    return {name: names[longest[g]] for name, g in zip(names, label, strict=True)}


def stressed(prices: Prices, stresses: Mapping[str, Stress]) -> Iterator[MarketScenario]:
    """History under each stress; see `transform` for what is assumed.

    A correlation of tickers of which no two vary together is not made: no bar of it is measured.

    Raises:
        InputError: a correlation that is not above that of history.
    """
    rows = slice(0, len(prices.timestamp))
    covered = _listed(prices, rows)
    lonely = np.isnan(mean_correlation(_log_returns(prices)))
    for name, stress in stresses.items():
        if stress.correlation is not None and lonely:
            yield _not_made(prices, name, stress)
            continue
        changed = transform(prices, stress, f"{SECTION}.stress.{name}")
        yield MarketScenario(
            name,
            "stress",
            "stress",
            changed,
            rows,
            covered,
            _gaps(covered),
            asdict(stress),
            stress.cost_multiplier,
            stress.slippage_multiplier,
            stress.cash_rate_change,
        )


def transform(prices: Prices, stress: Stress, where: str = f"{SECTION}.stress") -> Prices:
    """Change prices as the stress says. What is neutral changes no bit.

    Assumptions:

    - Volatility: each log return's distance to its ticker's mean over history is multiplied. The
      mean stays, and so does the last close; the mean of simple returns rises with the variance.
      The distances of open, high and low to the close are multiplied alike (in logs).
    - Correlation: that distance, in standard deviations, is mixed with its mean over the tickers
      that trade, by the one share for which the mean correlation over pairs (of the dates both
      trade) is the one stated. Each ticker's mean and volatility stay. The bar's shape stays: what
      changes is the gap before it.
    - Shock: all prices of all tickers fall within the session that it starts in, after the open, in
      equal steps (in logs) over `fall` bars, and rise back likewise over `recovery` bars.
    - All at once: correlation, then volatility, then the shock. Volumes stay. Nothing reacts:
      neither volatility nor correlation answers a shock, nor do prices answer costs.

    Args:
        prices: bars.
        stress: its costs and its cash rate concern the engine and are not used here.
        where: the key in config.yaml, for messages.

    Raises:
        InputError: the correlation is not above the present one, or there are no pairs.
    """
    if stress.volatility_multiplier != 1.0 or stress.correlation is not None:
        prices = _respread(prices, stress.volatility_multiplier, stress.correlation, where)
    return prices if stress.shock is None else _shocked(prices, stress.shock)


def correlations(returns: Floats) -> Floats:
    """Pearson correlation of each pair of tickers over the bars on which both have a return.

    Args:
        returns: (T, N), NaN where there is none.

    Returns:
        (N, N); NaN with fewer than two common bars, or where one of the two does not vary on them.
    """
    known = np.isfinite(returns)
    bars = np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, returns - np.where(known, returns, 0.0).sum(axis=0) / bars, 0.0)
    one = known.astype(np.float64)
    count, sums, squares = one.T @ one, centred.T @ one, (centred**2).T @ one
    common = np.where(count > 0, count, np.nan)
    variation = squares - sums**2 / common
    varied = np.where(variation > 1e-12 * squares, variation, np.nan)
    products = centred.T @ centred - sums * sums.T / common
    return np.asarray(products / np.sqrt(varied * varied.T))


def mean_correlation(returns: Floats) -> float:
    """Mean of `correlations` over all pairs that have one; NaN if none has."""
    pairs = correlations(returns)[np.triu_indices(returns.shape[1], 1)]
    return float(pairs[np.isfinite(pairs)].mean()) if np.isfinite(pairs).any() else float("nan")


def simulated(prices: Prices, plan: Simulation, seed: int) -> Iterator[MarketScenario]:
    """Paths that start at the last close, after `warm_up` real bars that are not measured.

    Tickers with `min_history` bars or more that still trade are simulated, together, from the bars
    on which all of them trade; the others have no bars on the path. Its times are those of the last
    `horizon` real bars, moved on by whole weeks: weekdays and hours are right, holidays are not.

    A path depends on the seed, its method and its number alone, so more paths change none. Where
    the data have no open, high or low, a path has none either.

    Raises:
        InputError: an unknown method; or too little history, if any path is asked for.
    """
    for method in plan.paths:
        if method not in METHODS:
            names = ", ".join(METHODS)
            where = f"{SECTION}.stochastic.paths.{method}"
            raise InputError(where, "is no way to draw paths", f"choose from {names}")
    if not any(plan.paths.values()):
        return
    pool = _pool(prices, plan)
    for number, method in enumerate(METHODS):
        for path in range(plan.paths.get(method, 0)):
            generator = np.random.default_rng([seed, number, path])
            drawn = METHODS[method](pool, plan, generator)
            bars = _continued(prices, pool, plan.warm_up, *drawn)
            yield _path(prices, pool, plan, method, path, bars)


def tidy(scenario: MarketScenario) -> pd.DataFrame:
    """The bars as a frame to store: timestamp, ticker, open, ..., volume, scenario.

    One row a bar that has a close, sorted by ticker and time. `restore` is its inverse.
    """
    prices = scenario.prices
    column, row = np.nonzero(np.isfinite(prices.close.T))
    bars = {field: getattr(prices, field)[row, column] for field in FIELDS}
    keys = {"timestamp": prices.timestamp[row], "ticker": np.array(prices.ticker)[column]}
    return pd.DataFrame(keys | bars | {"scenario": scenario.name})


def stored(
    records: Sequence[Mapping[str, Any]], read: Callable[[str], pd.DataFrame]
) -> list[MarketScenario]:
    """The market scenarios that were written as records and bars; `full` comes first.

    Args:
        records: of RECORDS.
        read: gives the frame of each of FILES.
    """
    tickers = tuple(records[0]["covered"])
    history = _wide(read(FILES["full"]), tickers)
    bars = {
        name: prices
        for kind in ("stress", "stochastic")
        for name, prices in _apart(read(FILES[kind]), tickers)
    }
    return [restore(record, bars.get(record["name"], history)) for record in records]


def _apart(frame: pd.DataFrame, tickers: tuple[str, ...]) -> Iterator[tuple[str, Prices]]:
    """The prices of each scenario in the rows of `tidy`; all share one time axis."""
    scenario, names = pd.factorize(frame["scenario"])
    column = scenario * len(tickers) + _places(frame["ticker"], tickers)
    prices = _spread(frame, column, tickers * len(names))
    for number, name in enumerate(names):
        yield name, prices.columns(number * len(tickers), (number + 1) * len(tickers))


def restore(record: Mapping[str, Any], bars: pd.DataFrame | Prices) -> MarketScenario:
    """The market scenario of a record and its bars.

    Args:
        record: of `MarketScenario.record`.
        bars: the rows of `tidy`, for a simulated scenario; or the prices of all of history.
    """
    tickers = tuple(record["covered"])
    prices = bars if isinstance(bars, Prices) else _wide(bars, tickers)
    names = ("name", "kind", "group", "covered", "note", "parameters")
    rules = ("cost_multiplier", "slippage_multiplier", "cash_rate_change")
    first = record["warm_up"]
    return MarketScenario(
        prices=prices,
        counted=slice(first, first + record["bars"]),
        **{key: record[key] for key in (*names, *rules)},
    )


# --- Historical windows


def _window(prices: Prices, name: str, group: str, window: Window) -> MarketScenario:
    start, stop = (np.datetime64(day, "D") for day in _span(name, window))
    first, last = np.searchsorted(prices.timestamp, [start, stop])
    rows = slice(int(first), int(last))
    begin, end = (time.astype("datetime64[D]") for time in prices.timestamp[[0, -1]])
    spanned = max((min(stop, end + DAY) - max(start, begin)) / (stop - start), 0.0)
    covered = {ticker: spanned * share for ticker, share in _listed(prices, rows).items()}
    none = f"no data: they span {begin} to {end}"
    note = _gaps(covered) if any(covered.values()) else none
    return MarketScenario(name, "historical", group, prices, rows, covered, note, asdict(window))


def _span(name: str, window: Window) -> tuple[int, int]:
    """First day, and the day after the last, as days since 1970."""
    start, end = np.array([window.start, window.end], dtype="datetime64[D]").astype(int).tolist()
    if end < start:
        raise InputError(
            f"{SECTION}.historical.{name}",
            f"ends on {window.end}, before it starts on {window.start}",
            "exchange start and end",
        )
    return start, end + 1


def _listed(prices: Prices, rows: slice) -> dict[str, float]:
    """Share of the rows on which each ticker has a bar; 0 if there are no rows."""
    known = np.isfinite(prices.close[rows])
    share = known.sum(axis=0) / max(len(known), 1)
    return dict(zip(prices.ticker, share.tolist(), strict=True))


def _gaps(covered: Mapping[str, float]) -> str:
    gaps = [f"{ticker} {100 * share:.0f} %" for ticker, share in covered.items() if share < 1]
    return f"not wholly covered: {', '.join(gaps)}" if gaps else ""


# --- Stress


def _stress(values: Mapping[str, Any]) -> Stress:
    shock = values.get("shock")
    return Stress(**{**values, "shock": None if shock is None else Shock(**shock)})


def _not_made(prices: Prices, name: str, stress: Stress) -> MarketScenario:
    """A stress without a bar, which is then neither stored nor traded."""
    return MarketScenario(
        name,
        "stress",
        "stress",
        prices.upto(0),
        slice(0, 0),
        dict.fromkeys(prices.ticker, 0.0),
        f"not made: {LONELY}",
        asdict(stress),
        stress.cost_multiplier,
        stress.slippage_multiplier,
        stress.cash_rate_change,
    )


def _log_returns(prices: Prices) -> Floats:
    return np.asarray(np.log(prices.close[1:] / prices.close[:-1]))


def _respread(prices: Prices, multiplier: float, target: float | None, where: str) -> Prices:
    returns = _log_returns(prices)
    known = np.isfinite(returns)
    deviation, _ = _standard(np.where(known, returns, 0.0), known, scale=False)
    wanted = deviation if target is None else _correlated(deviation, known, target, where)
    shift = np.cumsum(multiplier * wanted - deviation, axis=0)
    level = np.exp(np.vstack([np.zeros(len(prices.ticker)), shift]))
    shape = {
        field: getattr(prices, field)
        * level
        * (getattr(prices, field) / prices.close) ** (multiplier - 1.0)
        for field in ("open", "high", "low")
    }
    close = prices.close * level
    top = np.fmax(shape["open"], close)  # of the two that are known
    bottom = np.fmin(shape["open"], close)
    return replace(
        prices,
        open=shape["open"],
        high=np.maximum(shape["high"], top),
        low=np.minimum(shape["low"], bottom),
        close=close,
    )


def _correlated(deviation: Floats, known: Bools, target: float, where: str) -> Floats:
    """Deviations of the same spread, mixed with a common factor to the mean correlation stated."""
    standard, spread = _standard(deviation, known)
    alive = known & (spread > 0)
    present = mean_correlation(np.where(alive, standard, np.nan))
    if not present < target:
        problem = LONELY
        if np.isfinite(present):
            problem = f"{target:g} is not above the correlation of history, {present:.3f}"
        raise InputError(f"{where}.correlation", problem, "set it higher, or remove the stress")
    trading = np.maximum(alive.sum(axis=1), 1)
    # A mean over few tickers varies more than one over many; that must not show when one is listed.
    size = np.sqrt((1.0 + (trading - 1) * present) / trading)
    factor = np.where(alive, standard, 0.0).sum(axis=1) / trading / size

    def mixed(share: float) -> Floats:
        mix = (1.0 - share) * standard + share * factor[:, None]
        return _standard(np.where(alive, mix, 0.0), alive)[0]

    def lacking(share: float) -> float:
        return mean_correlation(np.where(alive, mixed(share), np.nan)) - target

    share = brentq(lacking, 0.0, 1.0) if lacking(1.0) > 0 else 1.0
    return mixed(share) * spread


def _standard(values: Floats, known: Bools, scale: bool = True) -> tuple[Floats, Floats]:
    """Values less their mean, in standard deviations unless told; and these. 0 if not known."""
    count = np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, values - values.sum(axis=0) / count, 0.0)
    spread = np.sqrt((centred**2).sum(axis=0) / count)
    return (centred / np.where(spread > 0, spread, 1.0) if scale else centred), spread


def _shocked(prices: Prices, shock: Shock) -> Prices:
    bars = len(prices.timestamp)
    depth = np.zeros(bars)
    for share in shock.at:
        after = np.arange(bars) - int(share * bars) + 1
        depth += np.clip(after / shock.fall, 0, 1)
        if shock.recovery is not None:
            depth -= np.clip((after - shock.fall) / shock.recovery, 0, 1)
    level = np.exp(np.log1p(shock.size) * depth)[:, None]
    before = np.vstack([[1.0], level[:-1]])
    return replace(
        prices,
        open=prices.open * before,
        high=prices.high * np.maximum(before, level),
        low=prices.low * np.minimum(before, level),
        close=prices.close * level,
    )


# --- Stochastic paths


@dataclass(frozen=True)
class Pool:
    """The bars that paths are drawn from: those on which all chosen tickers have a return."""

    chosen: Bools  # (N,)
    ratios: Floats  # (bars, 4, chosen): open, high, low (NaN if unknown), close over that before
    volume: Floats  # (bars, chosen)
    first: np.datetime64
    last: np.datetime64


def _pool(prices: Prices, plan: Simulation) -> Pool:
    known = np.isfinite(prices.close)
    chosen = (known.sum(axis=0) >= plan.min_history) & known[-1]
    if not chosen.any():
        raise InputError(
            f"{SECTION}.stochastic.min_history",
            f"no ticker that still trades has {plan.min_history} bars",
            f"set it to {known.sum(axis=0).max()} or less",
        )
    bars = np.stack([getattr(prices, field)[:, chosen] for field in FIELDS[:4]], axis=1)
    ratios = bars[1:] / bars[:-1, 3:]
    drawn = np.isfinite(ratios[:, 3]).all(axis=1)
    least = max(plan.block_length, chosen.sum() + 1)
    for key, needed, there in (
        ("block_length", least, int(drawn.sum())),
        ("horizon", plan.horizon, len(known)),
    ):
        if there < needed:
            raise InputError(
                f"{SECTION}.stochastic.{key}",
                f"{needed} bars are needed, and there are {there}",
                "set it lower, or raise min_history to leave out tickers with a short history",
            )
    times = prices.timestamp[1:][drawn]
    return Pool(chosen, ratios[drawn], prices.volume[1:, chosen][drawn], times[0], times[-1])


Draw = Callable[[Pool, Simulation, np.random.Generator], tuple[Floats, Floats]]


def stationary_bootstrap(
    pool: Pool, plan: Simulation, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """Runs of consecutive bars whose lengths are geometric with mean `block_length`.

    Politis and Romano 1994, The Stationary Bootstrap, Journal of the American Statistical
    Association 89, 1303-1313. The bar after the last is the first.

    Returns:
        (horizon, 4, chosen) ratios to the close before, (horizon, chosen) volumes as they were on
        the day drawn; as of all methods.
    """
    bars = len(pool.ratios)
    steps = np.arange(plan.horizon)
    fresh = generator.random(plan.horizon) < 1.0 / plan.block_length
    started = np.maximum.accumulate(np.where(fresh, steps, 0))
    start = generator.integers(0, bars, size=plan.horizon)
    drawn = (start[started] + steps - started) % bars
    return pool.ratios[drawn], pool.volume[drawn]


def moving_block_bootstrap(
    pool: Pool, plan: Simulation, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """Blocks of `block_length` consecutive bars (Kuensch 1989); the last one is cut."""
    length = plan.block_length
    blocks = -(-plan.horizon // length)
    start = generator.integers(0, len(pool.ratios) - length + 1, size=blocks)
    drawn = (start[:, None] + np.arange(length)).ravel()[: plan.horizon]
    return pool.ratios[drawn], pool.volume[drawn]


def gbm(pool: Pool, plan: Simulation, generator: np.random.Generator) -> tuple[Floats, Floats]:
    """Geometric Brownian motion with the drift and covariance of the pool's log returns.

    A plain reference: independent normal log returns, no fat tails, no volatility clusters. Bars
    open at the close before; high and low are drawn from the law of the extremes of a Brownian
    bridge, each for itself; what a ticker has nowhere in the pool, it has not here either. The
    volume is the pool's median.
    """
    returns = np.log(pool.ratios[:, 3])
    covariance = np.atleast_2d(np.cov(returns, rowvar=False))
    move = generator.multivariate_normal(
        returns.mean(axis=0), covariance, size=plan.horizon, method="eigh"
    )
    spread = 2.0 * np.diag(covariance) * generator.exponential(size=(2, *move.shape))
    close = np.exp(move)
    up, down = np.sqrt(move**2 + spread)
    high = np.maximum(np.exp((move + up) / 2), np.maximum(close, 1.0))
    low = np.minimum(np.exp((move - down) / 2), np.minimum(close, 1.0))
    ratios = np.stack([np.ones_like(close), high, low, close], axis=1)
    known = np.isfinite(pool.ratios).any(axis=0)
    return np.where(known, ratios, np.nan), np.broadcast_to(
        np.median(pool.volume, axis=0), move.shape
    )


METHODS: dict[str, Draw] = {
    "stationary_bootstrap": stationary_bootstrap,
    "moving_block_bootstrap": moving_block_bootstrap,
    "gbm": gbm,
}


def _path(
    prices: Prices, pool: Pool, plan: Simulation, method: str, path: int, bars: Prices
) -> MarketScenario:
    covered = dict(zip(prices.ticker, pool.chosen.astype(float).tolist(), strict=True))
    total = len(bars.timestamp)
    return MarketScenario(
        _path_name(method, path),
        "stochastic",
        method,
        bars,
        slice(total - plan.horizon, total),
        covered,
        _left_out(covered, plan),
        {
            "method": method,
            "path": path + 1,
            "horizon": plan.horizon,
            "block_length": None if method == "gbm" else plan.block_length,
            "drawn_from_first": _iso(pool.first),
            "drawn_from_last": _iso(pool.last),
            "drawn_from_bars": len(pool.ratios),
        },
    )


def _continued(prices: Prices, pool: Pool, warm_up: int, ratios: Floats, volume: Floats) -> Prices:
    """The last `warm_up` real bars, and the drawn ones after them."""
    horizon, bars = len(ratios), len(prices.timestamp)
    drawn = np.full((len(FIELDS), horizon, len(prices.ticker)), np.nan)
    close = np.cumprod(np.vstack([prices.close[-1:, pool.chosen], ratios[:, 3]]), axis=0)
    drawn[:3, :, pool.chosen] = close[:-1] * np.moveaxis(ratios[:, :3], 1, 0)
    drawn[3:, :, pool.chosen] = np.stack([close[1:], volume])
    before = slice(max(bars - warm_up, 0), bars)
    real = {f: np.where(pool.chosen, getattr(prices, f)[before], np.nan) for f in FIELDS}
    times = prices.timestamp[-horizon:]
    weeks = (times[-1] - times[0]) // WEEK + 1
    return Prices(
        np.concatenate([prices.timestamp[before], times + weeks * WEEK]),
        prices.ticker,
        *(np.vstack([real[f], new]) for f, new in zip(FIELDS, drawn, strict=True)),
    )


def _left_out(covered: Mapping[str, float], plan: Simulation) -> str:
    names = [ticker for ticker, share in covered.items() if not share]
    reason = f"fewer than {plan.min_history} bars, or no longer traded"
    return f"not simulated: {', '.join(names)} ({reason})" if names else ""


def _path_names(plan: Simulation) -> list[str]:
    return [_path_name(method, path) for method, n in plan.paths.items() for path in range(n)]


def _path_name(method: str, path: int) -> str:
    return f"{method}_{path + 1:03d}"


# --- Records


def _require_distinct(names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        problem = f"two market scenarios are called {twice[0]}"
        raise InputError(SECTION, problem, "give one of them another name")


def _wide(frame: pd.DataFrame, tickers: tuple[str, ...]) -> Prices:
    return _spread(frame, _places(frame["ticker"], tickers), tickers)


def _places(names: pd.Series, tickers: tuple[str, ...]) -> NDArray[np.intp]:
    """The column of each row's ticker."""
    code, distinct = pd.factorize(names)
    return np.asarray(pd.Index(tickers).get_indexer(distinct)[code])


def _spread(frame: pd.DataFrame, column: NDArray[np.intp], tickers: tuple[str, ...]) -> Prices:
    """The rows of `tidy` as bars by time and `column`."""
    row, times = pd.factorize(frame["timestamp"].to_numpy(), sort=True)
    bars = np.full((len(FIELDS), len(tickers), len(times)), np.nan)
    for table, field in zip(bars, FIELDS, strict=True):
        table[column, row] = frame[field].to_numpy(np.float64)
    return Prices(times, tickers, *bars.swapaxes(1, 2))


def _iso(time: np.datetime64) -> str:
    return str(pd.Timestamp(time).isoformat())
