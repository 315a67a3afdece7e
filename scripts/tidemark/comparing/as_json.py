"""A comparison for machines: every row."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from tidemark.comparing.comparison import Comparison

FORMAT = 1  # rises when something gets another meaning or goes


def as_json(of: Comparison, notes: Sequence[str] = ()) -> str:
    """The fields of `Comparison`, with `format`, `notes` and `by_chance`."""
    content = {"format": FORMAT, "notes": list(notes), **asdict(of), "by_chance": of.by_chance}
    return json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False)
