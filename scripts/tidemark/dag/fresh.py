"""Whether all results of a tree are of the code, configuration and data that it has now."""

from functools import partial

from tidemark.dag import graph, promises
from tidemark.errors import InputError
from tidemark.harness.staleness import Look
from tidemark.naming import several
from tidemark.project import Tree


def must_be_fresh(tree: Tree, make: str, path: str) -> None:
    """Refuse to go on with results that the next make would compute anew.

    Args:
        make: the command that GNU Make has here.
        path: of the configuration.

    Raises:
        InputError: a step of that configuration is not fresh; or it is wrong itself.
    """
    look = Look(tree, promises.stored(tree, path))
    nodes = graph.survey(look, partial(promises.rules, tree, make, path))
    others = [f"{it.title} ({it.state})" for it in nodes.values() if it.state != graph.FRESH]
    if others:
        told = f"are not what {path} and the code ask for now: {several(others)}"
        cure = "make all" if path == "config.yaml" else f"make all CONFIG={path}"
        raise InputError("results", told, f"{cure}; make status says why")
