"""The feature contract: which columns features/{scenario}.parquet has, in order, with their types.

A changed feature is a decision. It is made in the configuration and once more in the contract, so
that no feature comes, goes or moves unnoticed.
"""

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from tidemark.errors import InputError
from tidemark.features.settings import FeatureEngineering

COLUMNS = "columns"
NUMBER, TIME, TEXT = "float64", "datetime64[us]", "str"
HEAD = """\
# The columns of features/{scenario}.parquet, in order, with their types. feature_engineering stops
# when what it computes differs: a changed feature is a decision, made here and in config.yaml.
"""


def columns(recipe: FeatureEngineering) -> dict[str, str]:
    """The columns that a recipe gives, in order, with their types.

    Raises:
        BadValue, InputError: as `FeatureEngineering.asked` does.
    """
    features = dict.fromkeys(recipe.asked(), NUMBER)
    target = {"target": NUMBER, "target_time": TIME}
    return {"timestamp": TIME, "ticker": TEXT, **features, **target}


def text(given: Mapping[str, str], head: str = "") -> str:
    """The contract for columns as `columns` returns them.

    Args:
        given: the columns.
        head: remarks above them, whole lines; without any, those of every new contract.
    """
    return f"{head or HEAD}{COLUMNS}:\n" + "".join(f"  {line}\n" for line in _lines(given))


def remarks(written: str) -> str:
    """The lines of a contract above its columns."""
    return re.split(rf"^{COLUMNS}\s*:", written, maxsplit=1, flags=re.MULTILINE)[0]


def declared(path: str, contract: object) -> Mapping[str, str]:
    """The columns that a contract lists.

    Args:
        path: of its file.
        contract: the parsed file: `{"columns": {name: dtype, ...}}`, in order.

    Raises:
        InputError: it lists none.
    """
    listed = contract.get(COLUMNS) if isinstance(contract, Mapping) else None
    if not isinstance(listed, Mapping):
        raise InputError(
            path,
            "the key columns with one `name: dtype` a line is missing",
            "restore the file from version control",
        )
    return listed


def check(path: str, contract: object, given: Mapping[str, str]) -> None:
    """Refuse columns that are not those of a contract.

    Args:
        path: of its file.
        contract: the parsed file.
        given: the columns that there are, in order, with their types.

    Raises:
        InputError: names, order or types differ; says which lines to add and to remove.
    """
    edits = difference(declared(path, contract), given)
    if edits:
        raise InputError(
            path,
            "\n".join(
                [
                    "its columns are not those that feature_engineering asks for",
                    *edits,
                    "That is all",
                ]
            ),
            'type make contract REASON="...", which does it, paste and remove these lines, or undo'
            " the change to feature_engineering",
        )


def difference(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """The lines to remove from and to add to a contract as they stand there, and where."""
    edits = []
    before, after = _lines(old), _lines(new)
    for _, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if before[i:j] == after[k:m]:
            continue
        if j > i:
            edits += ["Remove:", *(f"  {line}" for line in before[i:j])]
        if m > k:
            place = f"Below `{after[k - 1]}`" if k else f"At the top of `{COLUMNS}:`"
            edits += [f"{place}, add:", *(f"  {line}" for line in after[k:m])]
    return edits


def _lines(given: Mapping[str, str]) -> Sequence[str]:
    return [f"{name}: {dtype}" for name, dtype in given.items()]
