"""The files that are proposed: a configuration, a schema and a contract of features, as texts.

They are made from the prices as a step reads them (`history`): their `calendars`, what of the
shipped configuration fits them (`fitting`), and the `rules` that they can meet.

Never: looks at a user's files: imports `form`, `meaning`, `reading`.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tidemark.adopting.conclusions import Conclusion
from tidemark.adopting.proposal import calendars, fitting, history, rules
from tidemark.adopting.proposal.rewriting import rewritten
from tidemark.config import yaml_lines
from tidemark.config.schema import said
from tidemark.config.schema import section as checked
from tidemark.config.sections import filled
from tidemark.errors import InputError, printable
from tidemark.features import contract
from tidemark.features.settings import FeatureEngineering
from tidemark.preprocessing.settings import Preprocess
from tidemark.sources.settings import SPLIT, Prices
from tidemark.validation import schema
from tidemark.validation.finding import Finding

import pandas as pd
from pydantic import ValidationError

BASE, CONFIG = "config.yaml", "config.mine.yaml"
SCHEMA = "schemas/mine_prices.json"
CONTRACT = "schemas/mine_features.yaml"
FILES = (CONFIG, SCHEMA, CONTRACT)
RUN = "`make all`"
MARK = re.compile(rf"\A# Proposed by make adopt \({' '.join(['([0-9a-f]+)'] * len(FILES))}\)")
HEAD = """\
# Proposed by make adopt ({marks})
# for {what}. It is yours.
# Reads {schema} and {contract}, too.

"""


@dataclass(frozen=True)
class Proposal:
    """What is proposed, from what, and what stands in its way.

    Attributes:
        files: text by path; the configuration is CONFIG.
        conclusions: beyond how files are written and what they mean.
        broken: what the data still break, at which the pipeline would stop.
    """

    files: Mapping[str, str]
    conclusions: Sequence[Conclusion]
    broken: Sequence[Finding]


def made(
    shipped: bytes,
    shipped_schema: bytes,
    records: pd.DataFrame,
    section: Mapping[str, Any],
    what: str,
) -> Proposal:
    """A whole configuration for prices.

    Args:
        shipped: the configuration that is there, whose remarks are kept.
        shipped_schema: of prices.
        records: as `sources.prices.read` returns them for `section`.
        section: fetch_data.prices, as it is to stand in the file.
        what: the user's own name of the files.

    Raises:
        InputError: the history is too short, or the configuration cannot be rewritten.
    """
    section = dict(section) | {"about": [*section.get("about", ())]}  # a list, as YAML has it
    document, _ = yaml_lines.parse(BASE, shipped)
    text = shipped.decode("utf-8-sig")
    prices = in_full(section)
    past = history.of(records, prices["bar"])
    known = records["timestamp"][records["adj_close"].notna()]  # on others nobody traded
    calendar = calendars.fitting(known, prices["bar"], prices["asset"])
    fitted = fitting.fitted(document, section, past, calendar)
    wanted = fitted.document
    loosened, passed = rules.fitting(json.loads(shipped_schema), records, past, calendar)
    schema_text = schema_as_text(loosened)
    sha256 = schema.fingerprint(schema_text.encode())
    wanted["validate_schema"] |= {
        "schemas": {"prices": SCHEMA},
        "acknowledged_schemas": {"prices": sha256[: schema.SHORTEST_ACKNOWLEDGEMENT]},
    }
    wanted["feature_engineering"] |= {"contract": CONTRACT}
    recipe = _settings(FeatureEngineering, wanted["feature_engineering"])
    files = {
        CONFIG: rewritten(_without_head(text), wanted).replace(RUN, f"`make all CONFIG={CONFIG}`"),
        SCHEMA: schema_text,
        CONTRACT: contract.text(contract.columns(recipe)),
    }
    if yaml_lines.parse(CONFIG, files[CONFIG].encode())[0] != wanted:
        problem = "holds anchors, or what else cannot be rewritten"
        raise InputError(BASE, problem, "write its values out, or restore it")
    longest = wanted["preprocess"].get("longest_hole_days", Preprocess.longest_hole_days)
    still = rules.broken(
        schema.parse(SCHEMA, schema_text.encode()), records, past, calendar, longest
    )
    told = [*passed, *rules.like_splits(records, longest, can_split=prices["asset"] in SPLIT)]
    return Proposal(marked(files, what), [*fitted.conclusions, *told], still)


def in_full(section: Mapping[str, Any]) -> dict[str, Any]:
    """fetch_data.prices with all of its keys, as a step has it.

    Raises:
        InputError: a name in the files is none that a configuration can have.
    """
    try:
        return asdict(_settings(Prices, section))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, ("fetch_data", "prices", *first["loc"])))
        cure = "give it another name: TICKER=..." if "ticker" in first["loc"] else "rename it there"
        raise InputError(key, f"{first['input']!r} {said(first)}", cure) from error


def _settings(kind: Any, values: Mapping[str, Any]) -> Any:
    return filled(kind, checked(kind).model_validate(values).model_dump())


def schema_as_text(rules: Mapping[str, Any]) -> str:
    """A schema as people read it: a line for each rule and each column."""
    lines = []
    for name, value in rules.items():
        if isinstance(value, Mapping):
            inner = ",\n".join(
                f"    {json.dumps(key)}: {json.dumps(of)}" for key, of in value.items()
            )
            lines.append(f"  {json.dumps(name)}: {{\n{inner}\n  }}")
        elif name == "description":
            inner = ",\n".join(f"    {json.dumps(line, ensure_ascii=False)}" for line in value)
            lines.append(f"  {json.dumps(name)}: [\n{inner}\n  ]")
        else:
            lines.append(f"  {json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def marked(files: Mapping[str, str], what: str) -> dict[str, str]:
    """The files, with a first line that tells later which of them anybody has edited."""
    names = {"schema": SCHEMA, "contract": CONTRACT}
    marks = " ".join(_mark(files[name]) for name in FILES)
    head = HEAD.format(marks=marks, what=printable(what), **names)
    return {**files, CONFIG: head + files[CONFIG]}


def edited(files: Mapping[str, str]) -> set[str]:
    """The paths of files that are not as they were proposed once.

    Args:
        files: text by path, of those that are there.
    """
    said = MARK.match(files.get(CONFIG, ""))
    if not said:
        return set(files)
    marks = dict(zip(FILES, said.groups(), strict=True))
    return {name for name, text in files.items() if _mark(_without_head(text)) != marks[name]}


def _without_head(text: str) -> str:
    """A configuration without the lines that say who proposed it."""
    return text.partition("\n\n")[2] if MARK.match(text) else text


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
