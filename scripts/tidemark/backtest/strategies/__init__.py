"""The strategies: one file each in this folder, named after it.

A strategy's file has

- a docstring whose first line says what it does;
- `CATEGORY`, one of `CATEGORIES`;
- `DEFAULTS`, its parameters and their default values;
- `targets(prices, ...)`, which takes `Prices` and the parameters by name, and returns an array
  (bars, tickers): the position wanted at each bar's close as a share of equity, 1 all in, 0 flat,
  -1 fully short, NaN where undefined. No row may depend on a later bar, nor a column on another;
- optionally `valid(...)`, which takes the parameters and is False for sets that make no sense;
- optionally `CROSS_SECTIONAL = True`, for targets that do compare tickers with each other.

An argument of `targets` that is named in `INPUTS` rather than in `DEFAULTS` is data beyond prices,
of the model that its entry names: (bars, tickers), made at each bar's close, NaN where there is
none. `forecasts` are of the mean return a bar from then on, `probabilities` the chance that the
return is above 0.

A step runs strategies in processes of their own, which may open nothing (`backtest.apart`).
`load` and `targets_of` run them in this one.
"""

import importlib
import inspect
import itertools
import math
import pkgutil
import shlex
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import tidemark
from tidemark.arrays import Floats
from tidemark.backtest.settings import BENCHMARK, STRATEGIES
from tidemark.causality import date
from tidemark.errors import BadValue, InputError, hint
from tidemark.isolated import errors_across
from tidemark.market.grid import Noted, Prices, locked
from tidemark.market.recall import Recall
from tidemark.ohlcv import OHLCV
from tidemark.project import CODE

import numpy as np

Parameters = dict[str, Any]

CATEGORIES = (
    *("trend", "momentum", "mean_reversion", "breakout", "volatility"),
    *(BENCHMARK, "model"),
)
INPUTS = ("forecasts", "probabilities")


@dataclass(frozen=True)
class Description:
    """What a strategy's file says of it, without any of its code."""

    name: str
    category: str
    defaults: Mapping[str, Any]
    inputs: tuple[str, ...]  # what `targets` takes beyond prices and parameters
    cross_sectional: bool = field(default=False, kw_only=True)  # whether tickers are compared


@dataclass(frozen=True)
class Strategy(Description):
    """A strategy whose code is loaded in this process."""

    targets: Callable[..., Floats]
    valid: Callable[..., bool]


# Target positions (bars, tickers) of one set after the other: `targets_of` of some strategy.
Targets = Callable[[Prices, Sequence[Parameters], Mapping[str, Floats]], Iterator[Floats]]
# A process that has seen nothing yet, as long as the block lasts, and the targets that it gives.
Fresh = Callable[[], AbstractContextManager[Targets]]


def here(strategy: Strategy) -> Fresh:
    """A stand-in for fresh processes: always this one, which remembers all that it has seen."""
    return lambda: nullcontext(partial(targets_of, strategy))


