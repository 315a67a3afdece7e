-- What the store keeps: a table for each kind of records with the rows that hold, and one for those
-- that others replaced. The columns after `partition` are those of stored/records.py; what an
-- article has as its source is the publisher here, as `source` is the name in config.yaml.
CREATE SCHEMA IF NOT EXISTS tidemark;
CREATE SCHEMA IF NOT EXISTS market_data;
CREATE SCHEMA IF NOT EXISTS economic_data;
CREATE SCHEMA IF NOT EXISTS news;
CREATE SCHEMA IF NOT EXISTS events;

CREATE TABLE market_data.bars (
    source text NOT NULL, partition text NOT NULL,
    ticker text NOT NULL, "timestamp" timestamptz NOT NULL,
    open double precision, high double precision, low double precision, close double precision,
    volume double precision, adj_close double precision,
    "interval" text, live boolean, volume_is text, scale double precision,
    known_at timestamptz NOT NULL, fetched_at timestamptz NOT NULL, superseded_at timestamptz,
    revision integer NOT NULL, checksum text NOT NULL);
CREATE TABLE market_data.actions (
    source text NOT NULL, partition text NOT NULL,
    ticker text NOT NULL, "timestamp" timestamptz NOT NULL, kind text NOT NULL,
    value double precision, currency text, nth integer NOT NULL,
    known_at timestamptz NOT NULL, fetched_at timestamptz NOT NULL, superseded_at timestamptz,
    revision integer NOT NULL, checksum text NOT NULL);
CREATE TABLE economic_data.series (
    source text NOT NULL, partition text NOT NULL,
    series text NOT NULL, "timestamp" timestamptz NOT NULL, value double precision,
    known_at timestamptz NOT NULL, vintage text,
    fetched_at timestamptz NOT NULL, superseded_at timestamptz,
    revision integer NOT NULL, checksum text NOT NULL);
CREATE TABLE news.articles (
    source text NOT NULL, partition text NOT NULL,
    id text NOT NULL, "timestamp" timestamptz NOT NULL, known_at timestamptz NOT NULL,
    title text, summary text, url text, publisher text, tickers text[], language text,
    fetched_at timestamptz NOT NULL, superseded_at timestamptz,
    revision integer NOT NULL, checksum text NOT NULL);
CREATE TABLE events.calendar (
    source text NOT NULL, partition text NOT NULL,
    ticker text, kind text NOT NULL, "timestamp" timestamptz NOT NULL, announced_at timestamptz,
    name text NOT NULL, value double precision,
    known_at timestamptz NOT NULL, fetched_at timestamptz NOT NULL, superseded_at timestamptz,
    revision integer NOT NULL, checksum text NOT NULL);

-- What a kind's batches go to, and what tells its rows apart. `by_time`: whether its table may
-- become a hypertable. For that the key must have the time, which news lack, and no part of it may
-- be missing, as a vintage or an event's ticker may: in compressed chunks such rows would double
-- (timescaledb issues 9575, 10057).
CREATE TABLE tidemark.kinds (
    name text PRIMARY KEY, target text NOT NULL, key text[] NOT NULL,
    by_time boolean NOT NULL, hypertable boolean NOT NULL DEFAULT false);
INSERT INTO tidemark.kinds (name, target, key, by_time) VALUES
    ('bars', 'market_data.bars', '{source,ticker,timestamp}', true),
    ('actions', 'market_data.actions', '{source,ticker,timestamp,kind,nth}', true),
    ('series', 'economic_data.series', '{source,series,timestamp,vintage}', false),
    ('news', 'news.articles', '{source,id}', false),
    ('events', 'events.calendar', '{source,ticker,kind,timestamp,name}', false);

DO $$
DECLARE
    own tidemark.kinds;
    key text;
