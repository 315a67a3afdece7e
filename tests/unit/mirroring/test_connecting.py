"""A connection that fails says why and what to do, in bounded time, and never shows a password."""

import contextlib
import socket
import time

from postgres_server import PASSWORD, USER
from tidemark.config import mirror
from tidemark.errors import InputError
from tidemark.mirroring import server as servers

import pytest

SECRET = "not the right one"


def connect(address, environment, **more):
    with servers.opened(mirror.Postgres(address, **more), environment) as server:
        return server.run("SELECT current_database()")


@pytest.mark.parametrize(
    ("user", "name", "environment", "told"),
    [
        (USER, None, {"PGPASSWORD": SECRET}, "refuses the password"),
        (USER, None, {}, "refuses the password"),
        ("nobody", None, {"PGPASSWORD": SECRET}, "refuses the password"),
        (USER, "nowhere", {"PGPASSWORD": PASSWORD}, "has no such database"),
    ],
)
def test_who_is_not_let_in_is_told_why(postgres, database, user, name, environment, told):
    address = f"postgresql://{user}@127.0.0.1:{postgres.port}/{name or database}"
    with pytest.raises(InputError, match=told) as caught:
        connect(address, environment)
    assert caught.value.cure
    assert SECRET not in str(caught.value)
    assert PASSWORD not in str(caught.value)
    assert caught.value.__cause__ is None  # which would hold what the client knew


def test_the_password_of_tidemark_comes_before_that_of_all_programs(postgres, database):
    passwords = {"PGPASSWORD": SECRET, "TIDEMARK_PG_PASSWORD": PASSWORD}
    assert connect(postgres.address(database), passwords) == [[database]]


def test_a_user_that_no_address_names_is_that_of_the_environment(postgres, database):
    address = f"postgresql://127.0.0.1:{postgres.port}/{database}"
    assert connect(address, {"PGPASSWORD": PASSWORD, "PGUSER": USER}) == [[database]]


def test_a_server_that_is_down_or_speaks_no_tls_is_told(postgres, database):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(InputError, match="cannot be reached: Connection refused"):
        connect(f"postgresql://{USER}@127.0.0.1:{port}/{database}", {})
    with pytest.raises(InputError, match="speaks no TLS"):
        connect(postgres.address(database), {"PGPASSWORD": PASSWORD}, tls=True)


def test_a_server_that_says_nothing_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql://{USER}@127.0.0.1:{silent.getsockname()[1]}/db"
        began = time.monotonic()
        with pytest.raises(InputError, match="does not answer in time"):
            connect(address, {"PGPASSWORD": PASSWORD}, seconds=0.3)
        assert time.monotonic() - began < 5


def test_a_statement_that_takes_too_long_is_given_up(postgres, database):
    settings = mirror.Postgres(postgres.address(database), statement_seconds=1)
    with servers.opened(settings, {"PGPASSWORD": PASSWORD}) as server:
        with pytest.raises(InputError, match="took too long"):
            server.run("SELECT pg_sleep(30)")
        assert server.run("SELECT 1") == [[1]]


def test_a_server_that_ends_meanwhile_is_told(postgres, database):
    settings = mirror.Postgres(postgres.address(database))
    with servers.opened(settings, {"PGPASSWORD": PASSWORD}) as server:
        ((own,),) = server.run("SELECT pg_backend_pid()")
        postgres.query("postgres", "SELECT pg_terminate_backend(:pid)", pid=own)
        with pytest.raises(InputError) as caught:
            server.run("SELECT 1")
        assert caught.value.cure
        with pytest.raises(InputError):
            server.run("SELECT 1")


def test_a_transaction_that_fails_leaves_nothing(server):
    server.run("CREATE TABLE public.kept (a integer)")
    with contextlib.suppress(ZeroDivisionError), server.transaction():
        server.run("INSERT INTO public.kept VALUES (1)")
        raise ZeroDivisionError
    assert server.run("SELECT * FROM public.kept") == []


def test_a_copy_that_the_server_refuses_is_told_and_the_connection_goes_on(server):
    server.run("CREATE TABLE public.numbers (a integer)")
    with pytest.raises(InputError, match="invalid input syntax"):
        server.copy("public.numbers", [b"1\n", b"no number\n"])
    assert server.copy("public.numbers", [b"1\n2", b"\n"]) == 2


def test_a_user_without_rights_is_told_what_to_grant(postgres, database):
    from tidemark.mirroring import migrating

    postgres.query("postgres", f"CREATE ROLE reader_{database} LOGIN PASSWORD 'read'")
    address = f"postgresql://reader_{database}@127.0.0.1:{postgres.port}/{database}"
    settings = mirror.Postgres(address)
    with (
        servers.opened(settings, {"PGPASSWORD": "read"}) as server,
        pytest.raises(InputError, match="does not allow that") as caught,
    ):
        migrating.migrate(server)
    assert "GRANT" in caught.value.cure


def test_an_old_server_is_refused(postgres, database, monkeypatch):
    monkeypatch.setattr(servers, "OLDEST", 990_000)
    with pytest.raises(InputError, match="is PostgreSQL 1"):
        connect(postgres.address(database), {"PGPASSWORD": PASSWORD})


def test_connections_say_whose_they_are(postgres, database, server):
    assert server.run("SHOW application_name") == [["tidemark"]]
