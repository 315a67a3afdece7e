"""The section `fetch`: bounds, and no key in an address."""

from datetime import timedelta

from tidemark.fetching import settings
from tidemark.fetching.settings import Fetch

import pytest


@pytest.mark.parametrize(
    ("text", "age"),
    [("36h", timedelta(hours=36)), ("3d", timedelta(days=3)), ("90m", timedelta(minutes=90)),
     ("2w", timedelta(days=14))],
)  # fmt: skip
def test_an_age_is_a_number_with_a_unit(text, age):
    assert Fetch(max_age=text).oldest == age


@pytest.mark.parametrize(
    "address",
    ["example.org/api", "ftp://example.org", "https://", "https://me:pw@example.org",
     "https://example.org/api?apikey=abc"],
)  # fmt: skip
def test_an_address_is_of_the_web_and_holds_no_key(address):
    with pytest.raises(ValueError, match="must"):
        settings._must_be_an_address(address)


def test_an_address_of_this_machine_will_do():
    settings._must_be_an_address("http://127.0.0.1:8080/v1")
