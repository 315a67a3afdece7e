"""The engine: from the positions a strategy wants to what they earn, exactly and in bulk.

**Cells.** Each set of parameters trades each ticker by itself. Positions are shares of the cell's
equity: 1 all in, 0 flat, -1 short for all of it.

**Fills.** A target is decided at a bar's close. It is filled at the open of the next bar
(`next_open`), at its close (`next_close`), or at the very close that decided it (`same_close`). A
fill waits for a bar in which fills are allowed and which has the price for it; only the newest
target counts then. The target of the last bar is filled only if the convention finds a price in the
data. Nobody can trade at `same_close`, so config.yaml does not offer it; published comparisons and
other engines do, and with it this engine is held against them.

**Between fills** a position keeps its share of equity: what drifts is put right at each close (and
at an open with a fill) without cost. So a bar's return is share x return of the price; a short
position has a negative share. Fully long this is buy and hold, exactly; any other position leaves
out the small trades that would be needed (`Market.drift` measures them). Borrowing shares is free.

**Costs.** A buyer pays price x (1 + slippage) x (1 + cost), a seller gets
price x (1 - slippage) x (1 - cost). A trade at a price changes nothing in an equity valued at that
price, so a fill from position a to b multiplies equity by (1 + k a) / (1 + k b), where k is what a
buyer pays beyond the price, or, negative, what a seller gets less. All in costs 1 / (1 + k), all
out 1 + k, and long to short is both.

**Cash.** The share 1 - |position| earns the cash rate; what a short sale brings in earns nothing.

**No bar.** A ticker without a bar cannot be traded, and what is held stays, because nobody knows at
a close that a gap follows. The next bar has the whole return since the last close known, and fills
what was decided on the last bar known. After a ticker's last bar what is held keeps its value.

**Ruin.** A loss of all equity is a return of -1, and the end of trading for the cell.

**Where.** `kernel` has the loops, compiled: a cell goes from targets to all that is found of it
while its bars are at hand, so nothing of a set is kept but figures. `Market` lays out what all sets
share, and hands the kernel the tickers of each, on as many threads as there may be. Cells know
nothing of each other, so results do not depend on how they are shared out.

**Axes.** Arrays are (sets, tickers, bars), or (tickers, bars) where all sets are alike.
Strategies speak (bars, tickers); the kernel reads either.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, NoReturn

from tidemark.arrays import Bools, Floats, Integers
from tidemark.backtest import kernel
from tidemark.errors import BadValue, InputError
from tidemark.machine_code import loading
from tidemark.market.grid import Prices

import numpy as np

LAG = {"next_open": 1, "next_close": 2, "same_close": 1}  # from deciding bar to first bar held
BARS = -1  # the axis of time in every array


@dataclass(frozen=True)
class Rules:
    """How targets are traded.

    Attributes:
        fill: when a target is filled; see above.
        cost: fraction of the traded value, on each fill.
        slippage: fraction by which the price of a fill is worse.
        direction: `long_only` takes targets below 0 as 0.
        cash_rate: for a year, compounded by bar.
        periods_per_year: bars in a year, for all tickers alike or for each.
    """

    fill: Literal["next_open", "next_close", "same_close"]
    cost: float
    slippage: float
    direction: Literal["long_only", "long_short"]
    cash_rate: float
    periods_per_year: float | tuple[float, ...]

    @property
    def yearly(self) -> Floats:
        """Bars in a year, () or (tickers,)."""
        return np.asarray(self.periods_per_year, dtype=np.float64)

    def columns(self, start: int, stop: int) -> "Rules":
        """The same for the tickers [start, stop)."""
        if isinstance(self.periods_per_year, tuple):
            return replace(self, periods_per_year=self.periods_per_year[start:stop])
        return self

    @property
    def buyer_pays(self) -> float:
        """What a buyer pays beyond the price, as a fraction of it."""
        return (1.0 + self.slippage) * (1.0 + self.cost) - 1.0

    @property
    def seller_gets(self) -> float:
        """What a seller gets beyond the price, as a fraction of it: at most 0."""
        return (1.0 - self.slippage) * (1.0 - self.cost) - 1.0

    @property
    def loss(self) -> float:
        """What a fill loses of its value, the mean of a buyer's and a seller's."""
        return (self.buyer_pays - self.seller_gets) / 2.0

    @property
    def cash_per_bar(self) -> Floats:
        """What cash earns in a bar, (1, 1) or (tickers, 1)."""
        return np.atleast_1d((1.0 + self.cash_rate) ** (1.0 / self.yearly) - 1.0)[..., np.newaxis]


@dataclass(frozen=True, eq=False)
class Result:
    """What came of targets.

    Attributes:
        returns: (sets, tickers, bars) net return of each bar.
        position: (sets, tickers, bars) share held during each bar; with fills at the open, from the
            open on.
    """

    returns: Floats
    position: Floats


@dataclass(frozen=True, eq=False)
class Windows:
    """What is measured over: bars [start, stop) of every ticker.

    Attributes:
        starts, stops: (windows,).
        counted: (windows, tickers) bars on which the ticker is listed.
        tail: share of returns that count as the lowest.
    """

    starts: Integers
    stops: Integers
    counted: Integers
    tail: float


def compiled() -> Callable[..., int]:
    """The kernel's `trade` as machine code; the first time ever, that takes seconds."""
    return loading.function(kernel, kernel.trade.__name__)


