"""The data that runs were made of stay in the results store: no other place may have them."""

import contextlib

from tidemark.config import view
from tidemark.harness.results_store import Store
from tidemark.project import Tree
from tidemark.tables import history

LOOKED_AT = 10  # records; those before were the last ones once


def pin_data(tree: Tree) -> None:
    """Pin the fetched data that the last records name; a store that may only be read is let be.

    Raises:
        InputError: the history is not whole.
        OSError: a record cannot be read, or a pin not be written.
    """
    kept = Store.of(tree, view.stored(tree))
    if kept is None:
        return
    with contextlib.suppress(PermissionError):
        for record in history.log(tree).last(LOOKED_AT):
            data = record.content["results"]["data"].values()
            if data:
                kept.pin("history", data)
