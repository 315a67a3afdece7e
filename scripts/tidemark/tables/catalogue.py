"""All tables, in the order in which they are made: a query may read those before it."""

from tidemark.tables import forecasts, strategies, views
from tidemark.tables.table import Table, kinds_in

TABLES: dict[str, Table] = {
    table.name: table for room in (forecasts, strategies, views) for table in room.TABLES
}


def files() -> list[str]:
    """The files that tables are made of and that are not of an instance, each once."""
    found = dict.fromkeys(path for table in TABLES.values() for path in table.files())
    return [path for path in found if not kinds_in(path)]
