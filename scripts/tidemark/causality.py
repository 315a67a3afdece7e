"""Whether what is computed from bars knows what comes after them, or other tickers.

What a bar's value may depend on is tried by taking the rest away: bars end at a *cut*, or go on
after it at other prices, and no value before the cut may change. This holds for targets of a
strategy, features, or anything else that has a value for each bar and ticker.

A cut finds a value that looks past it if the value looks just there. So many cuts are drawn at
random, one for each ticker at a time; half of them where the next move is large, because who looks
ahead seldom looks there. After a cut prices go the other way than they went (`contrary`), so that
what was decided by them is decided otherwise.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from tidemark.arrays import Bools, Floats, Integers, Times
from tidemark.errors import InputError

import numpy as np

JUMPS = (1.1, 2.0, 2.0, 4.0)  # of prices after a cut, or their inverse
HORIZONS = (1, 1, 1, 5, 21, 250)  # bars over which a move is contradicted
LARGE = 0.05  # share of moves that are large
LAST = 0.01  # share of bars that are the last ones
SCALES = (4.0, 0.5, 2.0, 0.25)  # of tickers in turn: powers of 2, so that ratios keep every digit
ROUNDING = 1e-9  # of a value, or of 1 if that is more
MISSED = 0.01  # chance at which `rarest` speaks of being missed


@dataclass(frozen=True, eq=False)
class Bars:
    """What is computed from; arrays of (bars, tickers).

    Attributes:
        timestamp: (bars,) ascending.
        ticker: names of the columns.
        prices: by name, and volumes; what is positive. Moves are told by `close`.
        inputs: by name, what has a sign that may matter.
        close: the name of the prices by which moves are told.
        as_traded: names of `prices` that no later split changes.
    """

    timestamp: Times
    ticker: tuple[str, ...]
    prices: Mapping[str, Floats]
    inputs: Mapping[str, Floats]
    close: str = "close"
    as_traded: Sequence[str] = ("volume",)

    @property
    def closes(self) -> Floats:
        """(bars, tickers)."""
        return self.prices[self.close]

    def upto(self, bars: int) -> "Bars":
        """The first `bars` bars."""
        return self._each(lambda values: values[:bars], self.timestamp[:bars], self.ticker)

    def columns(self, chosen: Sequence[int]) -> "Bars":
        """Some tickers of them."""
        names = tuple(self.ticker[column] for column in chosen)
        return self._each(lambda values: values.T[list(chosen)].T, self.timestamp, names)

    def scaled(self) -> "Bars":
        """The same with each ticker's prices times a number, as a later split would change them."""
        scale = np.resize(SCALES, len(self.ticker))
        prices = {
            name: values if name in self.as_traded else values * scale
            for name, values in self.prices.items()
        }
        return replace(self, prices=prices)

    def put(self, place: int, bars: "Bars", column: int) -> "Bars":
        """The same with one ticker's values taken from a column of others."""
        prices, inputs = (
            {name: _with(values, place, theirs[name][:, column]) for name, values in ours.items()}
            for ours, theirs in ((self.prices, bars.prices), (self.inputs, bars.inputs))
        )
        return replace(self, prices=prices, inputs=inputs)

    def _each(
        self, part: Callable[[Floats], Floats], timestamp: Times, ticker: tuple[str, ...]
    ) -> "Bars":
        prices, inputs = (
            {name: part(values) for name, values in named.items()}
            for named in (self.prices, self.inputs)
        )
        return replace(self, timestamp=timestamp, ticker=ticker, prices=prices, inputs=inputs)

    def changed(self, futures: "Futures") -> "Bars":
        """The same bars up to each ticker's cut, and others after it.

        What comes then is the past, told backwards from the cut, at other prices, and inputs with
        another sign: whoever sees it learns nothing of what really came.
        """
        prices, inputs = (
            {name: values.T.copy().T for name, values in named.items()}
            for named in (self.prices, self.inputs)
        )
        count = len(self.timestamp)
        for column, cut in enumerate(futures.cut):
            past = _backwards(int(cut), count)
            for values in prices.values():
                values[cut:, column] = values[past, column] * futures.factor[column]
            for values in inputs.values():
                values[cut:, column] = values[past, column] * -np.sign(futures.factor[column])
        return replace(self, prices=prices, inputs=inputs)


class Futures(NamedTuple):
    """What comes after a cut, (tickers,) each.

    Attributes:
        cut: how many bars stay as they are; all where nothing is changed.
        factor: of prices after it; NaN where there are none.
    """

    cut: Integers
    factor: Floats


def _backwards(cut: int, count: int) -> Integers:
    """For each of the bars from the cut on, one before it: back to the first, and forth again."""
    step = np.arange(count - cut) % max(2 * cut, 1)
    return np.maximum(np.where(step < cut, cut - 1 - step, step - cut), 0)


