"""Acknowledge the schema of a source as it is now, and record who read it, and why it is so.

make acknowledge SOURCE=prices REASON="prices may be negative"
make acknowledge SOURCE="prices treasury" REASON="new provider"
"""

import argparse
import os
import sys
from collections.abc import Mapping

from tidemark.config import load
from tidemark.errors import InputError, hint
from tidemark.files import decisions, store
from tidemark.harness import console
from tidemark.harness.failures import exit_code_of
from tidemark.project import HERE, ROOT
from tidemark.validation import schema


def main() -> int:
    """Record it; exit code 2 if a source or the reason is missing, or its schema is no schema."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", default="config.yaml")
    parser.add_argument("--source", default=os.environ.get("SOURCE", ""))
    parser.add_argument("--reason", default=os.environ.get("REASON", ""))
    options = parser.parse_args()
    os.chdir(ROOT)
    validate = load.load(HERE, options.config).validate_schema
    paths = [_path_of(name, validate.schemas) for name in options.source.split()]
    found = {path: schema.fingerprint(_content(path)) for path in paths}
    known = {validate.schemas[name]: sha for name, sha in validate.acknowledged_schemas.items()}
    for path, sha256 in found.items():
        if schema.is_acknowledged(sha256, known[path]):
            console.say(f"{path}, of {options.config}, is acknowledged already")
            continue
        decisions.decide(HERE, decisions.SCHEMAS, path, sha256, options.reason)
        console.say(f"{path}: {options.reason.strip()}")
    return 0


def _path_of(source: str, schemas: Mapping[str, str]) -> str:
    if source not in schemas:
        raise InputError(
            f"SOURCE={source}",
            f"is no source of the configuration{hint(source, schemas)}",
            f"one of {', '.join(schemas)}",
        )
    return schemas[source]


def _content(path: str) -> bytes:
    """A schema file's bytes, which are a schema."""
    try:
        content = store.read_file(HERE / path)
    except FileNotFoundError as error:
        raise InputError(path, "does not exist", "copy the schema of a similar source") from error
    schema.parse(path, content)
    return content


if __name__ == "__main__":
    sys.exit(exit_code_of(main))
