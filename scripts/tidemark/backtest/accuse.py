"""Why a strategy said something else than what is traded: asked again before it is accused.

Two answers may differ because the strategy is not repeatable, because it remembers what it was
shown before, because it looks at other tickers, or because it looks ahead. Each is told from the
next by asking once more in a fresh process, with one thing changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tidemark.arrays import Floats
from tidemark.backtest.settings import STRATEGIES
from tidemark.backtest.strategies import Description, Fresh, Parameters, Targets, describe
from tidemark.causality import Bars, Subject, across, ahead, date, first_change, same
from tidemark.errors import InputError
from tidemark.market.grid import Prices
from tidemark.market.scenarios.kinds import ScenarioKind
from tidemark.ohlcv import OHLCV

AGAIN = 4  # fresh processes that are asked the same once more
TOGETHER = (
    "if it is meant to compare them, write CROSS_SECTIONAL = True below DEFAULTS; draw random "
    "numbers for each ticker alone, in the order of bars"
)
REPEAT = "give random numbers a fixed seed, and use no clock and nothing else of the process"
FORGET = (
    "keep nothing from call to call, be it in a module, a default, a cache or an object; and draw "
    "nothing at random without a fixed seed, however rarely"
)


class Column(NamedTuple):
    """What a column of bars is of.

    Attributes:
        ticker: whose bars they are.
        market: name of a market scenario with these bars.
        first: bar that is measured.
        simulated: whether they are a path, and not history or made of it.
    """

    ticker: str
    market: str = ScenarioKind.FULL
    first: int = 0
    simulated: bool = False


@dataclass(frozen=True, eq=False)
class Answer:
    """Targets (bars, tickers) of a set, and what they were asked of."""

    bars: Bars
    targets: Floats


@dataclass(frozen=True, eq=False)
class Suspicion:
    """A strategy of which two answers differ.

    Attributes:
        strategy, parameters: of whom.
        fresh: opens a fresh process.
        columns: what each ticker of `traded.bars` is.
        traded: what is traded.
    """

    strategy: Description
    parameters: Parameters
    fresh: Fresh
    columns: Sequence[Column]
    traded: Answer

    def fault(
        self, other: Answer, at: Sequence[int], change: tuple[int, int], cut: int
    ) -> InputError:
        """The error of another answer that differs.

        Args:
            other: what it says of bars that are the same up to a cut.
            at: the columns of `traded` that those of `other` are.
            change: bar, and column of `other`, where the two differ.
            cut: from which bar on that column's bars may differ.
        """
        bar, column = change
        if fault := self.unsteady():
            return fault
        again = self._ask(other.bars)[: len(other.targets)]
        here = bar, at[column]
        if first_change(again, other.targets):
            return self._remembers(here, other.targets[change], again[change])
        bars = self.traded.bars
        if not self.strategy.cross_sectional:
            alike = bars.upto(len(other.bars.timestamp)).put(here[1], other.bars, column)
            said = self._ask(alike)[bar, here[1]]
            if same(said, self.traded.targets[here]):
                return across(self._subject, bars, here, TOGETHER, self._market(here))
        with_them, without = float(self.traded.targets[here]), float(other.targets[change])
        return ahead(self._subject, bars, here, cut, with_them, without, self._market(here))

    def unsteady(self) -> InputError | None:
        """The error if what is traded is not what fresh processes say, or not each time."""
        bars = self.traded.bars
        with self.fresh() as process:
            first, second = (self._ask(bars, process) for _ in range(2))
        for again in (self._ask(bars) for _ in range(AGAIN)):
            if change := first_change(again, first):
                return InputError(
                    self._subject.where,
                    f"it is not repeatable: its target for {self._place(change)} is "
                    f"{first[change]:g} in one process and {again[change]:g} in another, from the"
                    " same bars",
                    REPEAT,
                )
        for other in (self.traded.targets, second):
            if change := first_change(other, first):
                return self._remembers(change, other[change], first[change])
        return None

    def _remembers(self, here: tuple[int, int], after: float, fresh: float) -> InputError:
        return InputError(
            self._subject.where,
            f"it remembers what an earlier call was shown, or is not repeatable now and then: its "
            f"target for {self._place(here)} is "
            f"{after:g} after other calls and {fresh:g} in a fresh process",
            FORGET,
        )

    def _ask(self, bars: Bars, process: Targets | None = None) -> Floats:
        if process is None:
            with self.fresh() as other:
                return self._ask(bars, other)
        (targets,) = process(prices_of(bars), [self.parameters], bars.inputs)
        return targets.copy()

    @property
    def _subject(self) -> Subject:
        return Subject(
            f"{STRATEGIES}/{self.strategy.name}.py with {describe(self.parameters)}", "target"
        )

    def _place(self, here: tuple[int, int]) -> str:
        bar, column = here
        when = date(self.traded.bars.timestamp, bar)
        return f"{self.traded.bars.ticker[column]} at {when}{self._market(here)}"

    def _market(self, here: tuple[int, int]) -> str:
        market = self.columns[here[1]].market
        return "" if market == ScenarioKind.FULL else f" in {market}"


def bars_of(prices: Prices, inputs: Mapping[str, Floats]) -> Bars:
    """Prices and inputs as what is checked."""
    fields = {name: getattr(prices, name) for name in OHLCV}
    return Bars(prices.timestamp, prices.ticker, fields, inputs)


def prices_of(bars: Bars) -> Prices:
    """The prices among what is checked."""
    return Prices(bars.timestamp, bars.ticker, **bars.prices)
