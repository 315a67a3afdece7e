"""Who is sent what, when some channels refuse or hang."""

from tidemark.alerting import telling
from tidemark.alerting.delivery import Trouble
from tidemark.alerting.telling import Alert
from tidemark.project import Tree

import pytest

NOW = 1_796_000_000.0
ADDRESS = "slack://T0KEN/SECRET"


@pytest.fixture
def post(monkeypatch):
    """What was delivered; and the troubles by address, which a test may set."""
    sent, troubles = [], {}

    def deliver(messages):
        sent.extend(messages)
        return [troubles.get(message.address) for message in messages]

    monkeypatch.setattr(telling, "deliver", deliver)
    monkeypatch.setattr(telling, "_silent", set())
    return sent, troubles


@pytest.fixture
def tell(tmp_path, post):
    def to(*channels, severity="warning", cause="late 1", now=NOW, environment=None):
        entries = [{"to": to, "severity": least} for to, least in channels]
        named = telling.named("Data Eng", entries, environment or {})
        alert = Alert("title", "body", severity, cause)
        return telling.tell(Tree(tmp_path, tmp_path), named, alert, now)

    return to


@pytest.mark.parametrize(
    ("severity", "told"),
    [("info", "i"), ("warning", "iw"), ("error", "iwe"), ("odd", "iw")],
)
def test_a_channel_is_told_of_its_severity_and_above(tell, post, severity, told):
    levels = [(f"json://{level[0]}/", level) for level in ("info", "warning", "error")]
    assert tell(*levels, severity=severity) == []
    assert "".join(message.address[7] for message in post[0]) == told


def test_figures_do_not_tell_causes_apart(tell, post):
    for cause in ("late by 3 days", "late by 14 days", "lost"):
        tell((ADDRESS, "info"), cause=cause)
    tell((ADDRESS, "info"), cause="late by 99 days", now=NOW + 3600)
    assert len(post[0]) == 3
    assert post[0][-1].body == "body\n\n1 message of this cause held back before."


def test_two_owners_with_one_address_hear_once(tell, post):
    tell((ADDRESS, "info"), (ADDRESS, "info"))
    assert len(post[0]) == 1


def test_a_channel_that_refused_is_tried_with_the_next_alert(tell, post):
    post[1][ADDRESS] = Trouble("it answered 503")
    assert tell((ADDRESS, "info")) == ["channel 1 of Data Eng (slack): it answered 503"]
    post[1].clear()
    assert tell((ADDRESS, "info")) == []
    assert len(post[0]) == 2


def test_a_channel_that_hangs_is_waited_for_once(tell, post):
    """It may have sent the message, so that cause is told; others wait for the next process."""
    post[1][ADDRESS] = Trouble("no answer within 10 s", perhaps_sent=True)
    tell((ADDRESS, "info"))
    told = tell((ADDRESS, "info"), cause="another")
    assert told == ["channel 1 of Data Eng (slack): left alone, as it gave no answer before"]
    assert len(post[0]) == 1


def test_an_address_may_stand_in_the_environment(tell, post):
    tell(("$CHAT", "info"), environment={"CHAT": ADDRESS})
    assert post[0][0].address == ADDRESS
    for environment in ({}, {"CHAT": ""}):
        (told,) = tell(("$CHAT", "info"), environment=environment, cause="another")
        assert told == f"channel 1 of Data Eng ($CHAT): {telling.NOT_SET}"


def test_what_is_kept_of_messages_holds_no_secret(tell, tmp_path):
    tell((ADDRESS, "info"), cause="prices of ACME")
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert kept
    assert b"SECRET" not in kept
    assert b"ACME" not in kept
