"""All tables, in the order in which they are made: a query may read those before it."""

from tidemark.tables import forecasts, strategies, validation, views
from tidemark.tables.table import Table

SUBJECTS = (validation, forecasts, strategies, views)
TABLES: dict[str, Table] = {table.name: table for subject in SUBJECTS for table in subject.TABLES}


def files() -> list[str]:
    """The files that tables are made of, as declared, each once."""
    return list(dict.fromkeys(path for table in TABLES.values() for path in table.files()))
