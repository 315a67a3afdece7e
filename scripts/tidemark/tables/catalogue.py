"""All tables, in the order in which they are made: a query may read those before it."""

from tidemark.tables import features, forecasts, live, strategies, validation, views
from tidemark.tables.table import Declared, Table, count, text

SUBJECTS = (validation, live, features, forecasts, strategies, views)
ITSELF = Table(
    "tables",
    "A table or view of this database.",
    Declared(),
    {
        "name": text("with its schema, unless that is main"),
        "format": count("rises when a column goes or gets another meaning or unit"),
        "about": text("what a row is"),
    },
)
TABLES: dict[str, Table] = {
    table.name: table for subject in SUBJECTS for table in subject.TABLES
} | {ITSELF.name: ITSELF}


def files() -> list[str]:
    """The files that tables are made of, as declared, each once."""
    return list(dict.fromkeys(path for table in TABLES.values() for path in table.files()))
