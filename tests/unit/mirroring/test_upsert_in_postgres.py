"""timescale_upsert, as anybody may call it: newer, older, other checksums, history, keys."""

import re
from datetime import UTC, datetime

from tidemark.errors import InputError
from tidemark.mirroring import migrating
from tidemark.mirroring.partitions import RENAMED, TABLES
from tidemark.stored import records
from tidemark.tables.catalogue import TABLES as CATALOGUE

import pytest

COLUMNS = (
    "source, partition, ticker, timestamp, close, scale, known_at, fetched_at, revision, checksum"
)
SQL = {
    "text": "text", "time": "timestamp with time zone", "number": "double precision",
    "flag": "boolean", "texts": "ARRAY", "count": "integer",
}  # fmt: skip


@pytest.fixture
def migrated(server):
    migrating.migrate(server)
    return server


def upsert(server, *rows):
    """Rows as (day, close, hour of the fetch, revision, checksum), and what the function says."""
    with server.transaction():
        server.run("CREATE TEMPORARY TABLE bars (LIKE market_data.bars) ON COMMIT DROP")
        for day, close, hour, revision, checksum in rows:
            at = f"2026-11-{day:02d} 14:30:00Z"
            fetched = f"2026-11-30 {hour:02d}:00:00Z"
            server.run(
                f"INSERT INTO pg_temp.bars ({COLUMNS}) VALUES ('prices', '2026-11', 'IBM', '{at}',"
                f" {close}, 1, '{at}', '{fetched}', {revision}, '{checksum}')"
            )
        (counts,) = server.run("SELECT * FROM tidemark.timescale_upsert('pg_temp.bars')")
    return tuple(counts)


def closes(server, table="market_data.bars"):
    found = server.run(f"SELECT extract(day FROM timestamp), close FROM {table} ORDER BY 1, 2")
    return [(int(day), close) for day, close in found]


def test_the_same_batch_twice_changes_nothing(migrated):
    batch = [(2, 10.0, 1, 0, "a"), (3, 11.0, 1, 0, "b")]
    assert upsert(migrated, *batch) == (2, 0, 0)
    before = migrated.run("SELECT xmin, * FROM market_data.bars ORDER BY timestamp")
    assert upsert(migrated, *batch) == (0, 0, 2)
    assert migrated.run("SELECT xmin, * FROM market_data.bars ORDER BY timestamp") == before
    assert closes(migrated, "market_data.bars_history") == []


@pytest.mark.parametrize(
    ("came", "close", "replaced"),
    [
        ((2, 12.0, 2, 1, "c"), 12.0, 1),  # newer, another record
        ((2, 10.0, 2, 1, "a"), 10.0, 1),  # newer, the same record
        ((2, 9.0, 0, 0, "z"), 9.0, 1),  # older, another checksum
        ((2, 10.0, 0, 0, "a"), 10.0, 0),  # older, the same record
    ],
)
def test_a_row_is_replaced_if_the_one_that_comes_is_newer_or_has_another_checksum(
    migrated, came, close, replaced
):
    upsert(migrated, (2, 10.0, 1, 0, "a"))
    assert upsert(migrated, came) == (0, replaced, 1 - replaced)
    assert closes(migrated) == [(2, close)]
    assert closes(migrated, "market_data.bars_history") == [(2, 10.0)] * replaced
    if replaced:
        ((superseded, later),) = migrated.run(
            "SELECT h.superseded_at, greatest(h.fetched_at, t.fetched_at)"
            " FROM market_data.bars_history h, market_data.bars t"
        )
        assert superseded == later


def test_of_two_rows_with_one_key_in_a_batch_the_later_one_counts(migrated):
    assert upsert(migrated, (2, 11.0, 2, 1, "b"), (2, 10.0, 1, 0, "a")) == (1, 0, 0)
    assert closes(migrated) == [(2, 11.0)]


def test_a_scale_changes_in_place(migrated):
    upsert(migrated, (2, 10.0, 1, 0, "a"))
    migrated.run("UPDATE market_data.bars SET scale = 0.25")
    assert upsert(migrated, (2, 10.0, 1, 0, "a")) == (0, 1, 0)
    assert migrated.run("SELECT scale FROM market_data.bars") == [[1.0]]
    assert closes(migrated, "market_data.bars_history") == []


def test_a_batch_of_no_kind_is_refused(migrated):
    migrated.run("CREATE TEMPORARY TABLE prices (LIKE market_data.bars)")
    with pytest.raises(InputError, match="has not the name of a kind"):
        migrated.run("SELECT * FROM tidemark.timescale_upsert('pg_temp.prices')")


@pytest.mark.parametrize("kind", records.KINDS)
def test_tables_have_the_columns_of_the_records_and_their_keys(migrated, kind):
    schema, name = TABLES[kind].split(".")
    for table in (name, f"{name}_history"):
        found = migrated.run(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = :schema AND table_name = :name",
            schema=schema, name=table,
        )  # fmt: skip
        types = dict(found)
        others = RENAMED.get(kind, {})
        kept = records.KINDS[kind].kept.items()
        own = {others.get(column, column): SQL[type_] for column, type_ in kept}
        assert types == {"source": "text", "partition": "text", **own}
    ((key,),) = migrated.run("SELECT key FROM tidemark.kinds WHERE name = :kind", kind=kind)
    assert key == ["source", *records.KINDS[kind].unique]


