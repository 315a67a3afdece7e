"""A strategy that is traded in one process and held against what it says in others.

What is *traded* comes from a process that sees all bars, and that is not told what is tried. What
the strategy wants at a bar is held against

- a process that has been shown nothing but bars up to a cut, one cut after the other, the earliest
  first, so that nothing that it may remember is of the future (`shorten`);
- a process that sees every market as long as it is, but in it some tickers that go another way
  after a cut of their own (`on`).

A target that equals the traded one can be had without what comes after the cut. Where one differs,
`accuse` finds out why. Cuts are drawn at random, for each strategy anew, and some lie where its
targets gained most.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from itertools import cycle
from typing import Any, NamedTuple

from tidemark.arrays import Floats, Integers
from tidemark.backtest.accuse import Answer, Column, Suspicion, bars_of, prices_of
from tidemark.backtest.strategies import (
    Description,
    Fresh,
    OutOfRangeError,
    Parameters,
    Targets,
)
from tidemark.causality import (
    Bars,
    Futures,
    after,
    contrary,
    cuts_of_all,
    cuts_of_each,
    fewest,
    first_change,
    rarest,
)
from tidemark.errors import InputError
from tidemark.market.grid import Prices, ticker_parts
from tidemark.market.scenarios.kinds import ScenarioKind
from tidemark.market.scenarios.market import Outline

import numpy as np

VALUES = 1 << 23  # how many values of targets are held at a time
SPREAD = 3  # cuts spread over history; two more are in its last bars
EARLY = 2  # cuts among the bars that are too few to be shown alone
ONLY_HISTORY = 24  # cuts spread over it where nothing else is traded
PAYING = 2  # cuts where the traded targets gained most
TICKERS = 8  # of a market, tried with shortened bars
STRESSES = 1  # shortened, as far as history is at that moment
PATHS = 3  # shortened
BESIDE = 0.3  # share of simulated tickers that are tried beside what is traded
CHANGED = 2 / 3  # share of these, and of the tickers of history, that go another way
CUT, ALONE, LEVELS = "cut", "alone", "levels"


@dataclass(frozen=True)
class Tried:
    """What was tried on a strategy, and what it showed.

    Attributes:
        sets: of parameters.
        sets_shortened: how many of them were shown shortened bars, too.
        cuts: drawn at random, of a ticker at a bar each, at which every set was tried.
        cuts_of_history: those of them in what really happened.
        paying_cuts: where the traded targets gained most.
        sets_of_levels: sets whose targets change if all prices of a ticker do, so that they know
            later splits.
    """

    sets: int
    sets_shortened: int
    cuts: int
    cuts_of_history: int
    paying_cuts: int
    sets_of_levels: int

    def record(self) -> dict[str, Any]:
        """For JSON; with the shares of bars on which a set must look one bar ahead to be found."""
        shares = {"share": rarest(self.cuts), "share_of_history": rarest(self.cuts_of_history)}
        return asdict(self) | shares


@dataclass(frozen=True, eq=False)
class _Shown:
    """What a strategy said of bars that it was shown before what is traded was known.

    Attributes:
        kind: CUT, ALONE or LEVELS.
        bars: makes them once more, of some tickers of a market, as it is up to a cut.
        ticker: which these are.
        market, cut: which.
        said: targets of each set that was asked.
    """

    kind: str
    bars: Callable[[], Bars]
    ticker: Sequence[str]
    market: str
    cut: int
    said: Sequence[Floats]


class _Source(NamedTuple):
    """Where shortened bars come from.

    Attributes:
        name: of the market.
        bars: all of its bars, to be let go when they were shown.
        again: reads them once more.
    """

    name: str
    bars: Bars
    again: Callable[[], Bars]

    @classmethod
    def of(cls, market: Outline) -> "_Source":
        """A market scenario, whose bars are read anew if they are asked for again: few are."""
        again = partial(_bars_of, market)
        return cls(market.name, again(), again)


class Watch:
    """A strategy in the processes in which it is asked; a context, at whose end they end.

    Args:
        strategy, sets, inputs: what is asked, as for `strategies.targets_of`.
        fresh: opens a fresh process.
        seed: of the cuts.
    """

    def __init__(
        self,
        strategy: Description,
        sets: Sequence[Parameters],
        inputs: Mapping[str, Floats],
        fresh: Fresh,
        seed: int,
    ) -> None:
        self._strategy, self._sets, self._inputs = strategy, sets, inputs
        self._fresh, self._draw = fresh, np.random.default_rng(seed)
        self._shown: list[_Shown] = []
        self._asked: list[int] = []  # sets that were shown shortened bars
        self._first: list[list[int]] = [[] for _ in sets]  # of targets on history, by ticker
        self._traded: Targets | None = None
        self._real = Futures(np.empty(0, int), np.empty(0))
        self._cuts = self._cuts_of_history = self._paying = 0
        self._levels: set[int] = set()

    def __enter__(self) -> "Watch":
        self._open = ExitStack()
        return self

    def __exit__(self, *raised: Any) -> None:
        self._open.__exit__(*raised)

    def of_history(self, prices: Prices) -> Iterator[tuple[slice, Floats]]:
        """Yield the traded targets on all of history: to be asked first, and once.

        The process that gives them is over when `shorten` begins, so that none which knows what
        comes lives beside one that must not.

        Yields:
            Which tickers, and their targets: of one set after the other, then of the next tickers.
        """
        bars = self._history = bars_of(prices, self._inputs)
        cuts = self._cuts_of(bars, 1)
        self._real = contrary(bars, cuts, self._draw)
        self._gains = np.zeros_like(bars.closes)
        with self._fresh() as process:
            numbers = cycle(range(len(self._sets)))
            for number, (part, targets) in zip(numbers, self._in_parts(process), strict=False):
                closes, gains = bars.closes[:, part], self._gains[:, part]
                move = np.nan_to_num(closes[1:] / closes[:-1] - 1.0)
                gains[:-1] += np.maximum(np.nan_to_num(targets[:-1]) * move, 0.0)
                self._first[number] += _hashes(targets)
                yield part, targets

    def again(self) -> Iterator[tuple[slice, Floats]]:
        """The same once more, in the process that is traded from then on: to be read to its end."""
        process = self._open.enter_context(self._fresh())
        yield from self._in_parts(process)
        self._traded = process  # what it may remember of this shows when it is asked the next time

    def _in_parts(self, process: Targets) -> Iterator[tuple[slice, Floats]]:
        history = self._history
        for part in shown_together(self._strategy, *history.closes.shape):
            whole = part == slice(0, len(history.ticker))
            bars = history if whole else history.columns(range(part.start, part.stop))
            for targets in process(prices_of(bars), self._sets, bars.inputs):
                yield part, targets

    @property
    def _trading(self) -> Targets:
        """The process that is traded."""
        if self._traded is None:
            deque(self.again(), maxlen=0)
        assert self._traded is not None
        return self._traded

    @cached_property
    def _beside(self) -> Targets:
        return self._open.enter_context(self._fresh())

    def shorten(self, scenarios: Sequence[Outline]) -> None:
        """Show a process shortened bars of history, stresses and paths, and keep what it says.

        Bars that hold more of the past come later, and paths, which begin with the end of history,
        come last. So do all bars of history, of a ticker alone and at other prices.
        """
        history, draw = self._history, self._draw
        bars = len(history.timestamp)
        columns = self._some(history)
        paying = self._where_it_paid(columns)
        stresses = [one for one in scenarios if one.kind is ScenarioKind.STRESS]
        paths = [one for one in scenarios if one.kind is ScenarioKind.STOCHASTIC]
        spread = SPREAD if stresses or paths else ONLY_HISTORY
        least = fewest(bars)
        if paths:  # no window is longer than what is traded
            least = max(least, min(bars // 2, *(one.counted.stop for one in paths)))
        early = draw.integers(1, max(least, 2), EARLY).tolist() if bars > 1 else []
        cuts = sorted({*early, *cuts_of_all(bars, spread, draw), *paying})
        self._paying = len(paying)
        some = _choice(stresses, STRESSES, draw)
        later = [cut for cut in cuts if cut >= least]
        stressed = dict(zip(draw.permutation(later)[: len(some)].tolist(), some, strict=False))
        held = sum(cuts) * len(columns) + (2 + len(stressed)) * bars * len(columns)
        number = len(self._sets)
        self._asked = sorted(
            draw.permutation(number)[: max(1, min(number, VALUES // max(held, 1)))].tolist()
        )
        with self._fresh() as process:
            for turn, cut in enumerate(cuts):
                odd = turn % 2 == 1 or cut < least
                seen = history.upto(2 * least) if cut < least else history
                full = _Source(ScenarioKind.FULL, seen, partial(_same, seen))
                self._show(process, full, columns, cut, odd)
                if cut in stressed:
                    market = _Source.of(stressed[cut])
                    self._show(process, market, self._some(market.bars), cut, odd)
            alone = columns if self._strategy.cross_sectional else columns[:1]
            kinds: dict[str, Callable[[], Bars]] = {
                ALONE: partial(history.columns, alone),
                LEVELS: lambda: history.columns(columns).scaled(),
            }
            for kind, changed in kinds.items():
                self._keep(process, kind, changed(), changed, ScenarioKind.FULL, bars)
            for one in _choice(paths, PATHS, draw):
                cut = int(draw.integers(one.counted.start + 1, one.counted.stop))
                market = _Source.of(one)
                self._show(process, market, self._some(market.bars), cut, True)

    def on(
        self, prices: Prices, columns: Sequence[Column], inputs: Mapping[str, Floats]
    ) -> Iterator[Floats]:
        """Yield the traded targets of each set on some markets, held against all other answers.

        Args:
            prices: of the markets side by side, or of some tickers of one.
            columns: what each column of them is.
            inputs: (bars, columns) by name, as for `strategies.targets_of`.

        Raises:
            InputError: a target looks ahead, or at other tickers though it may not, or is not
                repeatable, or comes of what an earlier call was shown.
        """
        bars = bars_of(prices, inputs)
        places = self._some_beside(columns)
        some = bars if len(places) == len(columns) else bars.columns(places)
        futures = self._futures(some, [columns[place] for place in places])
        beside, beyond = some.changed(futures), after(futures.cut, len(prices.close))
        at = {(column.market, column.ticker): place for place, column in enumerate(columns)}
        shown = []
        for each in self._shown:
            here = [at.get((each.market, ticker), -1) for ticker in each.ticker]
            if max(here) >= 0:
                shown.append((each, here))
        first = None
        if columns[0].market == ScenarioKind.FULL:
            first = [self._history.ticker.index(column.ticker) for column in columns]
        answers = zip(
            _in_markets(self._trading(prices, self._sets, inputs), columns),
            self._beside(prices_of(beside), self._sets, beside.inputs),
            strict=True,
        )
        for number, (targets, said) in enumerate(answers):
            suspicion = Suspicion(
                self._strategy, self._sets[number], self._fresh, columns, Answer(bars, targets)
            )
            if change := first_change(said, targets.T[places].T, beyond):
                cut = int(futures.cut[change[1]])
                raise suspicion.fault(Answer(beside, said), places, change, cut)
            if number in self._asked:
                for each, columns_of_it in shown:
                    self._compare(number, suspicion, each, columns_of_it)
            if first is not None:
                repeated = _hashes(targets) == [self._first[number][place] for place in first]
                if not repeated and (fault := suspicion.unsteady()):
                    raise fault
            yield targets
        count = int((futures.cut < len(prices.timestamp)).sum())
        self._cuts += count
        self._cuts_of_history += count * (first is not None)

    def tried(self) -> Tried:
        """What was tried so far."""
        return Tried(
            sets=len(self._sets),
            sets_shortened=len(self._asked),
            cuts=self._cuts,
            cuts_of_history=self._cuts_of_history,
            paying_cuts=self._paying,
            sets_of_levels=len(self._levels),
        )

    def _compare(
        self, number: int, suspicion: Suspicion, shown: _Shown, places: Sequence[int]
    ) -> None:
        """Hold what was said of some bars against what is traded, as far as that has them.

        Args:
            number: of the set.
            suspicion: what is traded.
            shown: what was said.
            places: the columns of what is traded that each ticker is; -1 where it is none.
        """
        said, traded = shown.said[self._asked.index(number)], suspicion.traded.targets
        there = [column for column, place in enumerate(places) if place >= 0]
        ours = traded[: shown.cut].T[[places[column] for column in there]].T
        change = first_change(said.T[there].T, ours)
        if change and shown.kind is LEVELS:
            self._levels.add(number)
        elif change:
            where = change[0], there[change[1]]
            raise suspicion.fault(Answer(shown.bars(), said), places, where, shown.cut)

    def _show(
        self, process: Targets, market: "_Source", columns: Sequence[int], cut: int, beyond: bool
    ) -> None:
        """Show bars up to the cut, or also later ones that go another way."""
        seen = market.bars.columns(columns)
        futures = Futures(np.full(len(columns), cut), np.empty(0))
        if beyond:
            futures = contrary(seen, futures.cut, self._draw)

        def shown(some: Bars) -> Bars:
            return some.changed(futures) if beyond else some.upto(cut)

        again = market.again  # not the bars, which are let go
        made = shown(seen)
        self._keep(process, CUT, made, lambda: shown(again().columns(columns)), market.name, cut)
        count = int((~np.isnan(seen.closes[cut - 1 : cut + 1])).all(axis=0).sum())
        self._cuts += count
        self._cuts_of_history += count * (market.name == ScenarioKind.FULL)

    def _keep(
        self,
        process: Targets,
        kind: str,
        bars: Bars,
        again: Callable[[], Bars],
        market: str,
        cut: int,
    ) -> None:
        some = [self._sets[number] for number in self._asked]
        asked = process(prices_of(bars), some, bars.inputs)
        answers = _in_markets(asked, [Column(ticker, market) for ticker in bars.ticker])
        said = [targets[:cut].copy() for targets in answers]
        self._shown.append(_Shown(kind, again, bars.ticker, market, cut, said))

    def _some(self, bars: Bars) -> list[int]:
        """Tickers to be shown without the others, at random; all if they are compared."""
        listed = np.flatnonzero(np.isfinite(bars.closes).any(axis=0))
        if self._strategy.cross_sectional:
            return [int(column) for column in listed]
        return [int(column) for column in self._draw.permutation(listed)[:TICKERS]]

    def _where_it_paid(self, columns: Sequence[int]) -> set[int]:
        """Cuts before the bars at which the traded targets gained most, of all sets together."""
        best = np.sort(self._gains[:, list(columns)], axis=1)[:-1, -1]
        places = np.argsort(-best, kind="stable")[:PAYING]
        return {int(place) + 1 for place in places if best[place] > 0.0}

    def _some_beside(self, columns: Sequence[Column]) -> list[int]:
        """Columns that are tried beside what is traded: all of history, some of what is not."""
        places = self._draw.permutation(len(columns)).tolist()
        if columns[0].market == ScenarioKind.FULL or self._strategy.cross_sectional:
            return sorted(places)
        return sorted(places[: max(TICKERS, int(BESIDE * len(places)))])

    def _futures(self, bars: Bars, columns: Sequence[Column]) -> Futures:
        """What comes after the cuts: of a ticker the same in every market made of history."""
        if columns[0].simulated:
            return contrary(bars, self._cuts_of(bars, columns[0].first + 1), self._draw)
        tickers = self._history.ticker
        places = [tickers.index(column.ticker) for column in columns]
        return Futures(self._real.cut[places], self._real.factor[places])

    def _cuts_of(self, bars: Bars, first: int) -> Integers:
        """A cut for each of some tickers, or one for all of those that are compared."""
        cuts = cuts_of_each(bars, self._draw, CHANGED, first)
        return (
            np.full(len(cuts), self._draw.choice(cuts)) if self._strategy.cross_sectional else cuts
        )


def shown_together(strategy: Description, bars: int, tickers: int) -> list[slice]:
    """Tickers of a market that a strategy is shown at a time: all of them if it compares them."""
    return [slice(0, tickers)] if strategy.cross_sectional else ticker_parts(bars, tickers)


def _same(bars: Bars) -> Bars:
    return bars


def _bars_of(market: Outline) -> Bars:
    """The bars of a market scenario, read anew each time."""
    return bars_of(market.with_bars().prices, {})


def _hashes(targets: Floats) -> list[int]:
    """A hash for each ticker's targets."""
    return [hash(column.tobytes()) for column in targets.T]


def _choice(markets: Sequence[Outline], number: int, draw: np.random.Generator) -> list[Outline]:
    """Some market scenarios that have bars, at random."""
    there = [one for one in markets if one.bars]
    return [there[place] for place in draw.permutation(len(there))[:number]]


def _in_markets(answers: Iterator[Floats], columns: Sequence[Column]) -> Iterator[Floats]:
    """The answers; a target that is out of range is told with its market, if it is not history."""
    try:
        yield from answers
    except OutOfRangeError as error:
        market = columns[error.column].market
        if market == ScenarioKind.FULL:
            raise
        raise InputError(error.where, f"{error.problem}, in {market}", error.cure) from error
