"""Files in the forms that people have (`tests/cases/forms`), and what must come of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tidemark.ohlcv import FIELDS
from tidemark.sources import prices

import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[1]
FORMS = ROOT / "tests/cases/forms"
PLAIN = {
    "layout": "long",
    "bar": "intraday",
    "date_format": "%Y-%m-%d %H:%M:%S",
    "time_zone": "UTC",
    "columns": {name: name for name in ("timestamp", "ticker", *FIELDS)},
}


@dataclass(frozen=True)
class Case:
    """What somebody has, and what must come of it.

    Attributes:
        folder: where it lies.
        file: the file or folder in it that is adopted.
        asks: the questions that must be asked, with the answers that the records expect.
        refused: a word of the message, if it must be refused.
    """

    folder: Path
    file: str
    asks: Mapping[str, str] = field(default_factory=dict)
    refused: str | None = None

    @property
    def files(self) -> dict[str, bytes]:
        """Content by path, as `make adopt` would find them."""
        path = self.folder / self.file
        paths = [path] if path.is_file() else sorted(path.iterdir())
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in paths}

    @property
    def expected(self) -> pd.DataFrame:
        """The records."""
        return records({"expected.csv": (self.folder / "expected.csv").read_bytes()}, PLAIN)


def records(files: Mapping[str, bytes], section: Mapping[str, object]) -> pd.DataFrame:
    """What `fetch_data` makes of files, as it is configured."""
    return prices.read(files, section).records


def cases() -> list[Case]:
    """All cases, by name."""
    said = sorted(FORMS.glob("*/case.yaml"))
    return [Case(path.parent, **yaml.safe_load(path.read_text("utf-8"))) for path in said]
