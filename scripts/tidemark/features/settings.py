"""Which features and which target."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Annotated, Any, NamedTuple

from tidemark.bounds import DISTINCT, Bars, Count, ListsFor, Name, ProjectFile, Window
from tidemark.errors import BadValue, InputError, hint
from tidemark.features import families
from tidemark.features.feature import Feature

from annotated_types import Len, MaxLen, MinLen

ROLLING = ("mean_gap", "volatility", "momentum")  # kinds that each of `windows` asks for
MOST = 1000  # features of a kind

Values = Annotated[Sequence[Any], MinLen(1), MaxLen(MOST)]


class Asked(NamedTuple):
    """A feature, and the setting that asks for it."""

    feature: Feature
    setting: str


@dataclass(frozen=True, kw_only=True)
class FeatureEngineering:
    """Which features there are, and the target's horizon, in bars.

    Attributes:
        horizon: bars ahead that the target return looks.
        lags: bars back of each lagged return, 0 for the bar's own.
        windows: lengths of the rolling windows.
        economic: columns of economic series to use; null: all that there are. Without any series
            there is none.
        term_spread: (long, short) columns whose difference is a feature; null for no such feature,
            as without any economic series.
        features: further ones by kind, a file in scripts/tidemark/features/families/, with lists of
            values for its parameters; every combination is a feature.
        contract: the file that lists the columns which the features must have.
    """

    horizon: Count = 1
    lags: Annotated[Sequence[Bars], MaxLen(MOST), DISTINCT] = (0, 1, 2, 3, 5)
    windows: Annotated[Sequence[Window], MaxLen(MOST), DISTINCT] = (5, 21, 63)
    economic: Annotated[Sequence[Name], DISTINCT] | None = None
    term_spread: Annotated[Sequence[Name], Len(2, 2), DISTINCT] | None = None
    features: Annotated[Mapping[Name, Mapping[Name, Values]], ListsFor(families.kinds)] = field(
        default_factory=dict
    )
    contract: ProjectFile = "schemas/feature_contract.yaml"

    def asked(self) -> dict[str, Asked]:
        """Every feature by the name of its column, in column order.

        Raises:
            BadValue: there is no such kind, a value is missing, or two features have one name.
            InputError: a kind's file is wrong, or its name leaves out a parameter that differs.
        """
        found: dict[str, Asked] = {}
        for setting, kind, values in self._named():
            for feature in combinations(kind, values):
                other = found.get(feature.label)
                if other and type(other.feature) is type(feature) and other.feature != feature:
                    raise _told_apart(other.feature, feature)
                if other:
                    raise BadValue(
                        setting,
                        f"gives {feature.label}, as {other.setting} does",
                        "name it in one place",
                    )
                found[feature.label] = Asked(feature, setting)
        return found

    def _named(self) -> Iterator[tuple[str, str, Mapping[str, Sequence[Any]]]]:
        """Setting, kind, and lists of values, in column order."""
        for lag in self.lags:
            yield "lags", "return_lag", {"lag": [lag]}
        for window in self.windows:
            for kind in ROLLING:
                yield "windows", kind, {"window": [window]}
        for column in self.economic or ():
            yield "economic", "economic", {"column": [column]}
        if self.term_spread is not None:
            long, short = self.term_spread
            yield "term_spread", "term_spread", {"long": [long], "short": [short]}
        for kind, values in self.features.items():
            yield f"features.{kind}", kind, values

    def formulas(self) -> dict[str, str]:
        """Every feature's name, in column order, and how it is computed."""
        return {name: asked.feature.formula() for name, asked in self.asked().items()}


def _told_apart(one: Feature, other: Feature) -> InputError:
    """The error of a kind whose column's name leaves out a parameter that has several values."""
    family = families.family_of(one)
    values = other.parameters()
    (name, *_) = (key for key, value in one.parameters().items() if value != values[key])
    return InputError(
        families.file_of(family),
        f"{name} is {one.parameters()[name]} and {values[name]}, and both columns would be"
        f" {one.label}",
        f'put the parameter into its name, in braces: name = "{family}_{{{name}}}"',
    )


def combinations(name: str, values: Mapping[str, Sequence[Any]]) -> Iterator[Feature]:
    """The features of a kind with all combinations of values, the last parameter's first.

    Raises:
        BadValue: there is no such kind or parameter, or one has no value.
    """
    kind = families.kind(name)
    parameters = {parameter.name: parameter.default for parameter in fields(kind)}
    for key in values:
        if key not in parameters:
            told = ", ".join(parameters) or "none"
            raise BadValue(
                f"features.{name}.{key}",
                f"{name} has no such parameter{hint(key, parameters)}",
                f"its parameters: {told}",
            )
    lists = {key: values.get(key, [default]) for key, default in parameters.items()}
    for key, listed in lists.items():
        if MISSING in listed:
            raise BadValue(
                f"features.{name}", f"{key} is missing", f"list its values: {key}: [...]"
            )
    for chosen in itertools.product(*lists.values()):
        yield kind(**dict(zip(lists, chosen, strict=True)))