def _with(values: Floats, place: int, column: Floats) -> Floats:
    result = values.T.copy().T
    result[:, place] = column
    return result


class Subject(NamedTuple):
    """What is checked, for messages."""

    where: str  # it is computed, such as a file
    noun: str  # such as `target`


Compute = Callable[[Bars], Iterable[Floats]]


def cuts_of_all(bars: int, number: int, draw: np.random.Generator) -> list[int]:
    """Cuts at which all tickers end: spread over the bars at random, and two in the last ones.

    Each stands for a stretch of its own. The last two are within the last 1 % of bars, and before
    the last bar. Fewer come of few bars, and none before `fewest`.
    """
    if bars < 2:
        return []
    edges = np.linspace(fewest(bars), bars, number + 1)
    spread = np.floor(draw.uniform(edges[:-1], edges[1:])).astype(int)
    late = draw.integers(min(int((1.0 - LAST) * bars), bars - 1), bars)
    return sorted({*spread.tolist(), int(late), bars - 1} - {0, bars})


def fewest(bars: int) -> int:
    """The fewest of so many bars that are shown alone: a window may be longer than very few."""
    return max(1, bars // 9)


def cuts_of_each(
    bars: Bars, draw: np.random.Generator, share: float = 1.0, first: int = 1
) -> Integers:
    """A cut for each of a random share of tickers; the number of bars for the others.

    Args:
        bars: that are cut.
        draw: of the cuts; half of them come before one of a ticker's large moves.
        share: of tickers.
        first: the lowest cut.
    """
    closes = bars.closes
    count, tickers = closes.shape
    chosen, large, place = draw.random((3, tickers))
    cuts = np.full(tickers, count)
    for column in np.flatnonzero(chosen < share):
        listed = np.flatnonzero(~np.isnan(closes[:, column]))
        bar = listed[1:]  # each has one before it
        bar = bar[bar >= first]
        if large[column] < 0.5 and len(bar):
            close = closes[listed, column]
            move = np.abs(close[1:] / close[:-1] - 1.0)[-len(bar) :]
            bar = bar[np.argsort(move, kind="stable")[int((1.0 - LARGE) * len(bar)) :]]
        if len(bar):
            cuts[column] = bar[int(place[column] * len(bar))]
    return cuts


def contrary(bars: Bars, cuts: Integers, draw: np.random.Generator) -> Futures:
    """Prices after the cuts that jump up or down, half of them the other way than they went.

    One in five has none, as if the ticker had ended; but not all, since a market has bars.
    """
    closes = bars.closes
    ended = draw.random(len(cuts)) < 0.2
    ended &= not ended.all()
    horizons = draw.choice(HORIZONS, len(cuts))
    column = np.arange(len(cuts))
    now = closes[np.maximum(cuts - 1, 0), column]
    then = closes[np.minimum(cuts - 1 + horizons, len(closes) - 1), column]
    down = np.where(draw.random(len(cuts)) < 0.5, then > now, draw.random(len(cuts)) < 0.5)
    jump = draw.choice(JUMPS, len(cuts))
    factor = np.where(down, 1.0 / jump, jump)
    return Futures(cuts, np.where(ended, np.nan, factor))


def after(cuts: Integers, count: int) -> Bools:
    """(bars, tickers) whether each of so many bars comes after its ticker's cut."""
    return np.asarray((np.arange(count) >= cuts[:, np.newaxis]).T)


def first_change(
    seen: Floats, known: Floats, beyond: Bools | None = None
) -> tuple[int, int] | None:
    """Row and column of the first value that differs, if any does.

    Args:
        seen, known: (bars, tickers).
        beyond: (bars, tickers) which values may differ.
    """
    equal = np.asarray(
        seen.view(np.int64) == known.view(np.int64)
    )  # NaN, too; `same` sees the rest
    if beyond is not None:
        equal |= beyond
    if equal.all():
        return None
    row, column = np.nonzero(~equal)
    one, other = seen[row, column], known[row, column]
    for place in np.flatnonzero(~same(one, other))[:1]:
        return int(row[place]), int(column[place])
    return None


def same(one: Floats, other: Floats) -> Bools:
    """Whether values are the same but for rounding, or both undefined."""
    near = np.abs(one - other) <= ROUNDING * np.maximum(np.abs(other), 1.0)
    return np.asarray(near | (np.isnan(one) & np.isnan(other)))


def rarest(cuts: int) -> float:
    """The share of bars on which a rule must look one bar ahead to be found with 99 in 100.

    A cut drawn at random misses it with a chance of 1 less that share, so `cuts` of them with that
    to the power of `cuts`.
    """
    return float(1.0 - MISSED ** (1.0 / cuts)) if cuts else 1.0


@dataclass
class Tried:
    """What was tried on something, and what it showed.

    Attributes:
        cuts: how many, of a ticker at a bar each.
        levels: names of subjects that change if all prices of a ticker do.
    """

    cuts: int = 0
    levels: list[str] = field(default_factory=list)


def require_causal(
    compute: Compute,
    bars: Bars,
    subjects: Sequence[Subject],
    cure_across: str | None,
    draw: np.random.Generator,
    rounds: int = 4,
) -> Tried:
    """Refuse what looks ahead, or at other tickers unless it may.

    In each of `rounds`, every ticker is cut at a bar of its own, after which prices go another way.
    So do they, or they end, at cuts of all tickers, of which some are among the last bars. Then
    some tickers are tried without the others, and all with their prices at another level. The
    checks find uses of what must not be used; they prove nothing.

    Args:
        compute: (bars, tickers) of one subject after the other, from any bars.
        bars: to try it on.
        subjects: what is computed, in order.
        cure_across: what to do where a value depends on other tickers; None if it may.
        draw: of the cuts.
        rounds: how often each ticker is cut by itself, and how many cuts of all are spread.

    Raises:
        InputError: a value changed; names the first by ticker and bar.
    """
    known = list(compute(bars))
    count, tickers = bars.closes.shape
    tried = Tried()

    def changes(seen: Bars, cuts: Integers) -> Iterator[tuple[int, tuple[int, int], float]]:
        beyond = after(cuts, len(seen.timestamp))
        for number, (whole, some) in enumerate(zip(known, compute(seen), strict=True)):
            if change := first_change(some, whole[: len(some)], beyond):
                yield number, change, float(some[change])

    def require(seen: Bars, cuts: Integers) -> None:
        tried.cuts += int((cuts < count).sum())
        for number, (bar, ticker), without in changes(seen, cuts):
            subject, cut = subjects[number], int(cuts[ticker])
            short = len(seen.timestamp) < count
            alone = seen if short else bars.put(ticker, seen, ticker)
            mine = np.where(np.arange(tickers) == ticker, cut, 0)
            if cure_across is not None and not any(
                number == other for other, _, _ in changes(alone, mine)
            ):
                raise across(subject, bars, (bar, ticker), cure_across)
            with_them = float(known[number][bar, ticker])
            raise ahead(subject, bars, (bar, ticker), cut, with_them, without)

    for _ in range(rounds if count > 1 else 0):
        cuts = cuts_of_each(bars, draw)
        if cure_across is None:
            cuts = np.full(tickers, draw.choice(cuts))
        require(bars.changed(contrary(bars, cuts, draw)), cuts)
    for turn, cut in enumerate(cuts_of_all(count, rounds, draw)):
        cuts = np.full(tickers, cut)
        others = bars.changed(contrary(bars, cuts, draw))
        require(others if turn % 2 else bars.upto(cut), cuts)
    alone = draw.permutation(tickers).tolist()
    alone.sort(key=lambda column: column == 0)  # it comes before all that could be kept for it
    for column in alone[:rounds] if cure_across is not None else ():
        for subject, whole, some in zip(
            subjects, known, compute(bars.columns([column])), strict=True
        ):
            if change := first_change(some, whole[:, [column]]):
                raise across(subject, bars, (change[0], column), str(cure_across))
    scaled = zip(subjects, known, compute(bars.scaled()), strict=True)
    tried.levels = [subject.noun for subject, whole, some in scaled if first_change(some, whole)]
    return tried


def ahead(
    subject: Subject,
    bars: Bars,
    change: tuple[int, int],
    cut: int,
    with_them: float,
    without: float,
    market: str = "",
) -> InputError:
    """The error of a value, at a bar and ticker, that depends on bars from the cut on."""
    bar, ticker = change
    return InputError(
        subject.where,
        f"it looks ahead: its {subject.noun} for {bars.ticker[ticker]} at "
        f"{date(bars.timestamp, bar)}{market} depends on bars after "
        f"{date(bars.timestamp, cut - 1)}: "
        f"{with_them:g} with them, {without:g} with others or none",
        f"compute each {subject.noun} from the bars up to it (no shift(-1), centred window, or "
        "mean over all bars)",
    )


def across(
    subject: Subject, bars: Bars, change: tuple[int, int], cure: str, market: str = ""
) -> InputError:
    """The error of a value, at a bar and ticker, that depends on other tickers."""
    bar, ticker = change
    return InputError(
        subject.where,
        f"its {subject.noun} for {bars.ticker[ticker]} at {date(bars.timestamp, bar)}{market}"
        " depends on other tickers",
        cure,
    )


def date(timestamp: Times, bar: int) -> str:
    """When the bar is; at midnight, as daily bars are, its date alone."""
    return str(timestamp[bar].astype("datetime64[s]")).removesuffix("T00:00:00")
