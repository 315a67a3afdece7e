"""A strategy in processes of its own: what each of them does, and how the step asks it.

    apart = Nursery(serve)                       # see tidemark.isolated
    with apart:                                  # before anything is read
        alone = Alone(apart, "sma_cross")
        strategy = alone.load()                  # plain data
        sets = alone.grid({"fast": [5, 10]})
        with alone.fresh() as targets:           # a process that has seen nothing
            for some in targets(prices, sets, inputs):   # (bars, tickers), one set at a time
                ...

A fresh process costs some 15 ms of a processor's time, most of it for the copy of a memory map. It
knows all that it was shown before, so it may be shown more and more of the same bars, but never
fewer after more.

`alone.fresh` is of the type `strategies.Fresh`; in tests `strategies.here(strategy)` stands in.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tidemark.arrays import Floats
from tidemark.backtest import strategies
from tidemark.backtest.strategies import Description, Parameters, Strategy, Targets
from tidemark.errors import InputError
from tidemark.isolated.channel import Channel
from tidemark.isolated.nursery import Nursery, Room
from tidemark.market.grid import Prices
from tidemark.ohlcv import OHLCV

import numpy as np


def serve(channel: Channel) -> None:
    """What a fresh process does: load the strategy that it is told, and answer."""
    strategy = strategies.load(channel.receive()["strategy"])
    channel.send(
        {
            "is": "description",
            "category": strategy.category,
            "defaults": _plain(strategy.name, dict(strategy.defaults)),
            "inputs": strategy.inputs,
            "cross_sectional": strategy.cross_sectional,
        }
    )
    while True:
        asked = channel.receive()
        if "values" in asked:
            channel.send({"is": "sets", "sets": strategies.grid(strategy, asked["values"])})
        else:
            _compute(channel, strategy, asked)


def _plain(name: str, defaults: dict[str, Any]) -> dict[str, Any]:
    """The defaults, if they are the same after a journey as text."""
    with contextlib.suppress(TypeError, ValueError, RecursionError):
        if json.loads(json.dumps(defaults)) == defaults:
            return defaults
    raise InputError(
        strategies.file_of(name),
        "its DEFAULTS hold more than numbers, texts and lists of these",
        "build what else it needs in targets",
    )


def _compute(channel: Channel, strategy: Strategy, asked: Mapping[str, Any]) -> None:
    """Send what the strategy wants of each set; the bars must be then what they were before."""
    names = (*OHLCV, *asked["inputs"])
    times, *values = (
        channel.fixed(layout, kind)
        for layout, kind in zip(
            asked["layouts"], (asked["kind"], *("<f8" for _ in names)), strict=True
        )
    )
    before = [each.copy(order="K") for each in values]
    given = dict(zip(names, values, strict=True))
    prices = Prices(times, tuple(asked["ticker"]), **{name: given[name] for name in OHLCV})
    inputs = {name: given[name] for name in asked["inputs"]}
    for _, wanted, read in strategies.wanted_by(strategy, prices, asked["sets"], inputs):
        if wanted.shape != prices.close.shape:
            channel.send({"is": "shape", "shape": wanted.shape})
            return
        channel.send({"is": "targets", "read": sorted(read)}, wanted)
    for then, now in zip(before, values, strict=True):
        if not np.array_equal(then.view(np.int64), now.view(np.int64)):
            raise InputError(
                strategies.file_of(strategy.name),
                "it writes into bars",
                "write into a copy: bars are what the market was",
            )
    channel.send({"is": "all"})


class Alone:
    """The strategy of that name, in fresh processes of a nursery that serves strategies.

    The process that was asked for the description and the sets has seen no bars, so it is the first
    of those that `fresh` gives.
    """

    def __init__(self, nursery: Nursery, name: str) -> None:
        self._nursery, self._name = nursery, name
        self._open = contextlib.ExitStack()
        self._waiting: _Asked | None = None

    def load(self) -> Description:
        """What the strategy's file says of it.

        Raises:
            BadValue, InputError: as `strategies.load`.
        """
        return self._first().description

    def grid(self, values: Mapping[str, Sequence[Any]]) -> list[Parameters]:
        """All sets of parameters that make sense, as `strategies.grid`.

        Raises:
            BadValue: as there.
        """
        room = self._first().room
        room.send({"values": values})
        try:
            told = room.receive()
            with room.watched():
                return [dict(some) for some in told["sets"]]
        except BaseException:
            self._waiting = None  # it is over
            self._open.close()
            raise

    def reads(
        self, prices: Prices, sets: Sequence[Parameters], inputs: Mapping[str, Floats]
    ) -> list[frozenset[str]]:
        """The columns of the bars that each set reads when it is asked for its targets.

        Raises:
            BadValue, InputError: as `fresh`.
        """
        with self._started() as asked:
            for _ in asked(prices, sets, inputs):
                pass
            return asked.read

    @contextlib.contextmanager
    def fresh(self) -> Iterator[Targets]:
        """The targets that a process gives which has seen nothing before.

        What it is asked in one block it may remember. One call must be read to its end before the
        next one.

        Raises:
            BadValue, InputError: as `strategies.targets_of`; or the process ended, fell silent,
                wrote into bars, or did what it may not.
        """
        asked = self._first()
        self._waiting = None
        with self._open.pop_all():
            yield asked

    def _first(self) -> "_Asked":
        """The process that waits to be shown something, a new one if there is none."""
        if self._waiting is None:
            self._waiting = self._open.enter_context(self._started())
        return self._waiting

    @contextlib.contextmanager
    def _started(self) -> Iterator["_Asked"]:
        with self._nursery.fresh(strategies.file_of(self._name)) as room:
            room.send({"strategy": self._name})
            told = room.receive()
            with room.watched():
                description = Description(
                    self._name,
                    str(told["category"]),
                    dict(told["defaults"]),
                    tuple(map(str, told["inputs"])),
                    cross_sectional=bool(told["cross_sectional"]),
                )
            yield _Asked(room, description)


@dataclass
class _Asked:
    """A fresh process, to be called as `Targets`."""

    room: Room
    description: Description
    busy: bool = False
    read: list[frozenset[str]] = field(default_factory=list)  # by each set, of the last call

    def __call__(
        self, prices: Prices, sets: Sequence[Parameters], inputs: Mapping[str, Floats]
    ) -> Iterator[Floats]:
        if self.busy:
            raise RuntimeError("the targets asked for before were not read to their end")
        self.busy, self.read = True, []
        given = strategies.needed(self.description, inputs)
        times = np.ascontiguousarray(prices.timestamp)
        about = {
            "sets": list(sets),
            "ticker": prices.ticker,
            "kind": times.dtype.str,
            "inputs": list(given),
        }
        fields = [getattr(prices, name) for name in OHLCV]
        values = [np.asarray(each, np.float64) for each in (*fields, *given.values())]
        self.room.send(about, times.view(np.int64), *values)
        for parameters in sets:
            yield self._next(parameters, prices)
        self.room.receive()
        self.busy = False

    def _next(self, parameters: Parameters, prices: Prices) -> Floats:
        message = self.room.receive()
        with self.room.watched():
            if message["is"] == "targets":
                ((shape, by_columns),) = message["layouts"]
                self.read.append(frozenset(message["read"]) & {*OHLCV})
            else:
                shape, by_columns = message["shape"], False
            shape = tuple(map(int, shape))
        strategies.require_shape(self.description, parameters, shape, prices)
        targets = self.room.floats(prices.close.shape, by_columns=bool(by_columns))
        return strategies.positions(self.description, parameters, targets, prices)
