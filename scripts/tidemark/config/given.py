"""Where a value was given: the file, line and key of a parameter that turned out to be bad."""

from tidemark.config import view
from tidemark.errors import BadValue, InputError
from tidemark.files import store
from tidemark.project import Tree


def refusal(tree: Tree, section: str, bad: BadValue) -> InputError:
    """The error for the user, with the place of the key in the configuration file.

    Args:
        tree: whose configuration.
        section: the key under which the parameter stands, joined by dots.
        bad: what is wrong, and the cure.
    """
    from tidemark.config.yaml_lines import nearest, parse

    path = view.file(tree)
    key = ".".join(filter(None, (section, bad.parameter)))
    try:
        _, positions = parse(path, store.read_file(tree / path))
        where = f"{path}:{nearest(tuple(key.split('.')), positions)}"
    except (OSError, InputError):  # it was edited, or removed, since the step started
        where = path
    return InputError(where, f"{key}: {bad.problem}", bad.cure)
