"""The kinds of features: one file each in this folder, named after the kind.

A kind's file has one class, derived from `OwnTicker` or `CrossSection` (`features/feature.py` says
what these have): its docstring's first line says what it is, the rest where it is from, its fields
are the parameters with bounds, defaults and a line each under `Attributes:`, and `values` computes
it. Reading the configuration loads the files of the kinds that it names, so heavy libraries are
imported when they are called.
"""

import importlib
import pkgutil

import tidemark
from tidemark.errors import BadValue, InputError, hint
from tidemark.features.feature import CrossSection, Feature, OwnTicker
from tidemark.isolated import errors_across
from tidemark.project import CODE

FOLDER = "scripts/tidemark/features/families"
LIKE = "see relative_volume.py beside it"


def names() -> list[str]:
    """All kinds there are, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def kind(name: str) -> type[Feature]:
    """The kind of that name; only its own file is imported.

    Raises:
        BadValue: there is none.
        InputError: its file raises an error, or has no such class.
        SyntaxError: it is not Python.
    """
    if name not in names():
        raise BadValue(
            f"features.{name}",
            f"there is no feature {name}{hint(name, names())}",
            f"name one of {', '.join(names())}, or write {FOLDER}/{name}.py",
        )
    try:
        module = importlib.import_module(f"{__name__}.{name}")
    except Exception as error:
        if tidemark.not_python(error, CODE):
            raise
        raise fails(name, "it", error, logged=False) from error
    own = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, OwnTicker | CrossSection)
        and value.__module__ == module.__name__
    ]
    if len(own) != 1:
        raise InputError(
            file_of(name), f"it has {len(own)} classes of features, not one", f"{LIKE}"
        )
    _require_whole(name, own[0])
    return own[0]


def kinds() -> dict[str, type[Feature]]:
    """Every kind by name."""
    return {name: kind(name) for name in names()}


def _require_whole(name: str, found: type[Feature]) -> None:
    missing = [part for part in ("name", "needs") if not hasattr(found, part)]
    missing += sorted(found.__abstractmethods__)
    about = vars(found).get("__doc__") or ""
    if missing or not about or about.startswith(f"{found.__name__}("):  # which dataclass writes
        raise InputError(file_of(name), f"it has no {(missing or ['docstring'])[0]}", f"{LIKE}")


def fails(name: str, who: str, error: BaseException, logged: bool = True) -> InputError:
    """The error of a kind whose code raised one, with the last of its own lines on the way."""
    sources = {f"{folder}/{name}.py" for folder in __path__}
    return errors_across.of_code(file_of(name), who, error, sources, logged)


def family_of(feature: Feature) -> str:
    """The name of the kind that a feature is of."""
    return type(feature).__module__.rpartition(".")[2]


def file_of(name: str) -> str:
    """The file of a kind, for messages."""
    return f"{FOLDER}/{name}.py"
