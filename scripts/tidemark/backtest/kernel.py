"""The loops of the engine: what becomes of a set's targets, each bar touched while it is at hand.

`machine_code` compiles this file as it stands, and what that gave runs in its place. So it imports
nothing, and says of every parameter of `trade` what it is by a name that `compiling` knows.
Operations have the order written here, on any processor: sums are split by hand, not by a compiler.

Arrays are flat: row after row. `engine` says what is worked out, `performance` what it is worth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tidemark.arrays import Bools, Floats, Integers

TOGETHER = 8  # tickers whose targets are read at once: as many as share a line of the cache
RUN = 8  # bars of which the extremes are looked at first
SAMPLE = 256  # returns that tell roughly where the lowest are
# What is found of a ticker in a window, in this order.
GROWTH, LOWEST, SUM, SQUARES, BELOW, QUANTILE, NEXT, SHORTFALL = range(8)
TRADES, WINS, HELD, TRADED, COSTS, FIGURES = range(8, 14)
# Rows of the memory in which one ticker is worked out, each of bars + 1: equity before each bar and
# after the last; by fill, by trade, and what the lowest returns are found in.
EQUITY, KEPT, FLAT, VALUE_IN, VALUE_OUT, EXCESS, FEW, CHOSEN, COURSE = range(9)
SLOT, ENTERED, LEFT, NOTED = range(4)  # the same for whole numbers: of a fill, and of a trade


def trade(
    targets: Floats,
    bar_step: int,
    ticker_step: int,
    first: int,
    after: int,
    bars: int,
    at_open: int,
    lag: int,
    floor: float,
    buyer_pays: float,
    seller_gets: float,
    cash: Floats,
    change: Floats,
    overnight: Floats,
    intraday: Floats,
    listed: Bools,
    waiting: Integers,
    decided: Integers,
    held: Floats,
    returns: Floats,
    rows: int,
    course: Floats,
    noted: Integers,
    windows: int,
    starts: Integers,
    stops: Integers,
    counted: Integers,
    tail: float,
    tickers: int,
    figures: Floats,
) -> int:
    """Trade one set on the tickers [first, after), and measure each in every window.

    Args:
        targets: the first of a set; they lie `bar_step` and `ticker_step` apart.
        first, after: tickers.
        bars: of each ticker.
        at_open, lag, floor, buyer_pays, seller_gets: the rules; `floor` is the lowest position.
        cash: (tickers,) what cash earns in a bar.
        change, overnight, intraday, listed: (tickers, bars).
        waiting: (tickers,) the row of `decided`; -1 for those that are traded in every slot.
        decided: (some tickers, slots) the slot whose target each slot holds.
        held, returns: (rows, slots), (rows, bars); filled for the last tickers, in turn.
        rows: at least TOGETHER, or as many as there are tickers.
        course, noted: (COURSE, bars + 1), (NOTED, bars + 1) memory to work in.
        windows, starts, stops: (windows,) bars [start, stop).
        counted: (windows, tickers) listed bars.
        tail: share of returns that are the lowest.
        tickers: of all.
        figures: (windows, tickers, FIGURES), what is found.

    Returns:
        Whether a target lies beyond -1 to 1; if so, nothing else holds.
    """
    slots, width = bars if at_open else bars + 1, bars + 1
    beyond = 0
    for block in range(first, after, TOGETHER):
        together = min(TOGETHER, after - block)
        row = (block - first) % rows * slots
        beyond |= _positions(
            *(targets, block * ticker_step, bar_step, ticker_step, together, slots, lag, floor),
            *(held, row),
        )
        for ticker in range(block, block + together):
            own = (ticker - first) % rows
            mine, got, of = own * slots, own * bars, ticker * bars
            if waiting[ticker] >= 0:
                _wait(held, mine, slots, decided, waiting[ticker] * slots)
            fills = _fills(held, mine, slots, noted)
            _earn(held, mine, change, of, cash[ticker], listed, bars, returns, got)
            _fill(
                *(held, mine, fills, noted, at_open, buyer_pays, seller_gets, cash[ticker]),
                *(overnight, intraday, listed, of, returns, got, course, width),
            )
            ruin = _grow(returns, got, bars, course)
            if ruin >= 0:
                fills = _end(
                    *(held, mine, fills, noted, ruin, slots, at_open, buyer_pays, seller_gets),
                    *(course, width, returns, got, bars),
                )
            if windows == 0:
                continue
            trades = _spells(held, mine, fills, noted, at_open, course, width, bars)
            for window in range(windows):
                at = window * tickers + ticker
                _measure(
                    *(held, mine, returns, got, listed, of, cash[ticker], course, width),
                    *(noted, fills, trades, at_open, starts[window], stops[window], counted[at]),
                    *(tail, figures, at * FIGURES),
                )
    return beyond


def _positions(
    targets: Floats,
    begin: int,
    bar_step: int,
    ticker_step: int,
    tickers: int,
    slots: int,
    lag: int,
    floor: float,
    held: Floats,
    row: int,
) -> int:
    """Read what is wanted by some tickers: a position from each slot on, if it can be traded."""
    beyond = 0
    for nth in range(tickers):
        mine = row + nth * slots
        for slot in range(min(lag, slots)):
            held[mine + slot] = 0.0
        if bar_step == 1:
            place = begin + nth * ticker_step
            for slot in range(lag, slots):
                share = targets[place + slot - lag]
                share = share if share >= floor else 0.0  # it may be NaN
                beyond |= abs(share) > 1.0
                held[mine + slot] = share
    if bar_step != 1:
        for slot in range(lag, slots):
            place = begin + (slot - lag) * bar_step
            for nth in range(tickers):
                share = targets[place + nth * ticker_step]
                share = share if share >= floor else 0.0
                beyond |= abs(share) > 1.0
                held[row + nth * slots + slot] = share
    return beyond


def _wait(held: Floats, row: int, slots: int, decided: Integers, source: int) -> None:
    """Hold in each slot what was decided before the last one with a fill.

    That never comes later than the slot itself, so from the end on nothing is read once changed.
    """
    for back in range(slots):
        slot = slots - 1 - back
        held[row + slot] = held[row + decided[source + slot]]


def _fills(held: Floats, row: int, slots: int, noted: Integers) -> int:
    """Note the slots in which the position changes; how many."""
    count = 0
    for slot in range(1, slots):
        noted[count] = slot
        count += held[row + slot] != held[row + slot - 1]
    return count


def _earn(
    held: Floats,
    row: int,
    change: Floats,
    of: int,
    cash: float,
    listed: Bools,
    bars: int,
    returns: Floats,
    got: int,
) -> None:
    """Work out the returns of what is held all through each bar."""
    for bar in range(bars):
        returns[got + bar] = held[row + bar] * change[of + bar]
    if cash != 0.0:
        for bar in range(bars):
            earned = cash if listed[of + bar] else 0.0
            returns[got + bar] += earned * (1.0 - abs(held[row + bar]))


def _fill(
    held: Floats,
    row: int,
    fills: int,
    noted: Integers,
    at_open: int,
    buyer_pays: float,
    seller_gets: float,
    cash: float,
    overnight: Floats,
    intraday: Floats,
    listed: Bools,
    of: int,
    returns: Floats,
    got: int,
    course: Floats,
    width: int,
) -> None:
    """Correct the returns of bars with fills; keep what each leaves, and what is flat in it.

    Both are factors: of equity before the fill, and from the last close to the moment without any
    position.
    """
    for nth in range(fills):
        slot = noted[nth]
        before, after = held[row + slot - 1], held[row + slot]
        beyond = buyer_pays if after > before else seller_gets
        leaving, entering = 1.0 + beyond * before, 1.0 + beyond * after
        kept = leaving / entering
        course[KEPT * width + nth] = kept
        if at_open:
            night = max(1.0 + before * overnight[of + slot], 0.0)
            earned = cash if listed[of + slot] else 0.0
            day = 1.0 + (after * intraday[of + slot] + (1.0 - abs(after)) * earned)
            returns[got + slot] = night * kept * day - 1.0
            course[FLAT * width + nth] = night * leaving
        else:
            returns[got + slot - 1] = (1.0 + returns[got + slot - 1]) * kept - 1.0
            course[FLAT * width + nth] = entering


def _grow(returns: Floats, got: int, bars: int, course: Floats) -> int:
    """Multiply up equity, 1 before the first bar; the bar that loses everything, or -1."""
    equity = 1.0
    course[0] = equity
    for bar in range(bars):
        change = returns[got + bar]
        if change <= -1.0:
            return bar
        equity *= 1.0 + change
        course[bar + 1] = equity
    return -1


def _end(
    held: Floats,
    row: int,
    fills: int,
    noted: Integers,
    ruin: int,
    slots: int,
    at_open: int,
    buyer_pays: float,
    seller_gets: float,
    course: Floats,
    width: int,
    returns: Floats,
    got: int,
    bars: int,
) -> int:
    """Let nothing follow a bar that loses everything but the fill that ends the position."""
    returns[got + ruin] = -1.0
    course[ruin + 1] = 0.0
    for bar in range(ruin + 1, bars):
        returns[got + bar] = 0.0
        course[bar + 1] = 0.0
    for slot in range(ruin + 1, slots):
        held[row + slot] = 0.0
    left = 0
    while left < fills and noted[left] <= ruin:
        left += 1
    before = held[row + ruin]
    if ruin + 1 < slots and before != 0.0:
        noted[left] = ruin + 1
        course[KEPT * width + left] = 1.0 + (buyer_pays if before < 0.0 else seller_gets) * before
        course[FLAT * width + left] = 0.0  # of an equity of 0
        left += 1
    return left


def _spells(
    held: Floats,
    row: int,
    fills: int,
    noted: Integers,
    at_open: int,
    course: Floats,
    width: int,
    bars: int,
) -> int:
    """Note every spell of positions of one sign, and equity around it; how many."""
    count = -1
    open_still = False
    for nth in range(fills):
        slot = noted[nth]
        before, after = held[row + slot - 1], held[row + slot]
        if (before > 0.0) == (after > 0.0) and (before < 0.0) == (after < 0.0):
            continue
        bar = slot if at_open else slot - 1
        equity = course[FLAT * width + nth] * course[slot]
        if before != 0.0:
            noted[LEFT * width + count] = bar
            course[VALUE_OUT * width + count] = equity
            open_still = False
        if after != 0.0:
            count += 1
            noted[ENTERED * width + count] = bar
            course[VALUE_IN * width + count] = equity
            open_still = True
    if open_still:
        noted[LEFT * width + count] = bars
        course[VALUE_OUT * width + count] = course[bars]
    return count + 1


def _measure(
    held: Floats,
    row: int,
    returns: Floats,
    got: int,
    listed: Bools,
    of: int,
    cash: float,
    course: Floats,
    width: int,
    noted: Integers,
    fills: int,
    trades: int,
    at_open: int,
    start: int,
    stop: int,
    counted: int,
    tail: float,
    figures: Floats,
    at: int,
) -> None:
    """Find what `performance` makes its figures of, for the bars [start, stop)."""
    whole = counted == stop - start
    _drawdown(course, start, stop, figures, at)
    if cash == 0.0:
        _moments(returns, got + start, stop - start, figures, at)
    else:
        excess = EXCESS * width
        for bar in range(start, stop):
            earned = cash if listed[of + bar] else 0.0
            course[excess + bar] = returns[got + bar] - earned
        _moments(course, excess + start, stop - start, figures, at)
    if whole:
        _tail(returns, got + start, counted, tail, course, width, figures, at)
    else:
        there = EXCESS * width
        count = 0
        for bar in range(start, stop):
            if listed[of + bar]:
                course[there + count] = returns[got + bar]
                count += 1
        _tail(course, there, count, tail, course, width, figures, at)
    some = 0
    if whole:
        for bar in range(start, stop):
            some += held[row + bar] != 0.0
    else:
        for bar in range(start, stop):
            some += held[row + bar] != 0.0 and listed[of + bar]
    figures[at + HELD] = some
    _traded(held, row, course, width, noted, fills, trades, at_open, start, stop, figures, at)


def _drawdown(course: Floats, start: int, stop: int, figures: Floats, at: int) -> None:
    """Growth, and the lowest share of its highest so far that equity had.

    Pass over runs of bars whose lowest equity is no such share even of the highest by their end.
    """
    peak = course[start]
    lowest = peak / peak  # NaN if all was lost before
    whole = (stop - start) // RUN * RUN
    for run in range(start + 1, start + 1 + whole, RUN):
        high = low = course[run]
        for bar in range(run + 1, run + RUN):
            equity = course[bar]
            high = equity if equity > high else high
            low = equity if equity < low else low
        high = high if high > peak else peak
        if low < lowest * high:
            lowest = _lowest(course, run, run + RUN, peak, lowest)
        peak = high
    figures[at + GROWTH] = course[stop] / course[start]
    figures[at + LOWEST] = _lowest(course, start + 1 + whole, stop + 1, peak, lowest)


def _lowest(course: Floats, first: int, after: int, peak: float, lowest: float) -> float:
    """Look at each bar [first, after)."""
    for bar in range(first, after):
        equity = course[bar]
        peak = equity if equity > peak else peak
        share = equity / peak
        lowest = share if share < lowest else lowest
    return lowest


def _moments(values: Floats, begin: int, count: int, figures: Floats, at: int) -> None:
    """Sums of values, of their squares, and of the squares of those below 0."""
    sum_0 = sum_1 = sum_2 = sum_3 = 0.0
    squares_0 = squares_1 = squares_2 = squares_3 = 0.0
    below_0 = below_1 = below_2 = below_3 = 0.0
    fours = count // 4 * 4
    for place in range(begin, begin + fours, 4):
        one, two, three, four = (
            values[place],
            values[place + 1],
            values[place + 2],
            values[place + 3],
        )
        sum_0 += one
        sum_1 += two
        sum_2 += three
        sum_3 += four
        squares_0 += one * one
        squares_1 += two * two
        squares_2 += three * three
        squares_3 += four * four
        one, two = one if one < 0.0 else 0.0, two if two < 0.0 else 0.0
        three, four = three if three < 0.0 else 0.0, four if four < 0.0 else 0.0
        below_0 += one * one
        below_1 += two * two
        below_2 += three * three
        below_3 += four * four
    for place in range(begin + fours, begin + count):
        one = values[place]
        sum_0 += one
        squares_0 += one * one
        one = min(one, 0.0)
        below_0 += one * one
    figures[at + SUM] = (sum_0 + sum_1) + (sum_2 + sum_3)
    figures[at + SQUARES] = (squares_0 + squares_1) + (squares_2 + squares_3)
    figures[at + BELOW] = (below_0 + below_1) + (below_2 + below_3)


def _tail(
    values: Floats,
    begin: int,
    count: int,
    tail: float,
    course: Floats,
    width: int,
    figures: Floats,
    at: int,
) -> None:
    """The quantile of the lowest values, the next value above it, and the mean of the lowest.

    The values below a bound that some of them suggest are set apart; among these few the quantile
    is found.
    """
    if count == 0:
        return
    last = int(tail * (count - 1))
    few = FEW * width
    bound = _suggested(values, begin, count, last, course, CHOSEN * width)
    below = _below(values, begin, count, bound, course, few)
    equal = 0
    if below <= last + 1:
        for place in range(begin, begin + count):
            if values[place] == bound:
                equal += 1
    if below + equal <= last:  # it was too low
        below = count
        for nth in range(count):
            course[few + nth] = values[begin + nth]
    lowest, lower = few, below
    if below <= last:
        quantile = following = bound
        if below + equal == last + 1:
            following = _lowest_above(values, begin, count, bound)
    else:
        chosen = CHOSEN * width
        for nth in range(below):
            course[chosen + nth] = course[few + nth]
        quantile = _select(course, chosen, below, last)
        lowest, lower = chosen, last + 1
        following = bound
        if last + 1 < below:
            following = course[chosen + last + 1]
            for nth in range(last + 1, below):
                following = min(following, course[chosen + nth])
    total = 0.0
    for nth in range(lower):
        total += course[lowest + nth]
    figures[at + QUANTILE] = quantile
    figures[at + NEXT] = following
    figures[at + SHORTFALL] = (total + (last + 1 - lower) * quantile) / (last + 1)


def _suggested(
    values: Floats, begin: int, count: int, last: int, course: Floats, sample: int
) -> float:
    """A value that is somewhat above the quantile, as far as values at equal distances tell."""
    if count < 4 * SAMPLE:
        return float("inf")
    step = count // SAMPLE
    wanted = (last + 1) * SAMPLE // count + 8
    known = 0
    for nth in range(SAMPLE):
        value = values[begin + nth * step]
        if known < wanted:
            known += 1
        elif not value < course[sample + known - 1]:
            continue
        place = known - 1
        while place > 0 and course[sample + place - 1] > value:
            course[sample + place] = course[sample + place - 1]
            place -= 1
        course[sample + place] = value
    suggested: float = course[sample + known - 1]
    return suggested


def _below(values: Floats, begin: int, count: int, bound: float, course: Floats, few: int) -> int:
    """Set the values below a bound apart, in their order; how many there are."""
    below = 0
    for place in range(begin, begin + count):
        value = values[place]
        course[few + below] = value
        below += value < bound
    return below


def _lowest_above(values: Floats, begin: int, count: int, bound: float) -> float:
    lowest = float("inf")
    for place in range(begin, begin + count):
        if values[place] > bound:
            lowest = min(lowest, values[place])
    return lowest


def _select(values: Floats, begin: int, count: int, rank: int) -> float:
    """The value of that rank (Hoare 1961, Communications of the ACM 4, 321-322).

    It ends at its place, with none that is higher before it and none that is lower after it.
    """
    low, after, place = begin, begin + count, begin + rank
    while True:
        one, two, three = values[low], values[(low + after) // 2], values[after - 1]
        pivot: float = max(min(one, two), min(max(one, two), three))
        equal = low
        for at in range(low, after):
            value = values[at]
            values[at] = values[equal]
            values[equal] = value
            equal += value < pivot
        if place < equal:
            after = equal
            continue
        above = equal
        for at in range(equal, after):
            value = values[at]
            values[at] = values[above]
            values[above] = value
            above += value <= pivot
        if place < above or above == low:  # a pivot that is NaN takes nothing from the rest
            return pivot
        low = above


def _traded(
    held: Floats,
    row: int,
    course: Floats,
    width: int,
    noted: Integers,
    fills: int,
    trades: int,
    at_open: int,
    start: int,
    stop: int,
    figures: Floats,
    at: int,
) -> None:
    """Trades, those that gained, shares of equity traded, and lost to costs."""
    traded = costs = 0.0
    for nth in range(fills):
        slot = noted[nth]
        bar = slot if at_open else slot - 1
        if start <= bar < stop:
            traded += abs(held[row + slot] - held[row + slot - 1])
            costs += 1.0 - course[KEPT * width + nth]
    count = wins = 0
    for nth in range(trades):
        entered, left = noted[ENTERED * width + nth], noted[LEFT * width + nth]
        if entered < stop and left >= start:
            begin = course[VALUE_IN * width + nth] if entered >= start else course[start]
            end = course[VALUE_OUT * width + nth] if left < stop else course[stop]
            count += 1
            if end > begin:
                wins += 1
    figures[at + TRADES] = count
    figures[at + WINS] = wins
    figures[at + TRADED] = traded
    figures[at + COSTS] = costs
