"""A connection to a PostgreSQL server; whatever goes wrong there is an error with a cure.

The client is pg8000: pure Python, BSD, and it speaks COPY. It is imported when a connection is
opened, because only who has a mirror has it.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import ssl
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from tidemark.config import load
from tidemark.config.mirror import Postgres
from tidemark.errors import InputError
from tidemark.project import Tree

PASSWORDS = ("TIDEMARK_PG_PASSWORD", "PGPASSWORD")
WHERE = "mirror.postgres"
OLDEST = 150_000  # PostgreSQL 15: a unique index may hold missing values to be alike
LOCAL = ("localhost", "127.0.0.1", "::1")
LOCK_SECONDS = 30  # how long another one may keep a table to itself
ALONE = 7_263_548_021  # the advisory lock of whoever writes a mirror
# By SQLSTATE, or its class: what is wrong and what to do.
CURES = {
    "28P01": ("refuses the password", "set TIDEMARK_PG_PASSWORD, or write it into .env"),
    "28": ("does not let this user in", "name a user in mirror.postgres.address; see pg_hba.conf"),
    "3D": ("has no such database", "create it (createdb), or name another one"),
    "42501": ("does not allow that", "GRANT this user what it lacks, e.g. CREATE on the database"),
    "53": ("has no room for that", "make room there: disk, memory or connections"),
    "55P03": ("is waiting for another one", "end whoever holds a lock on these tables, then again"),
    "57014": ("took too long", "raise mirror.postgres.statement_seconds, then again"),
    "57": ("is shutting down or starting", "wait until it is there, then again"),
    "2BP01": ("has views or other things that hang on a table", "drop those first, then again"),
}  # fmt: skip
AGAIN = "look whether it runs and its address is right, then again: nothing is half copied"


class StatementError(InputError):
    """The server refused a statement; `state` is its SQLSTATE."""

    def __init__(self, where: str, problem: str, cure: str, state: str) -> None:
        super().__init__(where, problem, cure)
        self.state = state


class Server:
    """A connection that is open.

    Args:
        connection: of pg8000.
        where: the server's name for messages.
    """

    def __init__(self, connection: Any, where: str) -> None:
        self._connection = connection
        self._where = where

    def run(self, sql: str, **values: Any) -> list[list[Any]]:
        """The rows that a statement gives; `:name` in it stands for a value.

        Raises:
            StatementError: it was refused.
            InputError: the connection is lost.
        """
        with telling(self._where):
            return self._connection.run(sql, **values) or []

    def copy(self, into: str, chunks: Iterable[bytes]) -> int:
        """Copy rows in the form of `copy_text` into a table; how many.

        Args:
            into: the table, with its columns in brackets.
            chunks: of the text, wherever it is cut.
        """
        with telling(self._where):
            self._connection.run(f"COPY {into} FROM STDIN", stream=_iterable(chunks))
            return int(self._connection.row_count)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block or nothing of it."""
        self.run("BEGIN")
        try:
            yield
        except BaseException:
            with contextlib.suppress(InputError):
                self.run("ROLLBACK")
            raise
        self.run("COMMIT")


def _iterable(chunks: Iterable[bytes]) -> Iterator[bytes]:
    yield from chunks


def configured(tree: Tree, config: str) -> Postgres:
    """The mirror of a configuration.

    Raises:
        InputError: it names none, or is wrong.
    """
    settings = load.load(tree, config).mirror.postgres
    if settings is None:
        cure = "name a database there: address: postgresql://user@host/database; see docs/mirror.md"
        raise InputError(f"{config}: {WHERE}", "is not set", cure)
    return settings


