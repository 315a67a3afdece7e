"""Logs: one for each step instance, one for the whole pipeline as JSON lines, and the alerts.

Many processes append to the central files at once. Each record is one write to a file opened for
appending, under a lock that rotation takes too, so no line is lost or torn.
"""

import contextlib
import fcntl
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tidemark.project import Tree

FOLDER = Path("logs")
PIPELINE = FOLDER / "pipeline.log"
ALERTS = FOLDER / "alerts.jsonl"
ROTATE_BYTES = 10_000_000
KEPT = 5
WEBHOOK_SECONDS = 5.0

_seconds_left = [WEBHOOK_SECONDS]


def run_id() -> str:
    """Identifies one `make`, or one hand run."""
    return os.environ.get("TIDEMARK_RUN") or f"hand-{os.getpid()}"


def append(path: Path, record: dict[str, Any]) -> None:
    """Append one JSON line to a central file; rotate it first if it has grown too large."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = _line({"time": _now(), **record}) + b"\n"
    with _locked(path):
        if path.exists() and path.stat().st_size > ROTATE_BYTES:
            _rotate(path)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)


def _line(record: dict[str, Any]) -> bytes:
    text = json.dumps(record, ensure_ascii=False, default=str)
    return text.encode(errors="backslashreplace")  # a file's name may be no text


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _rotate(path: Path) -> None:
    """Move pipeline.log -> pipeline.log.1 -> ... -> pipeline.log.5; the oldest goes."""
    for number in range(KEPT - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    path.replace(path.with_name(f"{path.name}.1"))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class _PipelineHandler(logging.Handler):
    """Copies a step's records to the central file."""

    def __init__(self, path: Path, context: dict[str, Any]) -> None:
        super().__init__()
        self._path, self._context = path, context

    def emit(self, record: logging.LogRecord) -> None:
        append(
            self._path,
            {"level": record.levelname, **self._context, "message": record.getMessage()},
        )


def path_of(name: str) -> Path:
    """The log of one step instance."""
    return FOLDER / f"{name}.log"


def for_step(tree: Tree, name: str, context: dict[str, Any]) -> logging.Logger:
    """A logger that begins `logs/<name>.log` anew and copies each record to the central file."""
    (tree / FOLDER).mkdir(exist_ok=True)
    logger = logging.getLogger(f"tidemark.{name}")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    own = logging.FileHandler(tree / path_of(name), mode="w", encoding="utf-8")
    own.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.handlers = [own, _PipelineHandler(tree / PIPELINE, context)]
    return logger


def alert(tree: Tree, record: dict[str, Any], webhook: str | None) -> str | None:
    """Append to the alerts, and POST the same JSON to `webhook` if there is one.

    All posts of a process together take WEBHOOK_SECONDS at most, whatever the other side does.

    Returns what went wrong with the webhook, which must never stop a run, or None. It names the
    host alone, because the rest of the address may be a secret.
    """
    append(tree / ALERTS, record)
    if not webhook:
        return None
    import urllib.parse  # 20 ms that only an alert should pay

    began = time.monotonic()
    trouble = _posted(webhook, _line(record), _seconds_left[0])
    _seconds_left[0] = max(_seconds_left[0] - (time.monotonic() - began), 0.0)
    if not trouble:
        return None
    scheme, host, *_ = urllib.parse.urlsplit(webhook)
    return f"webhook {scheme}://{host} did not take the alert: {trouble}"


def _posted(webhook: str, body: bytes, seconds: float) -> str | None:
    """What kept the other side from taking `body` within so many seconds; None if it took it.

    The wait is for a thread, because a socket's own limit starts anew with every byte. It is a
    daemon, so that no process waits for it at its end.
    """
    if not seconds:
        return f"it took all of the {WEBHOOK_SECONDS:g} s that a step's alerts have"
    outcome: list[str | None] = []
    sender = threading.Thread(target=_send, args=(webhook, body, seconds, outcome), daemon=True)
    sender.start()
    sender.join(seconds)
    return outcome[0] if outcome else f"no answer within {seconds:.1f} s"


def _send(webhook: str, body: bytes, seconds: float, outcome: list[str | None]) -> None:
    try:
        import urllib.request

        class NoRedirects(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_: Any) -> None:
                """Follow none: the new address would not get the alert, or is not configured."""

        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(webhook, body, headers, method="POST")
        urllib.request.build_opener(NoRedirects).open(request, timeout=2 * seconds).close()
        outcome.append(None)
    except BaseException as error:
        outcome.append(_brief(error))


def _brief(error: BaseException) -> str:
    """An error without its own words, which may hold the address or what the other side sent."""
    from urllib.error import HTTPError

    if isinstance(error, HTTPError):
        moved = ", a redirect: set the address that it leads to" if error.code // 100 == 3 else ""
        return f"it answered {error.code}{moved}"
    cause = getattr(error, "reason", None)
    cause = cause if isinstance(cause, BaseException) else error
    return getattr(cause, "strerror", None) or type(cause).__name__
