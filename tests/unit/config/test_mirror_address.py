"""What the address of a mirror may be; a password in it is refused, and shown by no message."""

from tidemark.config import mirror

import pytest

GOOD = (
    "postgresql://me@db.example.org:5433/market", "postgres://db/market",
    "postgresql://[::1]:5432/market", "postgresql://me%40home@127.0.0.1/market",
)  # fmt: skip
BAD = (
    "db/market", "postgresql://db", "postgresql://db/", "postgresql://db:0/market",
    "postgresql://db:99999/market", "postgresql://db/market?sslmode=off", "mysql://db/market",
    "postgresql://a b@db/market", "postgresql:///market",
)  # fmt: skip


@pytest.mark.parametrize("address", GOOD)
def test_addresses_of_databases_pass(address):
    mirror._must_be_a_database(address)


@pytest.mark.parametrize("address", BAD)
def test_others_do_not(address):
    with pytest.raises(ValueError, match="must be postgresql://"):
        mirror._must_be_a_database(address)


@pytest.mark.parametrize("address", ["postgresql://me:s3cret@db/market", "postgres://:s3cret@db/m"])
def test_a_password_is_refused_and_not_repeated(address):
    with pytest.raises(ValueError, match="TIDEMARK_PG_PASSWORD") as caught:
        mirror._must_be_a_database(address)
    assert "s3cret" not in str(caught.value)
