"""Validate config.yaml and tell Make which of its keys changed (artifacts/config.mk, .config/)."""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback at Ctrl-C

import argparse
import json
import os
import sys
from pathlib import Path

from tidemark.config import estimators_page, load, view
from tidemark.config.schema import section
from tidemark.config.settings import Config
from tidemark.files import store
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.project import HERE, ROOT
from tidemark.tables import catalogue

SCHEMA = Path("schemas/config.schema.json")
PAGE = Path("docs/estimators.md")


def json_schema() -> str:
    """The JSON Schema of config.yaml, for editors."""
    return json.dumps(section(Config).model_json_schema(), indent=2) + "\n"


def _brief(keys: list[str]) -> str:
    """At most five of them."""
    more = f" (+{len(keys) - 5} more)" if len(keys) > 5 else ""
    return ", ".join(keys[:5]) + more


def main() -> int:
    """Exit code 2 with line and column when the configuration is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="config.yaml")
    parser.add_argument("--write-schema", action="store_true", help=f"write {SCHEMA} and {PAGE}")
    parser.add_argument("--if-stale", action="store_true", help="only if config.mk is older")
    options = parser.parse_args()
    os.chdir(ROOT)
    if options.write_schema:
        schema, page = json_schema(), estimators_page.text()
        store.write_atomic(HERE / SCHEMA, schema.encode())
        store.write_atomic(HERE.module(str(PAGE)), page.encode())
        return 0
    first = not (HERE / view.KEYS).exists()
    stale = not options.if_stale or view.is_stale(HERE, options.config)
    if not stale:
        return 0
    edited, left_out = load.sync(HERE, options.config, catalogue.files())
    if edited and not first:
        console.say(f"{options.config}: changed {_brief(edited)}")
    for words in left_out:
        console.say(f"{options.config}: {words}")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
