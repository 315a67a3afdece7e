"""The kinds of models: one file each in this folder, named after the kind.

A kind's file has one class, derived from `Model`: its docstring says what it does and, a line each,
what its parameters are; `estimator` is the file's name; its further fields are the parameters with
their bounds and defaults, and where a search looks for them (`Search`). The JSON Schema,
docs/estimators.md and search spaces follow from these.

`build` makes the scikit-learn estimator; it imports scikit-learn when it is called, because reading
the configuration loads these files too. `scaling = "none"` says that features need no
`StandardScaler`, `draws = True` that `build` needs its seed; other kinds ignore that.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from tidemark.errors import BadValue, InputError, hint
from tidemark.models.settings import Model, Search

FOLDER = "scripts/tidemark/models/estimators"


def names() -> list[str]:
    """All kinds there are, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


@cache
def kind(name: str) -> type[Model]:
    """The kind of that name; only its own file is imported.

    Raises:
        BadValue: there is none.
        InputError: its file has no such class.
    """
    if name not in names():
        raise BadValue(
            "estimator",
            f"there is no estimator {name}{hint(name, names())}",
            f"name one of {', '.join(names())}, or write {FOLDER}/{name}.py",
        )
    module = importlib.import_module(f"{__name__}.{name}")
    models = [a for a in vars(module).values() if isinstance(a, type) and issubclass(a, Model)]
    for model in models:
        if get_args(get_type_hints(model)["estimator"]) == (name,):
            return model
    raise InputError(
        f"{FOLDER}/{name}.py",
        f'it has no class of models with `estimator: Literal["{name}"]`',
        "see ridge.py beside it",
    )


def kinds() -> tuple[type[Model], ...]:
    """Every kind, in the order of their names."""
    return tuple(map(kind, names()))


def search_space(name: str) -> Mapping[str, Search | tuple[Any, ...]]:
    """Where a search may look for the parameters of a kind.

    Args:
        name: of the kind.

    Returns:
        By parameter: the range of a number, or the words that there are. Parameters that have
        neither keep their value, such as how many iterations a solver may take.
    """
    hints = get_type_hints(kind(name), include_extras=True)
    looked = {parameter: _looked(hints[parameter]) for parameter in kind(name).parameter_names()}
    return {parameter: values for parameter, values in looked.items() if values}


def _looked(hint: Any) -> Search | tuple[Any, ...]:
    ranges = [note for note in getattr(hint, "__metadata__", ()) if isinstance(note, Search)]
    words = get_args(hint) if get_origin(hint) is Literal else ()
    return ranges[0] if ranges else words
