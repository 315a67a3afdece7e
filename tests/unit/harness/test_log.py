import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from tidemark.harness import logs
from tidemark.project import HERE

import pytest

ROOT = Path(__file__).resolve().parents[3]
WRITER = """
import sys; sys.path.insert(0, {scripts!r})
from pathlib import Path
from tidemark.harness import logs
logs.ROTATE_BYTES = 20_000
logs.KEPT = 50
for number in range(400):
    logs.append(Path("logs/pipeline.log"), {{"writer": sys.argv[1], "number": number}})
"""


def test_no_line_is_lost_while_several_processes_append_and_rotate(tmp_path):
    program = WRITER.format(scripts=str(ROOT / "scripts"))
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(n)], cwd=tmp_path) for n in range(4)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    files = sorted((tmp_path / "logs").glob("pipeline.log*"))
    assert len(files) > 3
    records = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert len(records) == 1600
    assert len({(record["writer"], record["number"]) for record in records}) == 1600


def test_the_oldest_file_goes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "ROTATE_BYTES", 50)
    monkeypatch.setattr(logs, "KEPT", 2)
    for number in range(10):
        logs.append(logs.PIPELINE, {"message": f"a line of some length, number {number}"})
    kept = sorted(path.name for path in Path("logs").glob("pipeline*"))
    assert kept == ["pipeline.log", "pipeline.log.1", "pipeline.log.2"]
    assert '"number 9' not in Path("logs/pipeline.log.1").read_text()
    assert "number 9" in Path("logs/pipeline.log").read_text()


# --- Webhooks


def endless_headers(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: and more\r\n")


def a_byte_at_a_time(connection):
    for byte in b"HTTP/1.1 200 " + b"O" * 60:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def answers(data):
    return lambda connection: connection.sendall(data)


MISBEHAVIOUR = {
    "garbage": answers(bytes(range(256)) * 9),
    "an empty line": answers(b"\r\n"),
    "no status": answers(b"HTTP/1.1 abc\r\n\r\n"),
    "closes at once": lambda connection: None,
    "never answers": lambda connection: time.sleep(9),
    "endless headers": endless_headers,
    "a byte at a time": a_byte_at_a_time,
    "redirects to a file": answers(b"HTTP/1.1 302 x\r\nLocation: file:///etc/passwd\r\n\r\n"),
    "redirects to nowhere": answers(b"HTTP/1.1 302 x\r\nLocation: http://[::1\r\n\r\n"),
    "an error": answers(b"HTTP/1.1 500 SECRET\x1b[31m\r\n\r\n"),
}


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A function that starts a server with this behaviour and returns its address."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "_seconds_left", [0.5])
    with contextlib.ExitStack() as stack:

        def start(behave):
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def serve():
                with contextlib.suppress(OSError):
                    while True:
                        connection, _ = listener.accept()
                        threading.Thread(target=treat, args=(connection,), daemon=True).start()

            def treat(connection):
                with contextlib.suppress(OSError), connection:
                    connection.recv(65536)
                    behave(connection)

            threading.Thread(target=serve, daemon=True).start()
            return f"http://127.0.0.1:{listener.getsockname()[1]}"

        yield start


@pytest.mark.parametrize("kind", MISBEHAVIOUR)
def test_a_webhook_that_misbehaves_neither_stops_nor_delays(host, kind):
    address = host(MISBEHAVIOUR[kind])
    trouble = logs.alert(HERE, {"message": "late data"}, f"{address}/SECRET?token=SECRET")
    assert trouble.startswith(f"webhook {address} did not take the alert: ")
    if kind in ("never answers", "a byte at a time"):
        assert trouble.endswith("no answer within 0.5 s")  # not what came after all of its bytes
    assert "SECRET" not in trouble
    assert trouble.isprintable()
    assert "late data" in logs.ALERTS.read_text()


@pytest.mark.parametrize("code", [300, 301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_counts_as_not_taken(host, code):
    """The new address, perhaps a login page, would get no alert and would answer 200."""
    asked = []

    def tells(connection):
        asked.append(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    there = host(tells)
    here = host(answers(f"HTTP/1.1 {code} x\r\nLocation: {there}/SECRET\r\n\r\n".encode()))
    trouble = logs.alert(HERE, {"message": "late data"}, f"{here}/SECRET")
    assert trouble == (
        f"webhook {here} did not take the alert: it answered {code}, a redirect: set the address"
        " that it leads to"
    )
    assert not asked


def test_an_alert_arrives_and_all_of_a_step_share_one_limit(host):
    address = host(answers(b"HTTP/1.1 200 OK\r\n\r\n"))
    assert logs.alert(HERE, {"message": "\ud800"}, f"{address}/a") is None
    silent = host(lambda connection: time.sleep(9))
    told = [logs.alert(HERE, {"message": "late"}, silent) for _ in range(20)]
    assert "no answer within" in told[0]
    assert "that a step's alerts have" in told[19]


@pytest.mark.parametrize("error", [KeyError("SECRET"), SystemExit(3), UnicodeError("SECRET")])
def test_whatever_is_raised_is_only_told(host, monkeypatch, error):
    def raising(*_):
        raise error

    monkeypatch.setattr("urllib.request.build_opener", raising)
    told = logs.alert(HERE, {"message": "late"}, "https://h.example:8443/SECRET")
    assert told.startswith("webhook https://h.example:8443 did not take the alert: ")
    assert "SECRET" not in told
