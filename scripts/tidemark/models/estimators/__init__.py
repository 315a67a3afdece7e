"""The kinds of models: one file each in this folder, named after the kind.

A kind's file has one class, derived from `Model`: its docstring says what it does, `estimator` is
the file's name, its further fields are the parameters with their bounds and defaults, and
`build` makes the scikit-learn estimator; it imports scikit-learn when it is called, because reading
the configuration loads these files too. `scaling = "none"` says that features need no
`StandardScaler`, `draws = True` that `build` needs its seed; other kinds ignore that.
"""

import importlib
import pkgutil
from functools import cache
from typing import get_args, get_type_hints

from tidemark.errors import BadValue, InputError, hint
from tidemark.models.settings import Model

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
