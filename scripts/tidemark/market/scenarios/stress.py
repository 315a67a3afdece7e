"""All of history, changed: costs, volatility, correlation, shocks; simulation from real bars."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from tidemark.arrays import Bools, Floats
from tidemark.errors import BadValue
from tidemark.market.grid import Prices
from tidemark.market.scenarios.kinds import ScenarioKind
from tidemark.market.scenarios.market import MarketScenario, gaps, listed
from tidemark.market.scenarios.settings import Shock, Stress

import numpy as np
from scipy.optimize import brentq

LONELY = "there are no two tickers whose returns vary together"


def stressed(prices: Prices, stresses: Mapping[str, Stress]) -> Iterator[MarketScenario]:
    """History under each stress; see `transform` for what is assumed.

    A stress of the correlation is not made if no two tickers vary together: no bar is measured.

    Raises:
        BadValue: a correlation is not above that of history.
    """
    rows = slice(0, len(prices.timestamp))
    covered = listed(prices, rows)
    lonely = np.isnan(mean_correlation(_log_returns(prices)))
    for name, stress in stresses.items():
        if stress.correlation is not None and lonely:
            yield _not_made(prices, name, stress)
            continue
        changed = transform(prices, stress, f"stress.{name}")
        yield MarketScenario(
            name=name,
            kind=ScenarioKind.STRESS,
            group="stress",
            prices=changed,
            counted=rows,
            covered=covered,
            note=gaps(covered),
            parameters=_parameters(stress, len(prices.timestamp)),
            cost_multiplier=stress.cost_multiplier,
            slippage_multiplier=stress.slippage_multiplier,
            cash_rate_change=stress.cash_rate_change,
        )


def transform(prices: Prices, stress: Stress, where: str) -> Prices:
    """Change prices as the stress says. Neutral values change no bit.

    Assumptions:

    - Volatility: each log return's distance to its ticker's mean over history is multiplied. The
      mean stays, and so does the last close; the mean of simple returns rises with the variance.
      The distances of open, high and low to the close are multiplied alike (in logs).
    - Correlation: that distance, in standard deviations, is mixed with its mean over the tickers
      that trade, by the one share for which the mean correlation over pairs (on the dates on which
      both trade) is the one stated. Each ticker's mean and volatility stay. A bar's shape stays
      too: what changes is the gap before it.
    - Shock: all prices of all tickers fall within the session that it starts in, after the open, in
      equal steps (in logs) over `fall` bars, and rise back as evenly over `recovery` bars.
    - All at once: correlation, then volatility, then the shock. Volumes stay. Nothing reacts:
      neither volatility nor correlation answers a shock, nor do prices answer costs.

    Args:
        prices: bars.
        stress: what to change; its costs and cash rate concern the engine and are not used here.
        where: the parameter that the stress is, for errors.

    Raises:
        BadValue: the correlation is not above the present one, or there are no pairs.
    """
    if stress.volatility_multiplier != 1.0 or stress.correlation is not None:
        prices = _respread(prices, stress.volatility_multiplier, stress.correlation, where)
    return prices if stress.shock is None else _shocked(prices, stress.shock)


def _parameters(stress: Stress, bars: int) -> dict[str, Any]:
    """What the stress says, and how many `times` its shock comes, `cut` off by the end of data."""
    parameters = asdict(stress)
    if stress.shock is not None:
        starts = [int(share * bars) for share in stress.shock.at]
        cut = sum(start + stress.shock.fall > bars for start in starts)
        parameters["shock"] |= {"times": len(starts), "cut": cut}
    return parameters


def correlations(returns: Floats) -> Floats:
    """Pearson correlation of each pair of tickers over the bars on which both have a return.

    Args:
        returns: (bars, tickers), NaN where there is none; or several such, (..., bars, tickers).

    Returns:
        (..., tickers, tickers); NaN with fewer than two common bars, or where one of the two does
        not vary on them.
    """
    known = np.isfinite(returns)
    bars = np.maximum(known.sum(axis=-2, keepdims=True), 1)
    mean = np.where(known, returns, 0.0).sum(axis=-2, keepdims=True) / bars
    centred = np.where(known, returns - mean, 0.0)
    there = known.astype(np.float64)
    turned = centred.swapaxes(-1, -2)
    count, sums = there.swapaxes(-1, -2) @ there, turned @ there
    squares = (centred**2).swapaxes(-1, -2) @ there
    common = np.where(count > 0, count, np.nan)
    variation = squares - sums**2 / common
    varied = np.where(variation > 1e-12 * squares, variation, np.nan)
    products = turned @ centred - sums * sums.swapaxes(-1, -2) / common
    return np.asarray(products / np.sqrt(varied * varied.swapaxes(-1, -2)))


def mean_correlation(returns: Floats) -> float:
    """Mean of `correlations` over all pairs that have one; NaN if none has."""
    pairs = correlations(returns)[np.triu_indices(returns.shape[1], 1)]
    return float(pairs[np.isfinite(pairs)].mean()) if np.isfinite(pairs).any() else float("nan")


def _not_made(prices: Prices, name: str, stress: Stress) -> MarketScenario:
    """A stress without bars, which is neither stored nor traded."""
    return MarketScenario(
        name=name,
        kind=ScenarioKind.STRESS,
        group="stress",
        prices=prices.upto(0),
        counted=slice(0, 0),
        covered=dict.fromkeys(prices.ticker, 0.0),
        note=f"not made: {LONELY}",
        parameters=_parameters(stress, len(prices.timestamp)),
        cost_multiplier=stress.cost_multiplier,
        slippage_multiplier=stress.slippage_multiplier,
        cash_rate_change=stress.cash_rate_change,
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
    """Mix deviations with a common factor, to the mean correlation stated; their spread stays."""
    standard, spread = _standard(deviation, known)
    alive = known & (spread > 0)
    present = mean_correlation(np.where(alive, standard, np.nan))
    if not present < target:
        problem = LONELY
        if np.isfinite(present):
            problem = f"{target:g} is not above the correlation of history, {present:.3f}"
        raise BadValue(f"{where}.correlation", problem, "set it higher, or remove the stress")
    trading = np.maximum(alive.sum(axis=1), 1)
    # A mean over few tickers varies more than one over many. A new listing must not show it.
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
    """Values less their mean, in standard deviations if `scale`, 0 if unknown; and the latter."""
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
