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

import tidemark
from tidemark.errors import BadValue, InputError, hint
from tidemark.isolated import errors_across
from tidemark.models.settings import Model, Search
from tidemark.project import CODE

FOLDER = "scripts/tidemark/models/estimators"
LIKE = "see ridge.py beside it"


def names() -> list[str]:
    """All kinds there are, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


@cache
def kind(name: str) -> type[Model]:
    """The kind of that name; only its own file is imported.

    Raises:
        BadValue: there is none.
        InputError: its file raises an error, or has no such class, or one that lacks something.
        SyntaxError: it is not Python.
    """
    if name not in names():
        raise BadValue(
            "estimator",
            f"there is no estimator {name}{hint(name, names())}",
            f"name one of {', '.join(names())}, or write {FOLDER}/{name}.py",
        )
    try:
        module = importlib.import_module(f"{__name__}.{name}")
    except Exception as error:
        if tidemark.not_python(error, CODE):
            raise
        raise fails(name, "it", error, logged=False) from error
    models = [a for a in vars(module).values() if isinstance(a, type) and issubclass(a, Model)]
    for model in models:
        if get_args(get_type_hints(model)["estimator"]) == (name,):
            _require_whole(name, model)
            return model
    raise InputError(
        file_of(name), f'it has no class of models with `estimator: Literal["{name}"]`', LIKE
    )


def _require_whole(name: str, model: type[Model]) -> None:
    about = vars(model).get("__doc__") or ""
    lacks = [f"method `{part}`" for part in sorted(model.__abstractmethods__)]
    if "__dataclass_params__" not in vars(model):
        lacks.append("line `@dataclass(frozen=True, kw_only=True)`")
    elif not about or about.startswith(f"{model.__name__}("):  # which dataclass writes
        lacks.append("docstring")
    if lacks:
        raise InputError(file_of(name), f"its class {model.__name__} has no {lacks[0]}", LIKE)


def fails(name: str, who: str, error: BaseException, logged: bool = True) -> InputError:
    """The error of a kind whose code raised one, with the last of its own lines on the way."""
    sources = {f"{folder}/{name}.py" for folder in __path__}
    return errors_across.of_code(file_of(name), who, error, sources, logged)


def file_of(name: str) -> str:
    """The file of a kind, for messages."""
    return f"{FOLDER}/{name}.py"


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
