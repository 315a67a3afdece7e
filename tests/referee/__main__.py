"""Hold the results of a project against their definitions: one line a family.

Exit code 1 says that something disagrees, 2 that there is nothing to look at yet.
"""

import argparse
import os
import random
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from referee.results import Results
from referee.verdict import DisagreementError, NotLookedError
from tidemark.dag import graph, promises
from tidemark.errors import InputError
from tidemark.harness.failures import exit_code_of
from tidemark.harness.staleness import Look
from tidemark.project import HERE, ROOT

CELLS = 2000


def main() -> int:
    parser = argparse.ArgumentParser(prog="make referee", description=__doc__)
    parser.add_argument("--config", default="config.yaml")
    parser.add_argument("--cells", default=os.environ.get("CELLS") or str(CELLS))
    parser.add_argument("--seed", default=os.environ.get("SEED") or "")
    parser.add_argument("--families", default=os.environ.get("FAMILIES") or "")
    options = parser.parse_args()
    cells = _whole("CELLS", options.cells)
    seed = _whole("SEED", options.seed or str(random.SystemRandom().randrange(10**6)))
    os.chdir(ROOT)
    _require_fresh(options.config)
    from referee.families import FAMILIES  # here, because its libraries take seconds to import

    names = options.families.split() or list(FAMILIES)
    for name in names:
        if name not in FAMILIES:
            raise InputError("FAMILIES", f"there is no {name}", f"choose from {' '.join(FAMILIES)}")
    results = Results(Path(), options.config)
    random_choices = f"random choices by SEED={seed}"
    print(f"{cells:,} cells, {random_choices}" if "cells" in names else random_choices, flush=True)
    agreed = True
    for name in names:
        print(_head(name), end="", flush=True)  # what is looked at for minutes is named before
        told, agrees = _judged(results, name, cells, seed)
        print(told, flush=True)
        agreed &= agrees
    return 0 if agreed else 1


def judged(
    results: Results, names: Sequence[str], cells: int, seed: int
) -> Iterator[tuple[str, bool]]:
    """A line for each family, and whether nothing in it disagrees."""
    for name in names:
        told, agrees = _judged(results, name, cells, seed)
        yield f"{_head(name)}{told}", agrees


def _head(name: str) -> str:
    from referee.families import FAMILIES

    return f"{name:{max(map(len, FAMILIES))}}  "


def _judged(results: Results, name: str, cells: int, seed: int) -> tuple[str, bool]:
    from referee.families import FAMILIES

    try:
        return FAMILIES[name](results, cells, seed), True
    except NotLookedError as error:
        return f"not looked at: {error}", True
    except DisagreementError as error:
        return f"DISAGREES: {error}", False


def _whole(name: str, text: str) -> int:
    if not text.isdigit() or int(text) > 2**31:
        raise InputError(name, f"{text} is no whole number", f"write for example {name}=300")
    return int(text)


def _require_fresh(config: str) -> None:
    """Refuse results that are not those of this configuration and code."""
    look = Look(HERE, promises.stored(HERE, config))
    nodes = graph.survey(look, partial(promises.rules, HERE, os.environ["MAKE_COMMAND"], config))
    others = [node for node in nodes.values() if node.state != graph.FRESH]
    if others:
        first = others[0]
        step = f"{first.step} {first.instance.words}".strip()
        raise InputError(
            config, f"{len(others)} steps are not fresh, such as {step} ({first.state})", "make all"
        )


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
