"""Messages by apprise itself, to servers on this machine that take them, refuse them, or hang."""

import contextlib
import json
import socket
import threading

from fakes.server import Fake, Reply, busy, hangs
from tidemark.alerting import delivery
from tidemark.alerting.delivery import Message, Trouble

import pytest

SECRET = "/SECRET"
TOOK = Reply.json({})


def mailbox(listener: socket.socket, mails: list[bytes]) -> None:
    """A mail server for one letter: the answers of RFC 5321 to EHLO, MAIL, RCPT, DATA and QUIT."""
    connection, _ = listener.accept()
    with connection, connection.makefile("rwb", buffering=0) as wire:
        wire.write(b"220 here\r\n")
        for line in wire:
            if line.upper().startswith(b"DATA"):
                wire.write(b"354 go on\r\n")
                mails.append(b"".join(iter(wire.readline, b".\r\n")))
            wire.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 well\r\n")


@pytest.fixture(scope="module")
def sent():
    """All kinds of addresses, served at once by one process: troubles, requests, mails."""
    mails: list[bytes] = []
    with contextlib.ExitStack() as stack:
        takes, refuses, moved, silent = (
            stack.enter_context(Fake({SECRET: TOOK, "/login": TOOK})) for _ in range(4)
        )
        refuses.always(busy(503))
        moved.always(lambda asked, reply: Reply(status=302, headers={"Location": "/login"}))
        silent.always(hangs)
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        threading.Thread(target=mailbox, args=(listener, mails), daemon=True).start()
        with socket.create_server(("127.0.0.1", 0)) as gone:
            closed = gone.getsockname()[1]
        places = {
            "takes": takes.base,
            "refuses": refuses.base,
            "moved": moved.base,
            "silent": silent.base,
            "closed": f"http://127.0.0.1:{closed}",
        }
        addresses = {
            name: f"{base.replace('http', 'json', 1)}{SECRET}" for name, base in places.items()
        }
        port = listener.getsockname()[1]
        addresses["mail"] = f"mailto://127.0.0.1:{port}?from=me@h.example&to=you@h.example"
        addresses["unknown"] = "nosuch://SECRET"
        messages = [Message(it, "late", "prices \ud800 of 3", "error") for it in addresses.values()]
        troubles = dict(zip(addresses, delivery.deliver(messages, 3.0), strict=True))
        yield troubles, takes.asked, moved.asked, mails


def test_a_message_arrives_with_its_title_its_severity_and_no_letter_that_breaks_it(sent):
    troubles, asked, *_ = sent
    assert troubles["takes"] is None
    (request,) = asked
    told = json.loads(request.body)
    assert (told["title"], told["type"]) == ("late", "failure")
    assert told["message"].startswith("prices ")
    assert told["message"].endswith(" of 3")


def test_a_mail_arrives(sent):
    troubles, *_, mails = sent
    assert troubles["mail"] is None
    (mail,) = mails
    assert b"Subject: late" in mail
    assert b"To: you@h.example" in mail


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("refuses", Trouble("it answered 503")),
        ("moved", Trouble("it answered 302, a redirect: set the address that it leads to")),
        ("silent", Trouble("no answer within 3 s", perhaps_sent=True)),
        ("closed", Trouble("it cannot be reached, or refused")),
        ("unknown", Trouble("apprise knows no such address")),
    ],
)
def test_what_went_wrong_is_said_without_the_address(sent, name, trouble):
    """One that hangs keeps no other from being told."""
    assert sent[0][name] == trouble


def test_a_redirect_is_not_followed(sent):
    """It may lead to a login page, which would answer 200."""
    assert [request.path for request in sent[2]] == [SECRET]


@pytest.mark.parametrize("python", ["/nowhere/python", "/bin/false"])
def test_without_its_process_nothing_is_raised(monkeypatch, python):
    monkeypatch.setattr("sys.executable", python)
    message = Message("json://127.0.0.1:1/SECRET", "a", "b", "info")
    (trouble,) = delivery.deliver([message])
    assert trouble is not None
    assert "SECRET" not in trouble.words


@pytest.mark.filterwarnings("ignore:'imghdr'")  # which apprise imports on old Pythons
def test_the_addresses_that_the_page_shows_are_known():
    import apprise

    shown = [
        "jsons://h.example/path",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#data",
        "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
        "mailtos://me:password@mail.example?to=you@h.example",
    ]
    kinds = [type(apprise.Apprise.instantiate(address)).__name__ for address in shown]
    assert kinds == ["NotifyJSON", "NotifySlack", "NotifySlack", "NotifyDiscord", "NotifyEmail"]
