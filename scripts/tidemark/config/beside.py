"""What stands beside the configuration and must fit it: schemas that somebody read, a contract."""

from collections.abc import Iterator
from dataclasses import replace

from tidemark.config.fault import Fault, Problem
from tidemark.config.settings import Config
from tidemark.config.yaml_lines import parse
from tidemark.errors import BadValue, InputError
from tidemark.features import contract
from tidemark.features.settings import FeatureEngineering
from tidemark.files import decisions, store
from tidemark.naming import several
from tidemark.project import Tree
from tidemark.sources.settings import Correction
from tidemark.validation import schema
from tidemark.validation.settings import SHIPPED

SHOWN = 8  # columns of a contract in one line
ACCEPTED, REJECTED, CORRECTED = "accepted", "rejected", "corrected"  # verdicts of a review


def decided(tree: Tree, whole: Config) -> Config:
    """The configuration with what people decided: schemas that they read, answers, corrections."""
    return _answered(tree, _acknowledged(tree, whole))


def _answered(tree: Tree, whole: Config) -> Config:
    """The configuration with what was answered to questions about data."""
    gaps = decisions.latest(tree, decisions.GAPS)
    reviews = decisions.latest(tree, decisions.REVIEWS)
    passing = {id_: made for id_, made in reviews.items() if made.details["verdict"] == ACCEPTED}
    answers = {id_: made.told for id_, made in {**gaps, **passing}.items()}
    corrections = [
        Correction(
            ticker=made.details["ticker"],
            timestamp=made.details["timestamp"],
            close=made.details["close"],
            value=made.details["value"],
            told=made.told,
        )
        for id_, made in sorted(reviews.items())
        if id_ not in passing
    ]
    fetch, validate = whole.fetch_data, whole.validate_schema
    prices = replace(fetch.prices, corrections=corrections)
    return replace(
        whole,
        fetch_data=replace(fetch, prices=prices),
        validate_schema=replace(validate, answers=dict(sorted(answers.items()))),
    )


def _acknowledged(tree: Tree, whole: Config) -> Config:
    """The configuration with the fingerprint of each schema that somebody acknowledged.

    That may be in the configuration itself, by `make acknowledge`, or here, for those that ship
    with Tidemark, as long as nobody edits them.
    """
    validate = whole.validate_schema
    read = decisions.latest(tree, decisions.SCHEMAS)
    hashes = {}
    for source, path in validate.schemas.items():
        quoted = validate.acknowledged_schemas.get(source, "")
        accepted = [quoted, *SHIPPED]
        accepted += [read[path].sha256] if path in read else []
        found = fingerprint(tree, path) or ""
        fitting = (one for one in accepted if schema.is_acknowledged(found, one))
        hashes[source] = next(fitting, quoted)[: schema.SHORTEST_ACKNOWLEDGEMENT]
    return replace(whole, validate_schema=replace(validate, acknowledged_schemas=hashes))


def faults_of(tree: Tree, path: str, whole: Config) -> list[Fault]:
    """Every fault between the configuration at `path` and the files beside it."""
    config = "" if path == "config.yaml" else f" CONFIG={path}"
    return [*_schemas(tree, whole, config), *_contract(tree, whole.feature_engineering, config)]


def _schemas(tree: Tree, whole: Config, config: str) -> Iterator[Fault]:
    for source, path in whole.validate_schema.schemas.items():
        key, about = f"validate_schema.schemas.{source}", {"source": source, "path": path}
        found = fingerprint(tree, path)
        if found is None and not (tree / path).exists():
            yield Fault.at(key, Problem.NO_SCHEMA, **about)
        quoted = whole.validate_schema.acknowledged_schemas[source]
        if found and not schema.is_acknowledged(found, quoted):
            yield Fault.at(key, Problem.NOT_ACKNOWLEDGED, **about, config=config)


def fingerprint(tree: Tree, path: str) -> str | None:
    """That of the schema in a file; None if it cannot be read, which is its step's to tell."""
    try:
        return schema.fingerprint(store.read_file(tree / path))
    except (OSError, ValueError):
        return None


def _contract(tree: Tree, recipe: FeatureEngineering, config: str) -> Iterator[Fault]:
    """Refuse features that the contract lacks, and columns that it has of none."""
    try:
        needed = list(contract.columns(recipe))
        written = written_contract(tree, recipe.contract)
    except (BadValue, InputError, OSError):  # a fault already, or the step's to tell
        return
    key, about = "feature_engineering.contract", {"path": recipe.contract, "config": config}
    if written is None:
        yield Fault.at(key, Problem.NO_CONTRACT, **about)
    elif list(written) != needed:
        missing = [name for name in needed if name not in written]
        extra = [name for name in written if name not in needed]
        parts = [
            f"{verb} {several(names, SHOWN)}"
            for verb, names in (("lacks", missing), ("lists without need", extra))
            if names
        ]
        how = " and ".join(parts) or "lists the columns in another order"
        yield Fault.at(key, Problem.OTHER_CONTRACT, **about, how=how)


def written_contract(tree: Tree, path: str) -> dict[str, str] | None:
    """The columns that a contract lists; None if there is no such file.

    Raises:
        InputError: it is no contract.
        OSError: it cannot be read.
    """
    try:
        document, _ = parse(path, store.read_file(tree / path))
    except FileNotFoundError:
        return None
    return dict(contract.declared(path, document))
