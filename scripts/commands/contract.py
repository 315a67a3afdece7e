"""Write the feature contract that the configuration names, and record who decided so, and why.

make contract REASON="volumes as features"
make contract CONFIG=config.mine.yaml REASON="first features"
"""

import argparse
import os
import sys

from tidemark.config import beside, load
from tidemark.features import contract
from tidemark.files import decisions, store
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.project import HERE, ROOT


def main() -> int:
    """Write it; exit code 2 if there is no reason or the configuration is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="config.yaml")
    parser.add_argument("--reason", default=os.environ.get("REASON", ""))
    options = parser.parse_args()
    os.chdir(ROOT)
    recipe = load.load(HERE, options.config).feature_engineering
    path, new = recipe.contract, contract.columns(recipe)
    old = beside.written_contract(HERE, path)
    edits = contract.difference(old or {}, new)
    if not edits:
        console.say(f"{path} is what {options.config} asks for")
        return 0
    content = contract.text(new, contract.remarks((HERE / path).read_text("utf-8")) if old else "")
    decisions.decide(
        HERE, decisions.CONTRACTS, path, store.sha256(content.encode()), options.reason
    )
    store.write_atomic(HERE / path, content.encode())
    console.say("\n".join([f"{path}: {options.reason.strip()}", *(edits if old else ())]))
    return 0


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