def names() -> list[str]:
    """All strategies there are, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> Strategy:
    """Load the strategy of that name; only its own file is imported.

    Raises:
        BadValue: there is no such strategy.
        InputError: its file lacks something or has it wrong, or raises an error.
        SyntaxError: it, or a file of the project that it imports, is not Python.
    """
    if name not in names():
        raise BadValue(
            "strategy",
            f"there is no strategy {name}{hint(name, names())}",
            f"name one of {', '.join(names())}, or write {STRATEGIES}/{name}.py",
        )
    with _told(name):
        try:
            module = importlib.import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as error:
            raise InputError(
                file_of(name),
                f"imports {error.name}, which is not there",
                "see the imports of sma_cross.py beside it: indicators and signals are in"
                " tidemark.market",
            ) from error
    missing = [part for part in ("CATEGORY", "DEFAULTS", "targets") if not hasattr(module, part)]
    if missing or not module.__doc__:
        raise InputError(
            file_of(name),
            f"it has no {(missing or ['docstring'])[0]}",
            "see sma_cross.py beside it",
        )
    cross_sectional = getattr(module, "CROSS_SECTIONAL", False)
    for part, value, fits, wanted in (
        ("CATEGORY", module.CATEGORY, isinstance(module.CATEGORY, str), "a text"),
        ("DEFAULTS", module.DEFAULTS, isinstance(module.DEFAULTS, Mapping), "a dictionary"),
        ("targets", module.targets, callable(module.targets), "a function"),
        ("CROSS_SECTIONAL", cross_sectional, isinstance(cross_sectional, int), "True or False"),
    ):
        if not fits:
            raise InputError(
                file_of(name),
                f"its {part} is of type {type(value).__name__}",
                f"make it {wanted}, as in sma_cross.py beside it",
            )
    if module.CATEGORY not in CATEGORIES:
        raise InputError(
            file_of(name),
            f"unknown CATEGORY {module.CATEGORY!r}{hint(str(module.CATEGORY), CATEGORIES)}",
            f"use one of {', '.join(CATEGORIES)}",
        )
    with _told(name):
        inputs = _inputs(name, module.targets, module.DEFAULTS)
    return Strategy(
        name,
        module.CATEGORY,
        module.DEFAULTS,
        inputs,
        module.targets,
        getattr(module, "valid", lambda **_: True),
        cross_sectional=bool(cross_sectional),
    )


def _inputs(
    name: str, targets: Callable[..., Floats], defaults: Mapping[str, Any]
) -> tuple[str, ...]:
    """What `targets` takes beyond prices and parameters."""
    prices, *others = inspect.signature(targets).parameters or [""]
    if prices != "prices":
        raise InputError(
            file_of(name), "the first argument of targets is not prices", "put it first"
        )
    for unknown in set(others) - set(defaults) - set(INPUTS):
        raise InputError(
            file_of(name),
            f"targets takes {unknown}, which has no default",
            f"add {unknown} to DEFAULTS",
        )
    for unused in set(defaults) - set(others):
        raise InputError(
            file_of(name),
            f"targets does not take {unused}, which is in DEFAULTS",
            f"remove {unused} from DEFAULTS, or make it an argument",
        )
    inputs = tuple(other for other in others if other not in defaults)
    if len(inputs) > 1:
        raise InputError(
            file_of(name),
            f"targets takes {' and '.join(inputs)}, but its entry names one model",
            "take one of them",
        )
    return inputs


def grid(strategy: Strategy, values: Mapping[str, Sequence[Any]]) -> list[Parameters]:
    """All combinations of the listed values that make sense; defaults for what is not listed.

    Args:
        strategy: the one whose parameters they are.
        values: lists of values by parameter; `{}` gives the defaults alone.

    Raises:
        BadValue: an unknown parameter, a value of the wrong type or listed twice, an empty list,
            or no combination that makes sense.
    """
    for key in values:
        if key not in strategy.defaults:
            raise BadValue(
                key,
                f"{strategy.name} has no such parameter{hint(key, strategy.defaults)}",
                f"its parameters: {', '.join(strategy.defaults) or 'none'}",
            )
    lists = {
        key: _checked(values.get(key, [default]), default, key)
        for key, default in strategy.defaults.items()
    }
    sets = [dict(zip(lists, chosen, strict=True)) for chosen in itertools.product(*lists.values())]
    sensible = [parameters for parameters in sets if _is_valid(strategy, parameters)]
    if not sensible:
        raise BadValue(
            "",
            f"{strategy.name} can do nothing with any of these values, e.g. {describe(sets[0])}",
            f"its defaults make sense: {describe(strategy.defaults)}",
        )
    return sensible


def _is_valid(strategy: Strategy, parameters: Parameters) -> bool:
    with _told(strategy.name, f"with {describe(parameters)} valid"):
        return bool(strategy.valid(**parameters))


def _checked(values: object, default: Any, key: str) -> list[Any]:
    """The listed values, each of the default's type; a whole number may stand for a fraction."""
    if not isinstance(values, list | tuple) or not values:
        raise BadValue(key, "not a list of values", f"write a list, e.g. [{default}]")
    kind = type(default)
    for value in values:
        if type(value) is not kind and not (kind is float and type(value) is int):
            word = {int: "a whole number", float: "a number"}.get(kind, f"a {kind.__name__}")
            raise BadValue(key, f"{value!r} is not {word}", f"e.g. [{default}]")
        if kind is float and not math.isfinite(value):
            raise BadValue(key, f"{value!r} is not finite", f"e.g. [{default}]")
        if values.count(value) > 1:
            raise BadValue(key, f"{value!r} is listed twice", "remove one of the two")
    return [kind(value) for value in values]


