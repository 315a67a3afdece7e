"""A PostgreSQL server of its own for tests, on 127.0.0.1, with a user that has a password."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

REQUIRED = "TIDEMARK_REQUIRE_POSTGRES"
USER, PASSWORD = "tidemark", "correct horse battery staple"
ODDS = ("-cfsync=off", "-cfull_page_writes=off", "-csynchronous_commit=off")


@dataclass(frozen=True)
class Postgres:
    """Where it listens."""

    port: int
    process: subprocess.Popen[bytes]

    def address(self, database: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def query(self, database: str, sql: str, **values: Any) -> list[Any]:
        import pg8000.native

        with contextlib.closing(
            pg8000.native.Connection(
                USER, "127.0.0.1", database, self.port, PASSWORD, ssl_context=False, timeout=60
            )
        ) as connection:
            return connection.run(sql, **values) or []


def programs() -> Path | None:
    """The folder of the newest server that is installed."""
    found = [Path(path).parent for path in [shutil.which("initdb") or ""] if path]
    found += [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    found += [path.parent for path in Path("/opt/homebrew/opt").glob("postgresql*/bin/initdb")]
    whole = [folder for folder in found if (folder / "postgres").exists()]
    return max(
        whole, key=lambda folder: [*map(int, filter(str.isdigit, folder.parts))], default=None
    )


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """The server until the block ends; skips where there is none, unless one is required."""
    folder = programs()
    if folder is None:
        reason = "no PostgreSQL server is installed (initdb, postgres): apt-get install postgresql"
        if os.environ.get(REQUIRED):
            pytest.fail(f"{reason}; {REQUIRED} is set")
        pytest.skip(reason)
    place = Path(tempfile.mkdtemp(prefix="tidemark-postgres-"))
    other = _other_user()  # postgres does not run as root
    if other:
        os.chown(place, *other)
    drop = {"user": other[0], "group": other[1], "extra_groups": []} if other else {}
    secret = place / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    data = place / "data"
    try:
        subprocess.run(
            [folder / "initdb", "-D", data, "-U", USER, "-A", "scram-sha-256", "-E", "UTF8",
             "--pwfile", secret, "--no-locale", "--no-sync", "--no-instructions"],
            check=True, stdout=subprocess.DEVNULL, cwd=place, **drop,
        )  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with (place / "log").open("wb") as log:
            process = subprocess.Popen(
                [folder / "postgres", "-D", data, "-p", str(port), "-k", place,
                 "-clisten_addresses=127.0.0.1", *ODDS],
                stdout=log, stderr=log, cwd=place, **drop,
            )  # fmt: skip
        try:
            _wait(port, process, place / "log")
            yield Postgres(port, process)
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait(30)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _other_user() -> tuple[int, int] | None:
    if os.geteuid():
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return found.pw_uid, found.pw_gid
    return None


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            if "ready to accept" in log.read_text():
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text())
