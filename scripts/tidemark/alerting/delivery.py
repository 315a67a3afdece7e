"""Messages to addresses, by a process of its own that may hang or die.

    [{"address": ..., "title": ..., "body": ..., "severity": ...}]    goes to its standard input
    {"number": 0, "trouble": null}                                    comes back, a line for each

So no address stands in a list of processes, no library of channels is loaded beside results, and
one that never answers ends with the process. Form of addresses and answers: apprise 2.3.0, its
`Apprise.instantiate` and `plugins/base.py` (`notify`), read on 2026-11-30.
"""

import contextlib
import json
import logging
import re
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

SECONDS = 10.0  # for all that are sent at a time
STATUS = re.compile(r"error=([0-9]{3})\b")
NOT_INSTALLED = "apprise is not installed: type make .venv/.alerts-ok"


@dataclass(frozen=True)
class Message:
    """What is sent where; severity is info, warning or error."""

    address: str
    title: str
    body: str
    severity: str


@dataclass(frozen=True)
class Trouble:
    """What went wrong, and whether the message may have arrived all the same."""

    words: str
    perhaps_sent: bool = False


def deliver(messages: Sequence[Message], seconds: float = SECONDS) -> list[Trouble | None]:
    """Send all at a time; what went wrong with each, or None.

    Raises nothing. No answer holds an address, nor anything that the other side said.
    """
    asked = json.dumps([asdict(message) for message in messages], ensure_ascii=False)
    try:
        told = subprocess.run(
            [sys.executable, "-I", __file__],
            input=asked.encode(errors="replace"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
        )
        answers = told.stdout
        silent = Trouble(f"its process ended with {told.returncode}", perhaps_sent=True)
    except subprocess.TimeoutExpired as late:
        answers = late.stdout or b""
        silent = Trouble(f"no answer within {seconds:g} s", perhaps_sent=True)
    except OSError as error:
        answers = b""
        silent = Trouble(error.strerror or type(error).__name__)
    found: dict[int, str | None] = {}
    for line in answers.splitlines():
        with contextlib.suppress(ValueError):  # a line that was cut
            answer = json.loads(line)
            found[answer["number"]] = answer["trouble"]
    return [
        silent if number not in found else Trouble(words) if (words := found[number]) else None
        for number in range(len(messages))
    ]


class _Heard(logging.Handler):
    """Keeps what apprise says in each thread, since it answers only True or False."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[int | None, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        self.said[record.thread] = self.said.get(record.thread, "") + record.getMessage()


def _send(message: Mapping[str, str], heard: _Heard) -> str | None:
    """What went wrong with one message; None if nothing did."""
    import apprise

    asset = apprise.AppriseAsset(app_id="Tidemark", storage_mode="memory", http_redirects=False)
    service = apprise.Apprise.instantiate(message["address"], asset=asset)
    if service is None:
        return "apprise knows no such address"
    kind = {"error": "failure"}.get(message["severity"], message["severity"])
    if service.notify(body=message["body"], title=message["title"], notify_type=kind):
        return None
    status = STATUS.search(heard.said.get(threading.get_ident(), ""))
    if status is None:
        return "it cannot be reached, or refused"
    moved = ", a redirect: set the address that it leads to" if status[1][0] == "3" else ""
    return f"it answered {status[1]}{moved}"


def main() -> None:
    """Send what stands in the standard input, each message in a thread."""
    heard, printing = _Heard(), threading.Lock()
    log = logging.getLogger("apprise")
    log.handlers, log.propagate = [heard], False

    def serve(number: int, message: Mapping[str, str]) -> None:
        try:
            trouble = _send(message, heard)
        except ImportError:
            trouble = NOT_INSTALLED
        except Exception as error:
            trouble = type(error).__name__
        with printing:
            print(json.dumps({"number": number, "trouble": trouble}), flush=True)

    senders = [
        threading.Thread(target=serve, args=it) for it in enumerate(json.load(sys.stdin.buffer))
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()


if __name__ == "__main__":
    main()