def as_cells(targets: Sequence[Floats]) -> Floats:
    """Targets by set, ticker and bar, (sets, tickers, bars), from (bars, tickers) of each set.

    A single set is not copied.
    """
    turned = [of_set.T for of_set in targets]
    return np.stack(turned) if len(turned) > 1 else turned[0][np.newaxis]


class Market:
    """What all backtests on the same bars and by the same rules share, made once for many sets.

    *Slot* e stands between bars e - 1 and e, and the fill in it sets the position held during bar
    e. After the last bar there is one more if fills are at the close, for a fill at the last one.

    Args:
        prices: the bars, (bars, tickers).
        rules: how to trade.
        allowed: (bars,) whether fills may happen in a bar, such as within trading hours; None if
            they always may.

    Attributes:
        listed: (tickers, bars) where there is a bar.

    Raises:
        BadValue: a ticker has no price to fill at.
    """

    def __init__(self, prices: Prices, rules: Rules, allowed: Bools | None = None) -> None:
        close, self._names = _by_ticker(prices.close), prices.ticker
        self.rules = rules
        self._at_open = rules.fill == "next_open"
        self._tickers, self._bars = close.shape
        self._slots = self._bars + (not self._at_open)
        self.listed = ~np.isnan(close)
        self._cash = np.ascontiguousarray(np.broadcast_to(rules.cash_per_bar[:, 0], len(close)))
        before = _last_known(close)
        self._change = _return(before, close)
        self._overnight = self._intraday = self._change
        if self._at_open:
            price = np.where(self.listed, _by_ticker(prices.open), np.nan)
            self._overnight, self._intraday = _return(before, price), _return(price, close)
        else:
            price = close
        fillable = ~np.isnan(price) & self.listed
        self._require_prices(fillable)
        if allowed is not None:
            fillable &= allowed
        self._waiting, self._decided = self._waits(fillable)
        floor = 0.0 if rules.direction == "long_only" else -np.inf
        worse = rules.buyer_pays, rules.seller_gets
        self._rules = (int(self._at_open), LAG[rules.fill], floor, *worse)
        shared = self._cash, self._change, self._overnight, self._intraday, self.listed
        self._shared = [_at(each) for each in (*shared, self._waiting, self._decided)]
        self._trade = compiled()

    def _require_prices(self, fillable: Bools) -> None:
        for ticker in np.flatnonzero(self.listed.any(axis=BARS) & ~fillable.any(axis=BARS)):
            raise BadValue(
                "fill",
                f"{self.rules.fill} needs opens, and {self._names[ticker]} has none",
                "set it to next_close, or give data with opens",
            )

    def _waits(self, fillable: Bools) -> tuple[Integers, Integers]:
        """The slot whose target each slot holds, for tickers that cannot be traded in every slot.

        It is the target of the last bar known before the last slot with a fill. Slot 0 holds
        nothing.

        Returns:
            (tickers,) the row of each in the other, or -1; (some tickers, slots).
        """
        slot, lag = np.arange(self._slots), LAG[self.rules.fill]
        waiting = np.full(self._tickers, -1)
        some = np.flatnonzero(~(fillable & self.listed).all(axis=BARS))
        filled, known = np.ones((2, len(some), self._slots), dtype=np.bool_)
        filled[:, 1:] = fillable[some, 1:] if self._at_open else fillable[some]
        known[:, lag:] = self.listed[some, : self._slots - lag]
        filled_at, decided_at = (
            np.maximum.accumulate(np.where(there, slot, 0), axis=BARS) for there in (filled, known)
        )
        decided = np.take_along_axis(decided_at, filled_at, axis=BARS)
        waiting[some] = np.arange(len(some))
        return waiting, np.ascontiguousarray(decided, dtype=np.intp)

    def simulate(self, targets: Floats) -> Result:
        """Trade the targets.

        Args:
            targets: (sets, tickers, bars), from `as_cells`: position wanted at each close, -1 to 1;
                NaN counts as 0.

        Raises:
            InputError: a target beyond -1 to 1.
        """
        held = np.empty((len(targets), self._tickers, self._slots))
        returns = np.empty((len(targets), self._tickers, self._bars))
        nothing = np.empty(0, dtype=np.intp)
        unmeasured = Windows(nothing, nothing, nothing, 0.0)
        for nth, of_set in enumerate(targets):
            room = _Room(held[nth], returns[nth])
            self._run(nth, of_set.T, unmeasured, np.empty(0), (0, self._tickers), room)
        return Result(returns, held[..., : self._bars])

    def measured(
        self, targets: Iterable[Floats], windows: Windows, threads: int = 1
    ) -> Iterator[Floats]:
        """Trade sets as they come, and find in each window what figures are made of.

        Args:
            targets: (bars, tickers) of each set, as for `simulate`.
            windows: what to measure over.
            threads: that tickers are shared out to.

        Yields:
            For each set (windows, tickers, kernel.FIGURES), in the order of the constants there.

        Raises:
            InputError: a target beyond -1 to 1.
        """
        width = max(1, -(-self._tickers // threads))
        firsts = range(0, self._tickers, width)
        shares = [(first, min(first + width, self._tickers)) for first in firsts]
        rooms = [_Room.empty(self._slots, self._bars) for _ in shares]
        with ThreadPoolExecutor(len(shares) or 1) as pool:  # which starts none that has no work
            spread = pool.map if len(shares) > 1 else map
            for nth, of_set in enumerate(targets):
                found = np.empty((len(windows.starts), self._tickers, kernel.FIGURES))
                run = partial(self._run, nth, of_set, windows, found)
                deque(spread(run, shares, rooms), maxlen=0)
                yield found

    def _run(
        self,
        nth: int,
        targets: Floats,
        windows: Windows,
        found: Floats,
        share: tuple[int, int],
        room: "_Room",
    ) -> None:
        """Have the kernel trade one set, (bars, tickers), on a share of the tickers."""
        targets = np.asarray(targets, dtype=np.float64)
        if targets.shape != (self._bars, self._tickers):
            raise ValueError(f"targets are {targets.shape}, bars {self._bars, self._tickers}")
        steps = [stride // targets.itemsize for stride in targets.strides]
        beyond = self._trade(
            *(_at(targets), *steps, *share, self._bars, *self._rules, *self._shared),
            *(_at(room.held), _at(room.returns), len(room.held), _at(room.course), _at(room.noted)),
            *(len(windows.starts), _at(windows.starts), _at(windows.stops), _at(windows.counted)),
            *(windows.tail, self._tickers, _at(found)),
        )
        if beyond:
            self._refuse(nth, targets)

    def _refuse(self, nth: int, targets: Floats) -> NoReturn:
        wanted = targets[: self._slots - LAG[self.rules.fill]].T
        if self.rules.direction == "long_only":
            wanted = np.fmax(wanted, 0.0)
        ticker, bar = np.argwhere(np.abs(wanted) > 1.0)[0]
        raise InputError(
            f"targets, set {nth + 1}",
            f"{wanted[ticker, bar]:g} of equity in {self._names[ticker]} at bar {bar + 1}",
            "targets are from -1 to 1: clip them",
        )

    def drift(self, result: Result) -> Floats:
        """How far each position drifts from its share of equity until a close is put right.

        That is what a trade at the close would have to put right, as a share of equity after it.
        What drifts overnight before a fill at the open is part of that fill, and left out.

        Returns:
            (sets, tickers, bars); 0 for what is all in or flat.
        """
        held = result.position
        change = np.broadcast_to(self._change, held.shape)
        if self._at_open:
            filled = np.zeros(held.shape, dtype=np.bool_)
            filled[..., 1:] = held[..., 1:] != held[..., :-1]
            change = np.where(filled, self._intraday, change)
        cash = self._cash[:, np.newaxis] * self.listed
        grown = 1.0 + held * change + (1.0 - np.abs(held)) * cash
        drifted = held * (1.0 + change) / np.where(grown > 0.0, grown, np.inf)
        return np.where(grown > 0.0, np.abs(held - drifted), 0.0)


class _Room:
    """Memory in which the kernel works on one ticker after the other; see its `trade`."""

    def __init__(self, held: Floats, returns: Floats) -> None:
        self.held, self.returns = held, returns
        width = returns.shape[BARS] + 1
        self.course = np.empty((kernel.COURSE, width))
        self.noted = np.empty((kernel.NOTED, width), dtype=np.intp)

    @classmethod
    def empty(cls, slots: int, bars: int) -> "_Room":
        """For as many tickers as the kernel reads at once."""
        return cls(*(np.empty((kernel.TOGETHER, width)) for width in (slots, bars)))


def _at(array: Floats | Integers | Bools) -> int:
    """Where an array begins."""
    return array.ctypes.data


def _last_known(close: Floats) -> Floats:
    """(tickers, bars) last close before each bar, NaN where there was none."""
    bar = np.where(np.isnan(close), 0, np.arange(close.shape[BARS]))
    last = np.take_along_axis(close, np.maximum.accumulate(bar, axis=BARS), axis=BARS)
    return np.concatenate([np.full((len(close), 1), np.nan), last[:, :-1]], axis=BARS)


def _by_ticker(values: Floats) -> Floats:
    """Turn (bars, tickers) into (tickers, bars)."""
    return np.ascontiguousarray(values.T, dtype=np.float64)


def _return(start: Floats, end: Floats) -> Floats:
    """Change from one price to another, 0 where either is unknown."""
    return np.nan_to_num(end / start - 1.0, copy=False, nan=0.0)
