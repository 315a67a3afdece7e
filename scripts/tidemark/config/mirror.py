"""Where a copy of the data and of the results is kept beside the project."""

import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from tidemark.bounds import Checked

from annotated_types import Ge, Le, MaxLen

ADDRESS = re.compile(r"postgres(?:ql)?://(?:[^\s/?#@:]+@)?[^\s/?#@]+/[^\s/?#@]+")


def _must_be_a_database(address: str) -> None:
    """Refuse what is no address of a database. It may hold a password, so no message holds it."""
    if re.match(r"postgres(?:ql)?://[^/@]*:[^/]*@", address):
        raise ValueError(
            "names a password, which belongs in TIDEMARK_PG_PASSWORD, in the environment or in .env"
        )
    wrong = ValueError(
        "must be postgresql://user@host:port/database; user and port may be left out"
    )
    if not ADDRESS.fullmatch(address):
        raise wrong
    try:
        parts = urlsplit(address)
        usable = parts.hostname and parts.port != 0
    except ValueError:
        raise wrong from None
    if not usable:
        raise wrong


@dataclass(frozen=True)
class Postgres:
    """A database of a PostgreSQL server, 15 or newer, with or without TimescaleDB.

    Attributes:
        address: postgresql://user@host:port/database; without a user it is that of PGUSER or of the
            operating system. The password stands in TIDEMARK_PG_PASSWORD or PGPASSWORD, in the
            environment or in .env.
        tls: whether the connection must be encrypted, and the server's certificate be good; null:
            unless the server is on this machine.
        seconds: how long it may take to connect.
        statement_seconds: how long one statement may take; then it is given up.
        batch_rows: rows of data that are sent at a time.
        slow_seconds: how long such a batch may take; the rest is then copied straight.
    """

    address: Annotated[str, MaxLen(2000), Checked(_must_be_a_database)]
    tls: bool | None = None
    seconds: Annotated[float, Ge(0.1), Le(3600)] = 10.0
    statement_seconds: Annotated[float, Ge(1), Le(86_400)] = 900.0
    batch_rows: Annotated[int, Ge(1), Le(1_000_000)] = 5000
    slow_seconds: Annotated[float, Ge(0), Le(3600)] = 2.0


@dataclass(frozen=True)
class Mirror:
    """Where copies are kept.

    Attributes:
        postgres: a database that `make mirror` brings up to date; null: none.
    """

    postgres: Postgres | None = None