def describe(parameters: Mapping[str, Any]) -> str:
    """A set of parameters as text, e.g. `fast=20 slow=50`; a blank in a value is quoted."""
    told = (f"{key}={shlex.quote(str(value))}" for key, value in parameters.items())
    return " ".join(told) or "no parameters"


def described(text: str) -> dict[str, str]:
    """The parameters in what `describe` returned, with their values as text; maybe none."""
    return dict(pair.split("=", 1) for pair in shlex.split(text) if "=" in pair)


def targets_of(
    strategy: Strategy,
    prices: Prices,
    sets: Iterable[Parameters],
    inputs: Mapping[str, Floats] | None = None,
) -> Iterator[Floats]:
    """Yield target positions (bars, tickers) of one set after the other, NaN where there is no bar.

    Args:
        strategy: as returned by `load`.
        prices: the bars.
        sets: as returned by `grid`.
        inputs: (bars, tickers) by name, at least those in `strategy.inputs`.

    Raises:
        BadValue: an input is missing.
        InputError: the strategy's code raises an error, or writes into bars or an
            indicator's result, or targets are no real numbers, have another shape or lie beyond
            -1 to 1.
    """
    for said in wanted_by(strategy, prices, sets, inputs or {}):
        require_shape(strategy, said.parameters, said.targets.shape, prices)
        yield positions(strategy, said.parameters, said.targets.copy(order="K"), prices)


class Said(NamedTuple):
    """What a strategy's own code returned for a set, and the columns of the bars that it read."""

    parameters: Parameters
    targets: Floats
    read: frozenset[str]


def wanted_by(
    strategy: Strategy,
    prices: Prices,
    sets: Iterable[Parameters],
    inputs: Mapping[str, Floats],
) -> Iterator[Said]:
    """Yield what the strategy's own code returns for each set, whatever shape that has.

    Args and Raises: as for `targets_of`.
    """
    data = {name: locked(values) for name, values in needed(strategy, inputs).items()}
    shared = prices.locked()
    known = Recall([*(getattr(shared, name) for name in OHLCV), *data.values()])
    for parameters in sets:
        last = f" to {date(prices.timestamp, -1)}" if len(prices.timestamp) else ""
        with _told(
            strategy.name, f"with {describe(parameters)}, on {len(prices.timestamp)} bars{last}, it"
        ):
            try:
                with known.used():
                    bars = Noted.of(shared, set())
                    given = strategy.targets(bars, **data, **parameters)
            except ValueError as error:
                if _runs_on_copies(strategy, prices, data, parameters):
                    raise _writes(strategy, parameters, error) from error
                raise
            wanted = _numbers(strategy, parameters, given)
        yield Said(parameters, wanted, frozenset(bars.read))


def _numbers(strategy: Strategy, parameters: Parameters, given: object) -> Floats:
    """What `targets` returned as 64-bit numbers; nothing is guessed where it is something else."""
    values = np.asarray(given)
    if values.dtype.kind not in "biuf":
        kind = f"an array of {values.dtype}" if np.ndim(values) else f"a {type(given).__name__}"
        raise InputError(
            f"{file_of(strategy.name)} with {describe(parameters)}",
            f"targets returns {kind}, not real numbers",
            "return an array of floats (bars, tickers), NaN where there is no position",
        )
    return np.asarray(values, dtype=np.float64)


def needed(strategy: Description, inputs: Mapping[str, Floats]) -> dict[str, Floats]:
    """Those of the inputs that the strategy takes.

    Raises:
        BadValue: one is missing.
    """
    for name in strategy.inputs:
        if name not in inputs:
            raise lacking(strategy, name)
    return {name: inputs[name] for name in strategy.inputs}


