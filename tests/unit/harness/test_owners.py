"""What the owner of a step is told, and what is not told to anybody."""

import json

from tidemark.alerting import telling
from tidemark.alerting.delivery import Trouble
from tidemark.config import view
from tidemark.harness import logs, owners
from tidemark.project import Tree

import pytest

ALERTS = {
    "webhook": None,
    "owners": {"Data Eng": ["fetch_data"], "Analyst": ["plots"]},
    "channels": {"Data Eng": [{"to": "slack://T0KEN/SECRET", "severity": "warning"}]},
}


@pytest.fixture
def tree(tmp_path, monkeypatch):
    keys = tmp_path / view.KEYS
    keys.mkdir(parents=True)
    for key, text in view.flattened({"alerts": ALERTS}):
        (keys / key).write_text(text, "utf-8")
    monkeypatch.setattr(telling, "_silent", set())
    return Tree(tmp_path, tmp_path)


@pytest.fixture
def post(monkeypatch):
    sent = []
    answer = [None]

    def deliver(messages):
        sent.extend(messages)
        return answer * len(messages)

    monkeypatch.setattr(telling, "deliver", deliver)
    return sent, answer


def tell(tree, step, message="3 rows are late", **names):
    return owners.tell(tree, step, names, message, "warning", f"logs/{step}.log")


def noted(tree):
    return [json.loads(line) for line in (tree / logs.ALERTS).read_text("utf-8").splitlines()]


def test_the_owner_hears_by_channel_and_the_file_has_it_all(tree, post):
    assert tell(tree, "fetch_data", source="prices") == []
    assert tell(tree, "fetch_data", source="prices") == []
    assert tell(tree, "plots") == []
    (message,) = post[0]
    assert message.title == "warning: fetch_data prices"
    assert message.body.startswith("3 rows are late\n\nlogs/fetch_data.log in ")
    assert [alert["owner"] for alert in noted(tree)] == ["Data Eng", "Data Eng", "Analyst"]


def test_a_dead_channel_is_an_alert_itself_once_an_hour(tree, post):
    post[1][0] = Trouble("it answered 404")
    for cause in ("late", "lost"):
        (trouble,) = tell(tree, "fetch_data", cause)
        assert trouble == (
            "channel 1 of Data Eng (slack): it answered 404; the alert is in logs/alerts.jsonl"
        )
    messages = [alert["message"] for alert in noted(tree)]
    dead = "an alert did not arrive: channel 1 of Data Eng (slack): it answered 404"
    assert messages == ["late", dead, "lost"]
    assert not [alert for alert in noted(tree) if "SECRET" in json.dumps(alert)]


def test_no_message_holds_an_address(tree, post):
    tell(tree, "fetch_data", "cannot reach slack://T0KEN/SECRET")
    assert post[0][0].body.startswith("cannot reach [secret]\n")


def test_an_address_may_stand_in_the_projects_own_file(tree, post, monkeypatch):
    """Which scheduled runs have, whose environment is nearly empty."""
    (tree / view.KEYS / "alerts.channels.Data Eng").write_text(
        '[{"to": "$ALERTS_X", "severity": "info"}]'
    )
    monkeypatch.delenv("ALERTS_X", raising=False)
    (tree / ".env").write_text("ALERTS_X=slack://FROM/FILE\n")
    assert tell(tree, "fetch_data", "of slack://FROM/FILE") == []
    assert post[0][0].address == "slack://FROM/FILE"
    assert post[0][0].body.startswith("of [secret]\n")
    (tree / ".env").write_text("no line of it\n")
    (trouble,) = tell(tree, "fetch_data", "another")
    assert telling.NOT_SET in trouble, "a file that is damaged stops nothing"
