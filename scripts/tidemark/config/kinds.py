"""The kinds of things that instances of a step are of, such as models; each is declared once.

`@step(per=("scenario", "model"))` runs for each scenario and model that the configuration names.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from string import Formatter
from typing import Any

from tidemark.errors import InputError, hint

Names = Callable[[Mapping[str, Any]], list[str]]


@dataclass(frozen=True)
class Kind:
    """A kind: its name, which is its option on the command line too, and its plural for people.

    `names` finds what is of this kind in a configuration (nested mappings, such as a `View`), in
    its order.
    """

    name: str
    plural: str
    names: Names


def _keys_of(section: str) -> Names:
    return lambda configuration: list(configuration.get(section, ()))


def _sources(configuration: Mapping[str, Any]) -> list[str]:
    from tidemark.sources import settings  # late, because verification starts without libraries

    return settings.names(configuration.get("fetch_data", {}))


KINDS = {
    kind.name: kind
    for kind in (
        Kind("source", "sources", _sources),
        Kind("scenario", "scenarios", _keys_of("scenarios")),
        Kind("model", "models", _keys_of("models")),
        Kind("strategy", "strategies", _keys_of("strategies")),
    )
}


def must_be_known(names: Iterable[str], where: str) -> None:
    """Refuse names of kinds that are not declared above.

    Raises:
        InputError: names the first of them and `where` it was written.
    """
    for name in names:
        if name not in KINDS:
            raise InputError(
                where,
                f"has instances of the unknown kind {name!r}{hint(name, KINDS)}",
                f"one of {', '.join(KINDS)}, or declare it in scripts/tidemark/config/kinds.py",
            )


def paths(pattern: str, names: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Each path that a name of `layout` stands for.

    Args:
        pattern: such as `metrics/{scenario}_{model}.json`.
        names: by kind of instance.
    """
    kinds = kinds_in(pattern)
    for instance in product(*(names[kind] for kind in kinds)):
        yield pattern.format(**dict(zip(kinds, instance, strict=True)))


def kinds_in(pattern: str) -> list[str]:
    """What a path of `layout` is of: `{scenario}_{model}` gives `scenario` and `model`."""
    return [kind for _, kind, _, _ in Formatter().parse(pattern) if kind]


def joined(*names: str) -> str:
    """Names as one, for files and checkpoints: `median_impute`, `ridge` -> `median_impute_ridge`.

    Make writes the same in its rules: `$1_$2`.
    """
    return "_".join(names)