def _runs_on_copies(
    strategy: Strategy, prices: Prices, data: Mapping[str, Floats], parameters: Parameters
) -> bool:
    """Whether arrays that nobody else uses give targets, so that only sharing was in the way."""
    own = replace(prices, **{name: getattr(prices, name).copy() for name in OHLCV})
    try:
        strategy.targets(own, **{name: data[name].copy() for name in data}, **parameters)
    except Exception:
        return False
    return True


@contextmanager
def _told(name: str, who: str = "it") -> Iterator[None]:
    """Whatever the strategy's own code raises is an InputError that names its line.

    Not so what it says of a parameter, what would end the process, and files that are not Python.
    """
    try:
        yield
    except (BadValue, InputError, SystemExit, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        if tidemark.not_python(error, CODE):
            raise
        raise _fails(name, who, error) from error


def _fails(name: str, who: str, error: BaseException) -> InputError:
    said = errors_across.words(error).partition("\n")[0].rstrip(".")
    return InputError(
        _line_of(name, error),
        f"{who} raises {type(error).__name__}{said and f': {said}'}",
        "mend it; the traceback is in logs/pipeline.log",
    )


def _line_of(name: str, error: BaseException, *code: str) -> str:
    """The strategy's file, with the last of its lines on the way to the error.

    `code` is where its code lies, if not in its own file.
    """
    files = {*code, *(f"{folder}/{name}.py" for folder in __path__)}
    frames = traceback.walk_tb(error.__traceback__)
    lines = [line for frame, line in frames if frame.f_code.co_filename in files]
    return ":".join([file_of(name), *map(str, lines[-1:])])


def _writes(strategy: Strategy, parameters: Parameters, error: Exception) -> InputError:
    """The error of a strategy that would change bars, or results of indicators, for other sets."""
    return InputError(
        _line_of(strategy.name, error, inspect.getfile(strategy.targets)),
        f"with {describe(parameters)} it writes into bars, or into what an indicator returned",
        "write into a copy, as in `sma(...).copy()`: other sets use the same arrays",
    )


def lacking(strategy: Description, name: str) -> BadValue:
    """The error of an input that a strategy needs and is not given."""
    return BadValue(
        name,
        f"{strategy.name} needs {name}",
        f"say whose {name} in its entry: forecasts: {{scenario: ..., model: ...}}",
    )


def require_shape(
    strategy: Description, parameters: Parameters, shape: tuple[int, ...], prices: Prices
) -> None:
    """Refuse targets that are not one for each bar and ticker.

    Raises:
        InputError: they are of another shape.
    """
    if shape != prices.close.shape:
        raise InputError(
            f"{file_of(strategy.name)} with {describe(parameters)}",
            f"targets have the shape {shape} for bars of {prices.close.shape}",
            "return one position for each bar and ticker",
        )


class OutOfRangeError(InputError):
    """A target beyond -1 to 1, in that column of the bars that were asked."""

    def __init__(self, column: int, where: str, problem: str, cure: str) -> None:
        super().__init__(where, problem, cure)
        self.column = column


def positions(
    strategy: Description, parameters: Parameters, targets: Floats, prices: Prices
) -> Floats:
    """The targets, made NaN where there is no bar.

    Raises:
        OutOfRangeError: one lies beyond -1 to 1.
    """
    lowest, highest = (pick.reduce(targets, axis=None, initial=0.0) for pick in (np.fmin, np.fmax))
    within = lowest >= -1.0 and highest <= 1.0  # of those that are numbers
    for row, column in () if within else np.argwhere(np.abs(targets) > 1.0)[:1]:
        raise OutOfRangeError(
            int(column),
            f"{file_of(strategy.name)} with {describe(parameters)}",
            f"the target for {prices.ticker[column]} at {date(prices.timestamp, row)} is "
            f"{targets[row, column]:g}",
            "targets are shares of equity, from -1 to 1: clip them",
        )
    gone = np.isnan(prices.close)
    if gone.any():
        np.copyto(targets, np.nan, where=gone)
    return targets


def file_of(name: str) -> str:
    """The strategy's file, for messages."""
    return f"{STRATEGIES}/{name}.py"
