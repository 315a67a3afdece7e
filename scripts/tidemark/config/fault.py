"""A fault in config.yaml: a value; words come last."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Any

from tidemark.config.yaml_lines import KeyPath
from tidemark.errors import did_you_mean, nearest


@unique  # else two problems with the same words would be one
class Problem(StrEnum):
    """What can be wrong with a key, each with its words for people.

    Braces hold what a fault's `detail` says; `{meant}` is a known word that `given` looks like.
    """

    # the shape of a key
    UNKNOWN_KEY = "unknown key{meant}"
    MISSING = "is missing"
    UNKNOWN_TAG = "must be one of {all}, not {shown}{meant}"
    REFUSED = "{said}"
    REFUSED_VALUE = "{said}, not {shown}{meant}"

    # sources
    UNFIT = "{path} {said}"
    OF_THE_MACHINE = "{path} is a part of the machine, not a file"
    GENERATED = (
        "{path} lies in {folder}/, which the pipeline writes and `make clean` empties:"
        " keep your own files elsewhere, e.g. in mydata/"
    )
    LONG_WAIT = "would wait {days:,.0f} days; at most 7"
    NO_COLUMN = "{column} is missing"
    NO_CLOSE = "names no close: map close, or adj_close if the file has it, or both"
    NO_PATTERN = (
        "{name!r} cannot be found in a wide file: say where the ticker stands in the names of its"
        ' columns, as in "Close *", or "*" alone if the names are tickers'
    )
    NAMED_TWICE = "can have no effect: {other} says the ticker of each row"
    NO_SUCH_FIELD = "can have no effect: columns does not name {field}"
    ONE_SIGN = "form.thousands and form.decimal are both {sign!r}"
    NO_HEADER = "can have no effect: form.header_line is 0"
    OTHER_KIND = "can have no effect: by the name in path this is {kind}"
    ONLY_LIVE = "can have no effect: a file is read, and no provider asked"
    IDLE_LIVE = "can have no effect: what a provider sends is read as it stands, and no file"
    NO_INTERVAL = "{interval} bars can be made of those of days alone: leave it out"
    OTHER_BAR = "bars of {interval} are not {bar} ones: say bar: {right}, or another interval"
    ACTIONS_ALONE = (
        "splits and dividends of {provider} come with its prices alone: say prices.provider:"
        " {provider}, or name a file"
    )
    ACTIONS_BESIDE = (
        "prices of {provider} are adjusted by what it sends itself: leave this out, or take prices"
        " of a file, too"
    )
    SAME_TICKER = "{names} are one ticker: leave one of them"
    SAME_ID = "{names} are both {id} at {provider}: leave one, or correct `tickers`"
    IDLE_ZONE = "{problem}: {cure}"
    COLUMN_TAKEN = "column {column} is taken already"
    CHANGES_NOTHING = "no column is called {column}"
    NO_SERIES = "no economic source has {given}{meant}"

    # names
    COLLISION = "scenario and model names collide in file names: {paths}"
    NAME_TAKEN = "this name is taken"
    NO_SUCH = "no such {what}: {given}{meant}"
    NO_SUCH_OF = "no such {what}: {given}{meant}; one of {all}"

    # validation
    NO_CALENDAR = "can have no effect: calendar is null"
    OPEN_AND_CLOSED = "{days} stands in extra_sessions as well"
    NO_SCHEMA = "{path} does not exist: copy the schema of a source like {source} and adapt it"
    NOT_ACKNOWLEDGED = (
        "{path} is not as somebody acknowledged it: read it, then type"
        ' make acknowledge{config} SOURCE={source} REASON="..."'
    )
    UNKNOWN_CALENDAR = (
        "unknown exchange calendar {given!r}{meant}; a code such as XNYS, XLON, ECB or 24/7, or"
        " null"
    )

    # features and models
    BELOW_HORIZON = "must be at least feature_engineering.horizon ({horizon})"
    NO_FEATURE = "leaves no feature: name lags, windows, economic columns or features"
    NO_CONTRACT = '{path} does not exist: type make contract{config} REASON="...", which writes it'
    OTHER_CONTRACT = (
        '{path} {how}: type make contract{config} REASON="...", which shows and writes the'
        " difference, or name another file"
    )
    NOT_OF_KIND = "not a parameter of this kind of feature{meant}"
    NOT_IN_PRICES = (
        "needs {columns}, which fetch_data.prices.columns does not name."
        " Cure: name the file's columns there, or remove this feature"
    )
    NOT_BELOW_UPPER = "must be below upper"
    NO_BASELINE = "is missing, and no model is of estimator mean: add one, or name another"
    CIRCLE = "goes in a circle: {chain}"
    MANY_SETS = "has more than {most:,} combinations"
    OTHER_TARGET = "{given} forecasts {forecast}, and {what} {needs} {needed}: {cure}"
    NOT_A_PARAMETER = "not a parameter of this model{meant}"
    REFUSED_IN_GRID = "{value!r}: {said}"

    # strategies
    ENDS_EARLY = "ends on {end}, before {start}"
    MANY_BARS = "asks for {bars:,} bars a ticker, at most {most:,} can be simulated"
    NOT_A_NUMBER = "{value!r} is no number that a parameter can have"
    NO_FILE = "there is no {folder}/{given}.py{meant}"
    NO_CATEGORY = '{folder}/{given}.py does not name its category in plain sight: CATEGORY = "..."'
    NOTHING_TO_RANK = "name one to rank, beside benchmarks"
    NOT_A_BENCHMARK = "{name} is of the category {category}: name a benchmark, {choice}"
    NO_HOURS = "daily bars have no hours: set null, or bar: intraday"
    NO_WEIGHT = "give one metric a weight"

    # the gate
    NO_LIMIT = "has no limit: give it warn or fail"
    EMPTY_LIMIT = "names nothing to exceed: absolute, relative or beyond_chance"
    NO_CHANCE = "{metric} has no paired interval: name absolute or relative instead"
    A_WORD = "{metric} is a word: name absolute: 0, which is any worsening"

    # the rest
    OWNERS = "{step} has {count} owners"
    NOT_INSTALLED = "no library {given} is installed{meant}"


@dataclass(frozen=True)
class Fault:
    """A problem, the key that has it, and what to say of it.

    `detail` has a value for each name in braces of the problem; if there is a `{meant}`, also
    `given` and the words that are `known` in its place.
    """

    key: KeyPath
    problem: Problem
    detail: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def at(cls, dotted: str, problem: Problem, /, **detail: Any) -> "Fault":
        """A fault of a key by its dotted name."""
        return cls(tuple(dotted.split(".")), problem, detail)

    @property
    def meant(self) -> str | None:
        """The known word that is like the one given; None if there is none, or none was given."""
        return nearest(str(self.detail.get("given", "")), self.detail.get("known", ()))

    def __str__(self) -> str:
        return self.problem.format(**self.detail, meant=did_you_mean(self.meant))
