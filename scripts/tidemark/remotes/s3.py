"""A bucket of Amazon S3, or of a service that speaks its protocol, as a remote.

The client is obstore: one wheel without dependencies that count, which writes on the condition that
nothing is there (`If-None-Match: *`). It takes what others take from the environment:
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL, and the
roles of containers and web identities. A machine's own role is asked for only where
AWS_METADATA_ENDPOINT says where, because elsewhere nobody answers, which takes long.
"""

import contextlib
import mmap
import os
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tidemark.remotes.contract import (
    AccessError,
    Listed,
    LostError,
    NoClientError,
    NoPlaceError,
    RemoteError,
    SlowError,
    seconds_for,
)

RETRIES = 2
SMALL = 1 << 20  # bytes
CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_METADATA_ENDPOINT",
    "AWS_SKIP_SIGNATURE",
)
SECRETS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID")
LOCAL = ("localhost", "127.0.0.1", "::1")
# What the service itself calls an error, in the XML that it sends (its API Reference, "Error
# responses"), and how the client counts one of the network.
CODE = re.compile(r"<Code>(\w{1,60})</Code>")
STATUS = re.compile(r"\bstatus: (\d{3})\b")
KIND = re.compile(r"\bkind: (Connect|Timeout)\b")
REASON = re.compile(r'\b(?:message|error): "([^"\\]{1,100})')
NOT_ALLOWED = (401, 403)


class S3:
    """Objects below a prefix of a bucket.

    Args:
        bucket: its name.
        prefix: before each name, without a slash at its end; may be empty.
        patience: seconds without an answer after which it is too slow.

    Raises:
        NoClientError: obstore is not installed.
        AccessError: the environment names no credentials.
    """

    def __init__(self, bucket: str, prefix: str, patience: float) -> None:
        self.address = f"s3://{bucket}/{prefix}".rstrip("/")
        self._bucket, self._prefix, self._patience = bucket, prefix, patience
        self._endpoint = (
            os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
        )
        if not any(os.environ.get(name) for name in CREDENTIALS):
            raise AccessError(
                self._where,
                "there are no credentials for it",
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; those of a profile by"
                ' eval "$(aws configure export-credentials --format env)"',
            )
        try:
            import obstore
        except ImportError as error:
            raise NoClientError(
                self._where, "obstore, which speaks to it, is not installed", "make .venv/.s3-ok"
            ) from error
        self._obstore: Any = obstore
        with self._telling():
            self._store = self._connected(patience)

    def get(self, name: str, to: Path) -> bool:
        """See `Remote`."""
        began = time.monotonic()
        with self._telling():
            try:
                answer = self._store.get(name)
            except FileNotFoundError as error:
                return self._absent(error)
            limit = seconds_for(answer.meta["size"], self._patience)
            pieces = iter(answer.stream(min_chunk_size=1))
            with to.open("wb") as target:
                while (piece := next(pieces, None)) is not None:
                    target.write(piece)
                    if time.monotonic() - began > limit:
                        raise self._slow()
        return True

    def put_if_absent(self, name: str, file: Path) -> bool:
        """See `Remote`."""
        size = file.stat().st_size
        with self._telling(), _content(file, size) as content:
            store = self._store
            if size > SMALL:  # an answer comes when all has arrived
                store = self._connected(seconds_for(size, self._patience))
            try:
                store.put(name, content, mode="create", use_multipart=False)
            except self._obstore.exceptions.AlreadyExistsError:
                return False
            except FileNotFoundError as error:
                self._absent(error)
                raise self._no_bucket() from error
        return True

    def list(self, prefix: str) -> Iterator[Listed]:
        """See `Remote`."""
        with self._telling():
            for page in self._store.list(prefix or None):
                for each in page:
                    yield Listed(each["path"], each["size"], each["last_modified"])

    def _connected(self, seconds: float) -> Any:
        """A client that waits so long for an answer."""
        from obstore.store import S3Store

        host = urlsplit(self._endpoint).hostname or ""
        options: Any = {
            "connect_timeout": timedelta(seconds=min(seconds, self._patience)),
            "read_timeout": timedelta(seconds=seconds),
            "timeout": timedelta(days=1),  # in all; each read has its own
        }
        if host in LOCAL:
            options["allow_http"] = True
        return S3Store(
            self._bucket,
            prefix=self._prefix or None,
            client_options=options,
            retry_config={
                "max_retries": RETRIES,
                "retry_timeout": timedelta(seconds=seconds),
                "backoff": {
                    "base": 2,
                    "init_backoff": timedelta(milliseconds=100),
                    "max_backoff": timedelta(seconds=1),
                },
            },
        )

    @property
    def _where(self) -> str:
        """The address, with the service's if it is not Amazon's."""
        host = urlsplit(self._endpoint).netloc.rpartition("@")[2]
        return f"{self.address} at {host}" if host else self.address

    def _absent(self, error: FileNotFoundError) -> bool:
        """False, as there is no such object; unless there is no such bucket."""
        if _found(CODE, str(error)) == "NoSuchBucket":
            raise self._no_bucket() from error
        return False

    def _no_bucket(self) -> NoPlaceError:
        return NoPlaceError(self._where, "there is no such bucket", "make it, or name another one")

    def _slow(self) -> SlowError:
        return SlowError(
            self._where,
            f"was silent or too slow for {self._patience:g} s",
            "try later, or allow it more seconds",
        )

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """Turn what the client raises into an error for people."""
        try:
            yield
        except (RemoteError, FileNotFoundError):
            raise
        except (self._obstore.exceptions.BaseError, ValueError, OSError) as error:
            if isinstance(error, OSError) and error.filename is not None:
                raise  # a file on this machine
            raise self._told(error) from None  # its text may hold what was signed

    def _told(self, error: Exception) -> RemoteError:
        text = str(error)
        code, status = _found(CODE, text), int(_found(STATUS, text) or 0)
        kind = _found(KIND, text)
        if code == "NoSuchBucket":
            return self._no_bucket()
        if status in NOT_ALLOWED:
            return AccessError(
                self._where,
                f"it does not take these credentials ({code or status})",
                "look at AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION,"
                " and at what their owner may do there",
            )
        if kind == "Timeout":
            return self._slow()
        if status:
            return RemoteError(
                self._where, f"it answered {code or status}", "look at AWS_REGION, or try later"
            )
        first = text.split("\n", 1)[0].rpartition(": ")[2]
        reason = _found(REASON, text) or _without_secrets(first[:200])
        if kind == "Connect":
            return LostError(
                self._where,
                f"it cannot be reached ({reason})",
                "look at AWS_ENDPOINT_URL and the network",
            )
        return LostError(self._where, f"the connection was lost ({reason})", "try again")


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""


def _without_secrets(text: str) -> str:
    for name in SECRETS:
        if secret := os.environ.get(name):
            text = text.replace(secret, "***")
    return re.sub(r"//[^/@\s]*@", "//", text)


@contextlib.contextmanager
def _content(file: Path, size: int) -> Iterator[Any]:
    """What a file holds, without a copy in memory; an empty file cannot be mapped."""
    with file.open("rb") as opened:
        if not size:
            yield b""
            return
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            yield mapped