def test_rows_whose_key_lacks_a_part_are_the_same_row(migrated):
    sql = (
        "INSERT INTO pg_temp.series (source, partition, series, timestamp, value, known_at,"
        " fetched_at, revision, checksum) VALUES ('rates', '2026-11', 'DGS10',"
        " '2026-11-02Z', {}, '2026-11-02Z', '2026-11-02Z', 0, '{}')"
    )
    for value, checksum, counts in ((1, "a", [1, 0, 0]), (2, "b", [0, 1, 0]), (2, "b", [0, 0, 1])):
        with migrated.transaction():
            migrated.run("CREATE TEMPORARY TABLE series (LIKE economic_data.series) ON COMMIT DROP")
            migrated.run(sql.format(value, checksum))
            assert migrated.run("SELECT * FROM tidemark.timescale_upsert('series')") == [counts]
    assert migrated.run("SELECT value FROM economic_data.series") == [[2.0]]
    assert migrated.run("SELECT value FROM economic_data.series_history") == [[1.0]]


def test_migrations_are_applied_once_and_not_altered_afterwards(server, tmp_path):
    for path in migrating.FOLDER.glob("*.sql"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert migrating.migrate(server, tmp_path) == 2
    assert migrating.migrate(server, tmp_path) == 0
    (tmp_path / "0003_more.sql").write_text("CREATE TABLE tidemark.more (a integer)")
    assert migrating.migrate(server, tmp_path) == 1
    assert server.run("SELECT number FROM tidemark.migrations ORDER BY 1") == [[1], [2], [3]]
    with pytest.raises(InputError, match="a newer Tidemark"):
        migrating.migrate(server)
    (tmp_path / "0003_more.sql").write_text("CREATE TABLE tidemark.other (a integer)")
    with pytest.raises(InputError, match="is not as it was"):
        migrating.migrate(server, tmp_path)


def test_a_migration_that_fails_leaves_nothing(server, tmp_path):
    (tmp_path / "0001_wrong.sql").write_text("CREATE TABLE public.first (a integer); SELECT wrong")
    with pytest.raises(InputError, match="wrong"):
        migrating.migrate(server, tmp_path)
    assert server.run("SELECT to_regclass('public.first')") == [[None]]


# As TimescaleDB 2 has it, which is in no package index; it refuses what that refuses, and notes.
CREATE_HYPERTABLE = """
    CREATE TABLE public.hypertables (relation text, dimension text, with_rows boolean);
    CREATE FUNCTION public.create_hypertable(
        relation regclass, time_column_name name, partitioning_column name = NULL,
        number_partitions integer = NULL, associated_schema_name name = NULL,
        associated_table_prefix name = NULL, chunk_time_interval anyelement = NULL::bigint,
        create_default_indexes boolean = TRUE, if_not_exists boolean = FALSE,
        partitioning_func regproc = NULL, migrate_data boolean = FALSE)
    RETURNS integer LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM pg_index WHERE indrelid = relation AND indisunique AND NOT EXISTS (
                SELECT FROM pg_attribute WHERE attrelid = relation AND attname = time_column_name
                AND attnum = ANY (indkey))) THEN
            RAISE 'cannot create a unique index without the column "%" (used in partitioning)',
                time_column_name;
        END IF;
        INSERT INTO public.hypertables VALUES (relation::text, time_column_name, migrate_data);
        RETURN 1;
    END $$"""


def test_hypertables_are_made_where_the_extension_is_even_if_it_comes_later(server):
    migrating.migrate(server)
    upsert(server, (2, 10.0, 1, 0, "a"))
    server.run(CREATE_HYPERTABLE)
    for _ in range(2):
        migrating.migrate(server)
        assert server.run("SELECT * FROM public.hypertables ORDER BY 1") == [
            ["market_data.actions", "timestamp", True],
            ["market_data.bars", "timestamp", True],
        ]
    assert upsert(server, (2, 10.0, 1, 0, "a"), (3, 1.0, 1, 0, "b")) == (1, 0, 1)


def test_tables_that_may_be_hypertables_have_whole_keys_with_the_time(migrated):
    rows = migrated.run("SELECT name, key FROM tidemark.kinds WHERE by_time")
    assert rows
    for kind, key in rows:
        assert "timestamp" in key
        assert not records.KINDS[kind].may_lack


def test_no_statement_of_a_migration_drops_anything():
    for path in migrating.FOLDER.glob("*.sql"):
        assert re.fullmatch(r"\d{4}_\w+\.sql", path.name)
        assert not re.search(r"^\s*DROP (?!TABLE taken_out)", path.read_text(), re.M)


def test_times_come_back_to_the_microsecond(migrated):
    migrated.run(
        f"INSERT INTO market_data.bars ({COLUMNS}) VALUES ('prices', '2026-11', 'IBM',"
        " '2026-11-02 14:30:00.123456Z', 1, 1, '2026-11-02Z', '2026-11-02Z', 0, 'a')"
    )
    ((when,),) = migrated.run("SELECT timestamp FROM market_data.bars")
    assert when == datetime(2026, 11, 2, 14, 30, 0, 123456, UTC)


def test_questions_of_the_database_are_questions_of_the_mirror(migrated):
    for table in TABLES.values():
        columns = {*CATALOGUE[table].columns} - {"provider"}
        assert migrated.run(f"SELECT {', '.join(columns)} FROM {table}") == []
