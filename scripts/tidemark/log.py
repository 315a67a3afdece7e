"""Logs: one of each step instance, one of the whole pipeline as JSON lines, and the alerts.

Many processes append to the central files at once. Each record is one write to a file opened for
appending, under a lock that rotation takes too, so no line is lost or torn.
"""

import contextlib
import fcntl
import json
import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FOLDER = Path("logs")
PIPELINE = FOLDER / "pipeline.log"
ALERTS = FOLDER / "alerts.jsonl"
ROTATE_BYTES = 10_000_000
KEPT = 5
WEBHOOK_SECONDS = 5.0


def append(path: Path, record: dict[str, Any]) -> None:
    """Append one JSON line to a central file; rotate it first if it has grown too large."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"time": _now(), **record}, ensure_ascii=False, default=str) + "\n"
    with _locked(path):
        if path.exists() and path.stat().st_size > ROTATE_BYTES:
            _rotate(path)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _rotate(path: Path) -> None:
    """pipeline.log -> pipeline.log.1 -> ... -> pipeline.log.5; the oldest goes."""
    for number in range(KEPT - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    path.replace(path.with_name(f"{path.name}.1"))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class _PipelineHandler(logging.Handler):
    """Copies a step's records to the central file."""

    def __init__(self, context: dict[str, Any]) -> None:
        super().__init__()
        self._context = context

    def emit(self, record: logging.LogRecord) -> None:
        append(
            PIPELINE,
            {"level": record.levelname, **self._context, "message": record.getMessage()},
        )


def path_of(name: str) -> Path:
    """The log of one step instance."""
    return FOLDER / f"{name}.log"


def for_step(name: str, context: dict[str, Any]) -> logging.Logger:
    """A logger that writes `logs/<name>.log` afresh and copies each record to the central file."""
    FOLDER.mkdir(exist_ok=True)
    logger = logging.getLogger(f"tidemark.{name}")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    own = logging.FileHandler(path_of(name), mode="w", encoding="utf-8")
    own.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.handlers = [own, _PipelineHandler(context)]
    return logger


def alert(record: dict[str, Any], webhook: str | None) -> str | None:
    """Append to the alerts, and POST the same JSON to `webhook` if there is one.

    Returns what went wrong with the webhook, which must never stop a run, or None.
    """
    append(ALERTS, record)
    if not webhook:
        return None
    import urllib.request  # 20 ms that only an alert should pay

    body = json.dumps(record, ensure_ascii=False, default=str).encode()
    request = urllib.request.Request(
        webhook, data=body, headers={"Content-Type": "application/json"}, method="POST"
    )
    try:
        urllib.request.urlopen(request, timeout=WEBHOOK_SECONDS).close()
    except (OSError, ValueError) as error:
        return f"webhook {webhook} did not take the alert: {error}"
    return None