BEGIN
    FOR own IN SELECT * FROM tidemark.kinds LOOP
        SELECT string_agg(quote_ident(part), ', ') INTO key FROM unnest(own.key) AS part;
        EXECUTE format('CREATE UNIQUE INDEX ON %s (%s) NULLS NOT DISTINCT', own.target, key);
        EXECUTE format('CREATE TABLE %s_history (LIKE %s)', own.target, own.target);
        EXECUTE format('ALTER TABLE %s_history ALTER superseded_at SET NOT NULL', own.target);
        EXECUTE format('CREATE UNIQUE INDEX ON %s_history (%s, revision, fetched_at, checksum)'
            ' NULLS NOT DISTINCT', own.target, key);
        EXECUTE format('CREATE INDEX ON %s ("timestamp")', own.target);
        EXECUTE format('COMMENT ON TABLE %s IS %L', own.target,
            'Rows of the current snapshot of data/store that hold');
        EXECUTE format('COMMENT ON TABLE %s_history IS %L', own.target,
            'Rows that others replaced, with when: superseded_at');
    END LOOP;
END $$;
CREATE INDEX ON news.articles USING gin (tickers);

-- timescale_upsert(batch): put the rows of a batch among those that hold.
--
-- `batch` is a table, as a rule a temporary one, with the columns of the one it goes to and the
-- name of a kind: CREATE TEMPORARY TABLE bars (LIKE market_data.bars); 5,000 rows are a good size.
-- A row that holds is replaced if the one that comes was fetched later or has another checksum; it
-- then goes to <table>_history. Scale and partition are no part of a record and change in place.
-- Rows that come with a time in superseded_at go to the history. The same batch twice changes
-- nothing. Of two rows with one key in a batch, the later one counts.
CREATE FUNCTION tidemark.timescale_upsert(batch regclass)
RETURNS TABLE (added bigint, replaced bigint, unchanged bigint) LANGUAGE plpgsql AS $function$
DECLARE
    own tidemark.kinds;
    key text; columns text; new_values text; old_values text; same text; beside text;
BEGIN
    SELECT kinds.* INTO own FROM tidemark.kinds AS kinds
        JOIN pg_class ON relname = kinds.name WHERE pg_class.oid = batch;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'timescale_upsert: % has not the name of a kind in tidemark.kinds', batch;
    END IF;
    SELECT string_agg(quote_ident(part), ', ') INTO key FROM unnest(own.key) AS part;
    SELECT string_agg(format('(held.%1$I = came.%1$I OR held.%1$I IS NULL AND came.%1$I IS NULL)',
        part), ' AND ') INTO same FROM unnest(own.key) AS part
        WHERE part IN ('vintage', 'ticker') AND NOT own.by_time;
    SELECT concat_ws(' AND ', string_agg(format('held.%1$I = came.%1$I', part), ' AND '), same)
        INTO same FROM unnest(own.key) AS part
        WHERE own.by_time OR part NOT IN ('vintage', 'ticker');
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum),
            string_agg(format('excluded.%I', attname), ', ' ORDER BY attnum),
            string_agg(CASE attname
                WHEN 'superseded_at' THEN 'greatest(held.fetched_at, came.fetched_at)'
                ELSE format('held.%I', attname) END, ', ' ORDER BY attnum),
            string_agg(format('excluded.%1$I IS DISTINCT FROM held.%1$I', attname), ' OR ')
                FILTER (WHERE attname IN ('scale', 'partition'))
        INTO columns, new_values, old_values, beside
        FROM pg_attribute
        WHERE attrelid = own.target::regclass AND attnum > 0 AND NOT attisdropped;
    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', own.target);
    EXECUTE format('INSERT INTO %s_history (%s) SELECT %s FROM %s WHERE superseded_at IS NOT NULL'
        ' ON CONFLICT DO NOTHING', own.target, columns, columns, batch);
    EXECUTE format($sql$
        INSERT INTO %s_history (%s)
        SELECT %s FROM (
            SELECT DISTINCT ON (%s) * FROM %s WHERE superseded_at IS NULL
            ORDER BY %s, fetched_at DESC, revision DESC) AS came
        JOIN %s AS held ON %s
        WHERE came.fetched_at > held.fetched_at OR came.checksum <> held.checksum
        ON CONFLICT DO NOTHING
        $sql$, own.target, columns, old_values, key, batch, key, own.target, same);
    RETURN QUERY EXECUTE format($sql$
        WITH came AS (
            SELECT DISTINCT ON (%1$s) * FROM %2$s WHERE superseded_at IS NULL
            ORDER BY %1$s, fetched_at DESC, revision DESC),
        done AS (
            INSERT INTO %3$s AS held (%4$s) SELECT %4$s FROM came
            ON CONFLICT (%1$s) DO UPDATE SET (%4$s) = ROW (%5$s)
            WHERE excluded.fetched_at > held.fetched_at OR excluded.checksum <> held.checksum
                OR %6$s
            RETURNING xmax = 0 AS fresh)
        SELECT count(*) FILTER (WHERE fresh), count(*) FILTER (WHERE NOT fresh),
            (SELECT count(*) FROM came) - count(*)
        FROM done
        $sql$, key, batch, own.target, columns, new_values, beside);
