"""What `make alert-test` says of each channel."""

from types import SimpleNamespace

from commands import alert_test
from tidemark.alerting.delivery import Trouble
from tidemark.alerting.settings import Alerts, Channel
from tidemark.errors import InputError

import pytest

ALERTS = Alerts(
    owners={"Data Eng": ["fetch_data"], "ML Eng": ["evaluate"], "Analyst": ["plots"]},
    channels={
        "Data Eng": [Channel(to="slack://T0KEN/SECRET"), Channel(to="$NOWHERE", severity="error")],
        "ML Eng": [Channel(to="discord://SECRET/T0KEN")],
    },
)


@pytest.fixture
def tested(tmp_path, monkeypatch, capsys):
    """The command for an owner: its exit code and what it says; Discord is dead."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["alert_test.py"])
    monkeypatch.setattr(alert_test, "ROOT", tmp_path)
    monkeypatch.delenv("NOWHERE", raising=False)

    def deliver(messages):
        dead = Trouble("it answered 404")
        return [dead if it.address.startswith("discord") else None for it in messages]

    monkeypatch.setattr(alert_test.delivery, "deliver", deliver)

    def run(owner, alerts=ALERTS):
        monkeypatch.setenv("OWNER", owner)
        monkeypatch.setattr(alert_test.load, "load", lambda *_: SimpleNamespace(alerts=alerts))
        return alert_test.main(), capsys.readouterr().out.splitlines()

    return run


def test_each_channel_is_named_with_what_became_of_its_message(tested, tmp_path):
    code, said = tested("Data Eng")
    assert code == 1
    assert said[0] == "channel 1 of Data Eng (slack): took the message"
    assert said[1].startswith("channel 2 of Data Eng ($NOWHERE): this variable is set neither")
    (tmp_path / ".env").write_text("NOWHERE=json://h.example/SECRET\n")
    assert tested("Data Eng")[0] == 0


def test_without_an_owner_all_are_tested(tested):
    code, said = tested("")
    assert (code, len(said)) == (1, 3)
    assert said[2] == "channel 1 of ML Eng (discord): it answered 404"
    assert "SECRET" not in "".join(said)


@pytest.mark.parametrize(
    ("owner", "alerts", "problem"),
    [
        ("Data Eg", ALERTS, "did you mean Data Eng"),
        ("Analyst", ALERTS, "Analyst has none"),
        ("", Alerts(), "is empty"),
    ],
)
def test_where_there_is_nobody_to_tell_it_says_so(tested, owner, alerts, problem):
    with pytest.raises(InputError, match=problem):
        tested(owner, alerts)
