"""Keys come from the environment or `.env`, and are in nothing that is told or kept."""

from urllib.parse import quote, quote_plus, urlencode

from tidemark.errors import InputError
from tidemark.fetching import keys
from tidemark.fetching.keys import HIDDEN, Keys
from tidemark.project import Tree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=40)


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path, tmp_path)


def test_the_environment_comes_before_env(tree, monkeypatch):
    monkeypatch.setenv("FRED_API_KEY", "of the environment")
    for name in "ABCD":  # make exports variables of such names to tests
        monkeypatch.delenv(name, raising=False)
    text = "# keys\n\nFRED_API_KEY=of-file\nexport A = 'x y # z'\nB=\"q=1\"\nC=v # why\nD=\n"
    (tree / ".env").write_text(text, "utf-8")
    found = keys.environment(tree)
    assert found["FRED_API_KEY"] == "of the environment"
    assert {name: found[name] for name in "ABCD"} == {"A": "x y # z", "B": "q=1", "C": "v", "D": ""}


def test_without_env_there_is_the_environment(tree, monkeypatch):
    monkeypatch.setenv("FRED_API_KEY", "k")
    assert keys.environment(tree)["FRED_API_KEY"] == "k"


@pytest.mark.parametrize(
    "line", ["secretvalue", "1A=secretvalue", "A B=secretvalue", "- secretvalue"]
)
def test_a_line_that_is_none_is_named_by_its_number_alone(tree, line):
    (tree / ".env").write_text(f"A=1\n{line}\n", "utf-8")
    with pytest.raises(InputError, match=r"\.env: line 2") as error:
        keys.environment(tree)
    assert "secretvalue" not in str(error.value)


def test_env_that_is_no_text_is_refused(tree):
    (tree / ".env").write_bytes(b"A=\xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        keys.environment(tree)


@pytest.mark.parametrize("value", ["", "  "])
def test_a_missing_key_is_named_with_the_cure(value):
    with pytest.raises(InputError, match=r"NEWSAPI_KEY: is not set.*\.env"):
        Keys({"NEWSAPI_KEY": value}, ["NEWSAPI_KEY"]).key("NEWSAPI_KEY")


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "schl\u00fcssel", "a\x00b"])
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(value):
    with pytest.raises(InputError) as error:
        Keys({"K": value}, ["K"]).key("K")
    assert value not in str(error.value)


@settings(max_examples=40, deadline=None)
@given(PRINTABLE)
def test_no_form_of_a_key_is_left_in_a_text(key):
    own = Keys({"K": key}, ["K"])
    address = f"https://a.example/x?{urlencode({'q': key, 'z': 1})}&y={quote(key, safe='')}"
    text = f"GET {address} failed: {key!s}; {quote_plus(key)}"
    shown = own.without(text)
    for form in (key, quote(key, safe=""), quote_plus(key)):
        assert form in HIDDEN or form not in shown.replace(HIDDEN, "")
    assert key.encode() not in own.out_of(f"x{key}y".encode()).replace(HIDDEN.encode(), b"")


def test_parameters_that_hold_keys_are_hidden_whoever_put_them_there():
    told = "see https://me:pw@a.example/x?apiKey=abc123&from=2026&access_token=t0k"
    expected = "see https://***@a.example/x?apiKey=***&from=2026&access_token=***"
    assert Keys({}, []).without(told) == expected
