"""One server for all tests of the room, and a database of its own for each."""

import itertools
from collections.abc import Iterator

import postgres_server
from postgres_server import PASSWORD, Postgres
from tidemark.config import mirror
from tidemark.mirroring import server as servers
from tidemark.mirroring.server import Server

import pytest

NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with postgres_server.running() as server:
        yield server


@pytest.fixture
def database(postgres: Postgres) -> str:
    name = f"mirror_{next(NUMBERS)}"
    postgres.query("postgres", f"CREATE DATABASE {name}")
    return name


@pytest.fixture
def server(postgres: Postgres, database: str) -> Iterator[Server]:
    settings = mirror.Postgres(postgres.address(database))
    with servers.opened(settings, {"PGPASSWORD": PASSWORD}) as opened:
        yield opened
