"""Files in the forms that people have (`tests/cases/forms`), and what must come of each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tidemark.adopting import form, meaning
from tidemark.adopting.conclusions import Answers, Conclusion, Question
from tidemark.ohlcv import FIELDS
from tidemark.reading.settings import Form
from tidemark.sources import prices
from tidemark.sources.settings import Prices

import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[1]
FORMS = ROOT / "tests/cases/forms"
OF_FREE_CHOICE = {"ZONE", "TICKER"}  # questions whose options are examples
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


def records(files: Mapping[str, bytes], section: Mapping[str, Any]) -> pd.DataFrame:
    """What `fetch_data` makes of files, as it is configured: defaults need not be given."""
    keys = {**section, "path": "mydata/*", "form": Form(**section.get("form", {}))}
    return prices.read(files, asdict(Prices(**keys))).records


def cases() -> list[Case]:
    """All cases, by name."""
    said = sorted(FORMS.glob("*/case.yaml"))
    return [Case(path.parent, **yaml.safe_load(path.read_text("utf-8"))) for path in said]


@dataclass(frozen=True)
class Adopted:
    """What adopting files came to, unless they were refused.

    Attributes:
        records: those that `fetch_data` makes of the files; None with open questions.
        section: how that is configured.
        questions: what is asked.
        conclusions: what was concluded.
    """

    records: pd.DataFrame | None
    section: Mapping[str, Any] | None
    questions: Sequence[Question]
    conclusions: Sequence[Conclusion]


def adopted(path: str, files: Mapping[str, bytes], answers: Answers) -> Adopted:
    """Look at files as `make adopt` does, and read them as a step then would.

    Raises:
        InputError: they are refused.
    """
    written = form.found(files, answers)
    if written.questions:
        return Adopted(None, None, written.questions, written.conclusions)
    meant = meaning.of(written.tables, written.form, path, answers)
    conclusions = [*written.conclusions, *meant.conclusions]
    section = meant.section
    read = None if section is None else records(files, section)
    return Adopted(read, section, meant.questions, conclusions)


def answered(
    path: str, files: Mapping[str, bytes], truth: Mapping[str, Collection[str]]
) -> tuple[Adopted, Answers]:
    """What adopting comes to once all is answered that is asked, and these answers.

    Args:
        path: what is adopted.
        files: content by path.
        truth: by question, the answers that are right; one must be among the options.

    Raises:
        InputError: the files are refused.
        AssertionError: a question has no right answer, or is asked though it was answered.
    """
    answers: dict[str, str] = {}
    came = adopted(path, files, answers)
    while came.records is None:
        for question in came.questions:
            right = set(truth.get(question.name, ()))
            offered = {option.answer for option in question.options}
            offered |= right if question.name in OF_FREE_CHOICE else set()
            assert question.name not in answers, f"{question.name} is asked over and over"
            assert right & offered, f"{question.words} {sorted(offered)}, and not {sorted(right)}"
            answers[question.name] = min(right & offered)
        came = adopted(path, files, answers)
    return came, answers
