"""What people wrote for the reports, as far as it speaks of the data that there are.

A text may begin with a line such as `<!-- source: data/sample/prices.csv -->`. Then it counts only
where that file is a source.
"""

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

ABOUT = re.compile(r"\A\s*<!--\s*source:\s*(.+?)\s*-->[^\S\n]*\n?")


class Narrative(NamedTuple):
    """The texts that count, and of the others the source that each speaks of."""

    texts: dict[str, str]
    of_others: dict[str, str]


def of_sources(texts: Mapping[str, str], paths: Collection[str]) -> Narrative:
    """The texts that speak of these sources, or do not say of which, without that line.

    Args:
        texts: by name.
        paths: of the sources that are configured.
    """
    about = {name: ABOUT.match(text) for name, text in texts.items()}
    named = {name: match[1] for name, match in about.items() if match}
    others = {name: path for name, path in named.items() if path not in paths}
    kept = {name: ABOUT.sub("", text) for name, text in texts.items() if name not in others}
    return Narrative(kept, others)
