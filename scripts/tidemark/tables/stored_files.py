"""The queries of views over the files of the store, which a manifest of each source lists."""

from collections.abc import Iterable, Sequence

from tidemark.stored.manifest import Manifest
from tidemark.stored.objects import FOLDER
from tidemark.tables.table import AsSent, Table


def query(table: Table, stored: Sequence[Manifest]) -> str:
    """SQL of a view over what is stored of its kind now; paths are relative to the project.

    A column that files lack is null. Without files there are no rows.

    Args:
        table: whose source is `AsSent`.
        stored: of each source that has a provider.
    """
    source = table.source
    assert isinstance(source, AsSent)
    columns = {name: source.renamed.get(name, name) for name in table.columns}
    own = {name: column.kind for name, column in table.columns.items()}
    files = [(one, names) for one in stored if (names := list(_files(one, source.kind)))]
    empty = ", ".join(
        f'NULL::{_sent(own[name])} AS "{column}"'
        for name, column in columns.items()
        if name not in OURS
    )
    parts = [f"SELECT {', '.join(f'NULL::VARCHAR AS {name}' for name in OURS.values())}, {empty}"]
    parts[0] += ", NULL::TIMESTAMPTZ AS superseded_at" * ("superseded_at" not in columns)
    parts[0] += " WHERE false"
    parts += [
        f"SELECT {_text(one.source)} AS {OURS['source']}, {_text(one.provider)} AS"
        f" {OURS['provider']}, * FROM read_parquet([{', '.join(map(_text, names))}],"
        " union_by_name = true)"
        for one, names in files
    ]
    shown = ", ".join(
        f'{_shown(own[name], OURS.get(name, column))} AS "{name}"'
        for name, column in columns.items()
    )
    holding = "" if source.superseded else " WHERE superseded_at IS NULL"
    return f"SELECT {shown} FROM ({' UNION ALL BY NAME '.join(parts)}){holding}"


OURS = {"source": "tidemark_source", "provider": "tidemark_provider"}  # not in the files


def _files(listed: Manifest, kind: str) -> Iterable[str]:
    if kind in listed.kinds:
        partitions = listed.kinds[kind].partitions
        for label in sorted(partitions):
            yield str(FOLDER / partitions[label].object)


def _sent(kind: str) -> str:
    """The type in the files, which have the zone of times."""
    return "TIMESTAMPTZ" if kind == "TIMESTAMP" else kind


def _shown(kind: str, column: str) -> str:
    """A column as the view has it: times are naive UTC."""
    if kind == "TIMESTAMP":
        return f"(\"{column}\" AT TIME ZONE 'UTC')"
    return f'"{column}"::{kind}'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
