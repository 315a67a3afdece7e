"""Make, in the tree of a commit."""

import os
import subprocess
import sys
from collections.abc import Mapping

from tidemark.errors import InputError
from tidemark.project import Tree

# What an outer make has set, or was told; none of it is meant for the inner one.
DROPPED = ("MAKE", "MFLAGS", "TIDEMARK")


def make_all(make: str, tree: Tree, config: str, variables: Mapping[str, str]) -> None:
    """Bring all results of a tree up to date; what Make says of it goes to our standard error.

    Args:
        make: the command that GNU Make has here.
        tree: to make them in.
        config: its configuration.
        variables: of the command line, such as STORE.

    Raises:
        InputError: Make failed; the lines above and the log there say why.
    """
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(DROPPED)}
    makefile = [] if tree.code == tree.root else [f"--file={tree.code.resolve() / 'Makefile'}"]
    told = [f"{name}={text}" for name, text in {"CONFIG": config, **variables}.items()]
    done = subprocess.run(
        [make, *makefile, "all", *told],
        cwd=tree.root,
        env={name: text for name, text in inherited.items() if name not in variables},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        check=False,
    )
    if done.returncode:
        where = f"make all in {tree.root}"
        cure = f"the lines above say why, and {tree.root}/logs/ at more length"
        raise InputError(where, f"failed (exit code {done.returncode})", cure)
