"""Results of indicators, kept while many sets of parameters are tried on the same bars.

Sets of a grid have windows in common: 12 pairs of a fast and a slow average need 7 averages. So the
results of indicators on the bars, and on such results, are kept; when they reach `MOST` bytes, all
are let go. A kept result cannot be written to, or the next set would see what was written.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST = 1 << 26  # bytes

_current: ContextVar["Recall | None"] = ContextVar("recall", default=None)


class Recall:
    """The results of functions on some arrays, which nobody writes to meanwhile."""

    def __init__(self, arrays: Iterable[NDArray[Any]]) -> None:
        self._given = {id(array): array for array in arrays}
        self._forget()

    def _forget(self) -> None:
        self._known = dict(self._given)  # keeps them alive, so that no other array gets their id
        self._results: dict[Hashable, Any] = {}
        self._bytes = 0

    @contextmanager
    def used(self) -> Iterator[None]:
        """Let `result` use this recall within the block."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def result(self, function: Callable[..., Any], args: tuple[Any, ...], named: Any) -> Any:
        """What `function(*args, **named)` returns, from memory if it was asked for before."""
        if self._bytes >= MOST:
            self._forget()
        arrays = [id(arg) for arg in args if isinstance(arg, np.ndarray)]
        if not self._known.keys() >= set(arrays):
            return function(*args, **named)
        places = [id(arg) if isinstance(arg, np.ndarray) else arg for arg in args]
        key = (function, *places, *sorted(named.items()))
        try:
            known = key in self._results
        except TypeError:  # an argument without a hash
            return function(*args, **named)
        if not known:
            self._results[key] = function(*args, **named)
            self._keep(self._results[key])
        return self._results[key]

    def _keep(self, result: Any) -> None:
        for array in result if isinstance(result, tuple) else (result,):
            array.flags.writeable = False
            self._known[id(array)] = array
            self._bytes += array.nbytes


def result(function: Callable[..., Any], args: tuple[Any, ...], named: Any) -> Any:
    """What `function(*args, **named)` returns, from the recall in use if there is one."""
    recall = _current.get()
    return function(*args, **named) if recall is None else recall.result(function, args, named)