END $function$;

-- take_out(kind, of_source, part): take the rows of a partition out of their table, into the
-- temporary table taken_out; settle(kind, at) then has the history keep those of them that did not
-- come back as they were. Both within one transaction.
CREATE FUNCTION tidemark.take_out(kind text, of_source text, part text) RETURNS void
LANGUAGE plpgsql AS $function$
DECLARE
    own tidemark.kinds;
BEGIN
    SELECT * INTO STRICT own FROM tidemark.kinds WHERE name = kind;
    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', own.target);
    EXECUTE format('CREATE TEMPORARY TABLE taken_out (LIKE %s) ON COMMIT DROP', own.target);
    EXECUTE format('WITH gone AS (DELETE FROM %s WHERE source = $1 AND partition = $2'
        ' RETURNING *) INSERT INTO taken_out SELECT * FROM gone', own.target)
        USING of_source, part;
END $function$;

CREATE FUNCTION tidemark.settle(kind text, at timestamptz) RETURNS void
LANGUAGE plpgsql AS $function$
DECLARE
    own tidemark.kinds;
    columns text; old_values text; same text;
BEGIN
    SELECT * INTO STRICT own FROM tidemark.kinds WHERE name = kind;
    SELECT string_agg(format('held.%1$I IS NOT DISTINCT FROM old.%1$I', part), ' AND ')
        INTO same FROM unnest(own.key) AS part WHERE part NOT IN ('source', 'timestamp');
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum),
            string_agg(CASE attname
                WHEN 'superseded_at' THEN 'greatest(old.fetched_at, coalesce(held.fetched_at, $1))'
                ELSE format('old.%I', attname) END, ', ' ORDER BY attnum)
        INTO columns, old_values
        FROM pg_attribute
        WHERE attrelid = own.target::regclass AND attnum > 0 AND NOT attisdropped;
    IF 'timestamp' = ANY (own.key) THEN
        same := concat_ws(' AND ', 'held."timestamp" = old."timestamp"', same);
    END IF;
    EXECUTE format($sql$
        INSERT INTO %1$s_history (%2$s)
        SELECT %3$s FROM taken_out AS old
        LEFT JOIN %1$s AS held ON held.source = old.source AND %4$s
        WHERE held.checksum IS NULL OR held.checksum <> old.checksum
            OR held.fetched_at <> old.fetched_at OR held.revision <> old.revision
        ON CONFLICT DO NOTHING
        $sql$, own.target, columns, old_values, same) USING at;
    DROP TABLE taken_out;
END $function$;

-- make_hypertables(): where the extension timescaledb is, tables of bars and actions become
-- hypertables, with the rows that they have. Says how many did.
CREATE FUNCTION tidemark.make_hypertables() RETURNS integer LANGUAGE plpgsql AS $function$
DECLARE
    own tidemark.kinds;
    made integer := 0;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_proc
            WHERE proname = 'create_hypertable' AND pg_function_is_visible(oid)) THEN
        RETURN 0;
    END IF;
    FOR own IN SELECT * FROM tidemark.kinds WHERE by_time AND NOT hypertable LOOP
        EXECUTE format('SELECT create_hypertable(relation => %L::regclass,'
            ' time_column_name => %L::name, chunk_time_interval => interval ''1 year'','
            ' create_default_indexes => false, if_not_exists => true, migrate_data => true)',
            own.target, 'timestamp');
        UPDATE tidemark.kinds SET hypertable = true WHERE name = own.name;
        made := made + 1;
    END LOOP;
    RETURN made;
END $function$;

-- Which object's rows a table has, by source and partition, and how many of them hold.
CREATE TABLE tidemark.partitions (
    source text, kind text, partition text, object text NOT NULL, rows bigint NOT NULL,
    PRIMARY KEY (source, kind, partition));
