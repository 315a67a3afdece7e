"""Who runs this."""

import getpass

from tidemark.files import people

import pytest


@pytest.fixture
def nobody(monkeypatch, tmp_path):
    """A person whom git does not know, in a folder where it could not either."""
    people.me.cache_clear()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, "/dev/null")
    yield
    people.me.cache_clear()


def test_git_knows_a_persons_name(nobody, monkeypatch, tmp_path):
    (tmp_path / "known").write_text("[user]\n\tname = Ann Other\n", "utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "known"))
    assert people.me() == "Ann Other"


def test_else_the_account_has_one(nobody, monkeypatch):
    monkeypatch.setattr(getpass, "getuser", lambda: "ann")
    assert people.me() == "ann"
    people.me.cache_clear()
    monkeypatch.setenv("PATH", "")
    assert people.me() == "ann"


@pytest.mark.parametrize("error", [KeyError, OSError])
def test_an_account_without_a_name_is_nobody_known(nobody, monkeypatch, error):
    def unknown() -> str:
        raise error("getpwuid(): uid not found: 1234")

    monkeypatch.setattr(getpass, "getuser", unknown)
    assert people.me() == "unknown"
