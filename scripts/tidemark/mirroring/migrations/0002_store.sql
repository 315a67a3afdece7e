-- What brings a snapshot back: the records of the log, and objects byte by byte, in parts.
CREATE TABLE tidemark.snapshots (
    number bigint PRIMARY KEY, record bytea);  -- no record: it was lost for good
COMMENT ON TABLE tidemark.snapshots IS 'Records of data/store/snapshots/, as the files are';
CREATE TABLE tidemark.objects (name text PRIMARY KEY, bytes bigint NOT NULL);
COMMENT ON TABLE tidemark.objects IS 'Files of data/store/objects/; the name is the SHA-256';
CREATE TABLE tidemark.object_parts (
    name text REFERENCES tidemark.objects ON DELETE CASCADE, nth integer, content bytea NOT NULL,
    PRIMARY KEY (name, nth));
ALTER TABLE tidemark.object_parts ALTER content SET STORAGE EXTERNAL;  -- it is compressed already
-- The snapshot whose rows the tables have, as soon as they have all of them.
CREATE TABLE tidemark.mirrored (snapshot bigint NOT NULL, at timestamptz NOT NULL);
-- Tables of metrics.duckdb, as they were when they were last copied.
CREATE TABLE tidemark.results (
    name text PRIMARY KEY, columns text NOT NULL, sha256 text NOT NULL, rows bigint NOT NULL);