@contextlib.contextmanager
def opened(settings: Postgres, environment: dict[str, str]) -> Iterator[Server]:
    """Be connected within the block.

    Args:
        settings: where, and how long that may take.
        environment: names and values, among them the password.

    Raises:
        InputError: there is no server, it does not let us in, or it is too old.
    """
    parts = urlsplit(settings.address)
    where = f"{WHERE} ({parts.hostname})"
    connection = _connected(settings, parts, environment, where)
    try:
        connection._usock.settimeout(settings.statement_seconds + LOCK_SECONDS)
        server = Server(connection, where)
        ((version,),) = server.run("SHOW server_version_num")
        if int(version) < OLDEST:
            problem = f"is PostgreSQL {int(version) // 10_000}"
            raise InputError(where, problem, "a server of version 15 or newer")
        server.run(
            f"SET statement_timeout = {int(settings.statement_seconds * 1000)};"
            f" SET lock_timeout = '{LOCK_SECONDS}s'; SET timezone = 'UTC';"
            " SET client_min_messages = warning; SET standard_conforming_strings = on"
        )
        yield server
    finally:
        with contextlib.suppress(Exception):
            connection.close()


@contextlib.contextmanager
def alone(server: Server) -> Iterator[None]:
    """Be the only one who writes the mirror within the block.

    Raises:
        InputError: another one does.
    """
    ((free,),) = server.run(f"SELECT pg_try_advisory_lock({ALONE})")
    if not free:
        raise InputError(WHERE, "another one is writing this mirror", "wait until it is done")
    try:
        yield
    finally:
        with contextlib.suppress(InputError):
            server.run(f"SELECT pg_advisory_unlock({ALONE})")


def _connected(
    settings: Postgres, parts: SplitResult, environment: dict[str, str], where: str
) -> Any:
    import pg8000.native

    host, port = parts.hostname or "", parts.port or 5432
    user = unquote(parts.username or "") or environment.get("PGUSER") or getpass.getuser()
    password = next((environment[name] for name in PASSWORDS if environment.get(name)), "")
    secure = host not in LOCAL if settings.tls is None else settings.tls
    context = (
        ssl.create_default_context(cafile=environment.get("PGSSLROOTCERT")) if secure else False
    )
    with telling(where), contextlib.ExitStack() as stack:
        sock = socket.create_connection((host, port), settings.seconds)
        stack.callback(sock.close)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each COPY waits 40 ms
        connection = pg8000.native.Connection(
            user,
            host=host,
            database=unquote(parts.path.strip("/")),
            password=password,
            ssl_context=context,
            application_name="tidemark",
            sock=sock,
        )
        stack.pop_all()
        return connection


@contextlib.contextmanager
def telling(where: str) -> Iterator[None]:
    """Turn what goes wrong in the block into an error with a cure, which holds no value."""
    import pg8000.exceptions

    try:
        yield
    except pg8000.exceptions.DatabaseError as error:
        told = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
        raise _refused(where, told) from None
    except ssl.SSLError as error:
        said = getattr(error, "verify_message", "") or error.reason
        cure = "PGSSLROOTCERT=<file of the authority>, or mirror.postgres.tls: false in a safe net"
        raise InputError(where, f"the connection is not safe: {said}", cure) from None
    except TimeoutError:
        raise InputError(where, "does not answer in time", AGAIN) from None
    except OSError as error:
        said = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise InputError(where, f"cannot be reached: {said}", AGAIN) from None
    except pg8000.exceptions.InterfaceError as error:
        if "SSL" in str(error):
            cure = "have it speak TLS, or mirror.postgres.tls: false in a safe net"
            raise InputError(where, "speaks no TLS", cure) from None
        raise InputError(where, "the connection is lost", AGAIN) from None


def _refused(where: str, told: dict[str, str]) -> StatementError:
    state, said = told.get("C", ""), told.get("M", "refuses a statement")
    for code in (state, state[:2]):
        if code in CURES:
            problem, cure = CURES[code]
            return StatementError(where, f"{problem}: {said}", cure, state)
    return StatementError(
        where, f"refuses a statement: {said} ({state})", "see the server's log", state
    )
