"""The mirror's own tables and functions, made by numbered files of SQL, each applied once."""

from pathlib import Path

from tidemark.errors import InputError
from tidemark.files import store
from tidemark.mirroring.server import WHERE, Server

FOLDER = Path(__file__).with_name("migrations")
APPLIED = """
    CREATE SCHEMA IF NOT EXISTS tidemark;
    CREATE TABLE IF NOT EXISTS tidemark.migrations (
        number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,
        applied timestamptz NOT NULL DEFAULT now())"""


def migrate(server: Server, folder: Path = FOLDER) -> int:
    """Apply what was not applied yet, all or nothing; how many that were.

    Raises:
        InputError: a newer Tidemark was here, or a file was altered after it was applied.
    """
    files = {int(path.name[:4]): path for path in sorted(folder.glob("[0-9]*.sql"))}
    with server.transaction():
        server.run(APPLIED)
        server.run("LOCK TABLE tidemark.migrations IN EXCLUSIVE MODE")
        found = server.run("SELECT number, sha256 FROM tidemark.migrations ORDER BY number")
        before = {int(number): str(sha256) for number, sha256 in found}
        if newer := before.keys() - files.keys():
            problem = f"a newer Tidemark has migrated it ({max(newer)})"
            raise InputError(WHERE, problem, "go on with that one")
        for number, path in files.items():
            data = path.read_bytes()
            if number in before:
                if before[number] != store.sha256(data):
                    cure = "restore the file from git; changes go into a new file"
                    raise InputError(path.name, "is not as it was when it was applied", cure)
                continue
            server.run(data.decode())
            server.run(
                "INSERT INTO tidemark.migrations (number, name, sha256) VALUES (:n, :name, :sha)",
                n=number,
                name=path.stem,
                sha=store.sha256(data),
            )
    server.run("SELECT tidemark.make_hypertables()")
    return len(files.keys() - before.keys())


def is_mirror(server: Server) -> bool:
    """Whether a mirror was ever made there."""
    ((found,),) = server.run("SELECT to_regclass('tidemark.snapshots') IS NOT NULL")
    return bool(found)
