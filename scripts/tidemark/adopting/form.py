"""How a user's files are written, as a declaration that a step follows, and what must be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tidemark.adopting.conclusions import Answers, Conclusion, Question
from tidemark.reading import files as reading
from tidemark.reading.settings import Form
from tidemark.reading.table import Table


@dataclass(frozen=True)
class Found:
    """How files are written, and their tables read that way.

    Attributes:
        form: one for all files.
        tables: in the order of the files; with open questions, as far as they can be read.
        conclusions: what was found, in the order in which it is best read.
        questions: what only the user knows, the first the most important.
    """

    form: Form
    tables: Sequence[Table]
    conclusions: Sequence[Conclusion]
    questions: Sequence[Question] = ()


def found(files: Mapping[str, bytes], answers: Answers) -> Found:
    """How these files are written.

    Raises:
        InputError: a file cannot be read, or they are not all of one form; says what to do.
    """
    form = Form()
    tables = [table for path in files for table in reading.tables(path, files[path], form)]
    return Found(form, tables, [])
