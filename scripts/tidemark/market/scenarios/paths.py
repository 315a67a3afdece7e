"""Simulated paths: drawn from history (bootstrap), or from a distribution fitted to it (GBM)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from tidemark.arrays import Bools, Floats, Times
from tidemark.errors import BadValue
from tidemark.market.bars_a_year import of_bars
from tidemark.market.grid import Prices
from tidemark.market.scenarios.kinds import ScenarioKind
from tidemark.market.scenarios.lengths import Plan
from tidemark.market.scenarios.market import MarketScenario, iso
from tidemark.market.scenarios.settings import METHODS, Stochastic
from tidemark.naming import several
from tidemark.ohlcv import OHLC, OHLCV
from tidemark.statistics import bootstrap

import numpy as np
from scipy.optimize import brentq
from scipy.special import elliprc

WEEK = np.timedelta64(7, "D")


def simulated(prices: Prices, plan: Plan, seed: int) -> Iterator[MarketScenario]:
    """Yield paths that start at the last close, after `warm_up` real bars that are not measured.

    Tickers with `min_history` bars or more that still trade are simulated, together, from the bars
    on which all of them trade; the others have no bars on the path. Its times are those of the last
    `horizon` real bars, moved on by whole weeks: weekdays and hours are right, holidays are not.

    A path depends on the seed, its method and its number alone, so further paths change none. Where
    the data have no open, high or low, a path has none either.

    Raises:
        BadValue: a method is unknown, or history is too short for the paths that are asked for.
    """
    for method in plan.paths:
        if method not in METHODS:
            names = ", ".join(METHODS)
            key = f"stochastic.paths.{method}"
            raise BadValue(key, "is no way to draw paths", f"choose from {names}")
    if not any(plan.paths.values()):
        return
    pool = _pool(prices, plan)
    for number, method in enumerate(METHODS):
        for path in range(plan.paths.get(method, 0)):
            generator = np.random.default_rng([seed, number, path])
            drawn = DRAWS[method](pool, plan, generator)
            bars = _continued(prices, pool, plan.warm_up, *drawn)
            yield _path(prices, pool, plan, method, path, bars)


@dataclass(frozen=True)
class Pool:
    """The bars that paths are drawn from: those on which all chosen tickers have a return."""

    chosen: Bools  # (tickers,)
    ratios: Floats  # (bars, 4, chosen): open, high, low (NaN if unknown), close over that before
    volume: Floats  # (bars, chosen)
    times: Times  # (bars,)

    @cached_property
    def motion(self) -> "Motion":
        """What is fitted to the bars."""
        return Motion.of(self.ratios)


def _pool(prices: Prices, plan: Plan) -> Pool:
    known = np.isfinite(prices.close)
    chosen = (known.sum(axis=0) >= plan.min_history) & known[-1]
    if not chosen.any():
        raise BadValue(
            "stochastic.min_history",
            f"no ticker that still trades has {plan.min_history} bars",
            f"set it to {known.sum(axis=0).max()} or less",
        )
    bars = np.stack([getattr(prices, field)[:, chosen] for field in OHLC], axis=1)
    ratios = bars[1:] / bars[:-1, 3:]
    drawn = np.isfinite(ratios[:, 3]).all(axis=1)
    least = max(plan.block_length, chosen.sum() + 1)
    for key, needed, there in (
        ("block_length", least, int(drawn.sum())),
        ("horizon", plan.horizon, len(known)),
    ):
        if there < needed:
            raise BadValue(
                f"stochastic.{key}",
                f"{needed} bars are needed, and there are {there}",
                "set it lower, or raise min_history to leave out tickers with a short history",
            )
    times = prices.timestamp[1:][drawn]
    return Pool(chosen, ratios[drawn], prices.volume[1:, chosen][drawn], times)


Draw = Callable[[Pool, Plan, np.random.Generator], tuple[Floats, Floats]]


def stationary_bootstrap(
    pool: Pool, plan: Plan, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """Runs of consecutive bars whose lengths are geometric with mean `block_length`.

    Returns:
        (horizon, 4, chosen) ratios to the close before, and (horizon, chosen) volumes as they were
        on the day drawn. All methods return these.
    """
    bars = len(pool.ratios)
    drawn = bootstrap.stationary_blocks(bars, plan.block_length, plan.horizon, generator)
    return pool.ratios[drawn], pool.volume[drawn]


def moving_block_bootstrap(
    pool: Pool, plan: Plan, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """Blocks of `block_length` consecutive bars (Kuensch 1989); the last block is cut."""
    bars = len(pool.ratios)
    drawn = bootstrap.moving_blocks(bars, plan.block_length, plan.horizon, generator)
    return pool.ratios[drawn], pool.volume[drawn]


def gbm(pool: Pool, plan: Plan, generator: np.random.Generator) -> tuple[Floats, Floats]:
    """Geometric Brownian motion with the drift and covariance of the pool's log returns.

    It is a plain reference: independent normal log returns, no fat tails, no volatility clusters.
    A bar's return is drawn first, then the part of it that came before the open, given all returns
    of the bar: the two parts have the pool's covariance. High and low are drawn from the law of the
    extremes of a Brownian bridge from open to close, each for itself, and bars are as wide as in
    the pool (`_bridge_variance`). A field that a ticker never has there is missing here too;
    without opens a bar opens at the close before. The volume is the pool's median.
    """
    motion = pool.motion
    move = generator.multivariate_normal(
        motion.mean, motion.covariance, size=plan.horizon, method="eigh"
    )
    spread = 2.0 * motion.bridge * generator.exponential(size=(2, *move.shape))
    opened = motion.overnight(move, generator)
    held = move - opened
    up, down = np.sqrt(held**2 + spread)
    top, bottom = opened + (held + up) / 2, opened + (held - down) / 2
    start, high, low, close = np.exp([opened, top, bottom, move])
    high = np.maximum(high, np.maximum(start, close))
    low = np.minimum(low, np.minimum(start, close))
    ratios = np.stack([start, high, low, close], axis=1)
    known = np.isfinite(pool.ratios).any(axis=0)
    return np.where(known, ratios, np.nan), np.broadcast_to(
        np.median(pool.volume, axis=0), move.shape
    )


@dataclass(frozen=True)
class Motion:
    """What `gbm` takes from a pool, of log returns.

    Attributes:
        mean, covariance: (chosen,) and (chosen, chosen) from close to close.
        share: (chosen, chosen) regression of the returns before the open, by column, on those from
            close to close.
        base: (chosen,) its constant.
        rest: (chosen, chosen) a root of the covariance of what it leaves.
        bridge: (chosen,) variance of the Brownian bridge within a bar.
    """

    mean: Floats
    covariance: Floats
    share: Floats
    base: Floats
    rest: Floats
    bridge: Floats

    @classmethod
    def of(cls, ratios: Floats) -> "Motion":
        """Fit (bars, 4, chosen) ratios to the close before.

        The part before the open is fitted on the bars on which all tickers that have opens have
        one; there is none if these are fewer than tickers and one.
        """
        opened, high, low, move = np.moveaxis(np.log(ratios), 1, 0)
        chosen = move.shape[1]
        has_opens = np.isfinite(opened).any(axis=0)
        both = np.isfinite(opened[:, has_opens]).all(axis=1)
        before = np.where(has_opens, opened, 0.0)[both]
        if len(before) <= chosen:
            before = np.zeros_like(move)
            both[:] = True
        day, first = move[both].mean(axis=0), before.mean(axis=0)
        share = np.linalg.lstsq(move[both] - day, before - first)[0]
        base = first - day @ share
        left = before - base - move[both] @ share
        size, axes = np.linalg.eigh(left.T @ left / max(len(left) - 1, 1))
        held = (move[both] - before).std(axis=0, ddof=1)
        ranges, known = high - low, np.isfinite(high - low)
        width = np.where(known, ranges, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        width = np.where(known.any(axis=0), width, np.sqrt(8.0 / np.pi) * held)
        return cls(
            mean=move.mean(axis=0),
            covariance=np.atleast_2d(np.cov(move, rowvar=False)),
            share=share,
            base=base,
            rest=axes * np.sqrt(np.maximum(size, 0.0)),
            bridge=np.array([_bridge_variance(*of) for of in zip(held, width, strict=True)]),
        )

    def overnight(self, move: Floats, generator: np.random.Generator) -> Floats:
        """(bars, chosen) the part of each return that came before the open, drawn given all."""
        draws = generator.standard_normal(move.shape)
        return np.asarray(self.base + move @ self.share + draws @ self.rest.T)


def _bridge_variance(deviation: float, width: float) -> float:
    """The variance of a Brownian bridge within a bar, for which bars are as wide as in history.

    The highest log price m of a bridge that ends d above its start exceeds x with probability
    exp(-2 x (x - d) / v). Over normal d with standard deviation s, the mean of log(high / low) is
    sqrt(2 / pi) (s + v R_C(s^2, v)), R_C being Carlson's elliptic integral. For v = s^2 that is
    sqrt(8 / pi) s, as for Brownian motion (Feller 1951, The Annals of Mathematical Statistics 22,
    427-432; Parkinson 1980, The Journal of Business 53, 61-65). Real bars are narrower: fat tails
    add more to s than to the mean range. The drift within a bar, far below s, is left out.

    Args:
        deviation: s, of the log move from open to close.
        width: the mean of log(high / low) that is wanted; one below sqrt(2 / pi) s, that of a bar
            whose extremes are its ends, gives 0.
    """
    beyond = float(width / np.sqrt(2.0 / np.pi)) - deviation
    if not beyond > 0.0:
        return 0.0
    most = 2.0 * max(deviation, beyond) ** 2  # v R_C(s^2, v) >= sqrt(v) for v >= s^2

    def lacking(part: float) -> float:
        variance = part * most
        return float(variance * elliprc(deviation**2, variance) if part else 0.0) - beyond

    return float(most * brentq(lacking, 0.0, 1.0))


def _path(
    prices: Prices, pool: Pool, plan: Plan, method: str, path: int, bars: Prices
) -> MarketScenario:
    covered = dict(zip(prices.ticker, pool.chosen.astype(float).tolist(), strict=True))
    total = len(bars.timestamp)
    return MarketScenario(
        name=_path_name(method, path),
        kind=ScenarioKind.STOCHASTIC,
        group=method,
        prices=bars,
        counted=slice(total - plan.horizon, total),
        covered=covered,
        note=_left_out(covered, plan),
        parameters={
            "method": method,
            "path": path + 1,
            "horizon": plan.horizon,
            "block_length": None if method == "gbm" else plan.block_length,
            "drawn_from_first": iso(pool.times[0]),
            "drawn_from_last": iso(pool.times[-1]),
            "drawn_from_bars": len(pool.ratios),
        },
        bars_a_year=dict.fromkeys(prices.ticker, of_bars(pool.times).bars_a_year),
    )


def _continued(prices: Prices, pool: Pool, warm_up: int, ratios: Floats, volume: Floats) -> Prices:
    """The last `warm_up` real bars, and the drawn ones after them."""
    horizon, bars = len(ratios), len(prices.timestamp)
    drawn = np.full((len(OHLCV), horizon, len(prices.ticker)), np.nan)
    close = np.cumprod(np.vstack([prices.close[-1:, pool.chosen], ratios[:, 3]]), axis=0)
    drawn[:3, :, pool.chosen] = close[:-1] * np.moveaxis(ratios[:, :3], 1, 0)
    drawn[3:, :, pool.chosen] = np.stack([close[1:], volume])
    before = slice(max(bars - warm_up, 0), bars)
    real = {f: np.where(pool.chosen, getattr(prices, f)[before], np.nan) for f in OHLCV}
    times = prices.timestamp[-horizon:]
    weeks = (times[-1] - times[0]) // WEEK + 1
    return Prices(
        np.concatenate([prices.timestamp[before], times + weeks * WEEK]),
        prices.ticker,
        *(np.vstack([real[f], new]) for f, new in zip(OHLCV, drawn, strict=True)),
    )


def _left_out(covered: Mapping[str, float], plan: Plan) -> str:
    names = [ticker for ticker, share in covered.items() if not share]
    reason = f"fewer than {plan.min_history} bars, or no longer traded"
    return f"not simulated: {several(names)} ({reason})" if names else ""


def path_names(plan: Stochastic) -> list[str]:
    """The names of a plan's paths."""
    return [_path_name(method, path) for method, n in plan.paths.items() for path in range(n)]


def _path_name(method: str, path: int) -> str:
    return f"{method}_{path + 1:03d}"


DRAWS: dict[str, Draw] = {
    draw.__name__: draw for draw in (stationary_bootstrap, moving_block_bootstrap, gbm)
}
