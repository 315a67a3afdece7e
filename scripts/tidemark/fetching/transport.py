"""One request over the network and its whole answer, within limits of time and size.

httpx2 keeps connections open between requests. Bodies are unpacked here, piece by piece, because a
few kilobytes may unpack to gigabytes.
"""

import logging
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

from tidemark.errors import InputError, first_line
from tidemark.fetching.errors import FetchError, PassingError, TooLargeError
from tidemark.project import VERSION

PIECE = 1 << 16  # bytes
SHOWN = 100_000  # bytes of a body that is none, of which only the beginning is of interest
# Its gzip or zlib header says which of both a body has; `deflate` means zlib (RFC 9110, 8.4.1.2).
AUTOMATIC = 32 + zlib.MAX_WBITS
PACKED = ("gzip", "x-gzip", "deflate")


@dataclass(frozen=True)
class Raw:
    """What came: the status, the headers by lower-case name, the body unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """What carries requests; one for all that a fetch asks."""

    def send(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes | None
    ) -> Raw:
        """The whole answer, whatever its status; redirections are not followed.

        Raises:
            PassingError: it did not come, or not whole.
            TooLargeError: it has more bytes than are allowed.
            FetchError: the address cannot be asked.
        """

    def close(self) -> None:
        """Close its connections."""


@dataclass(frozen=True)
class Bounds:
    """Seconds for a connection, of silence, for all of an answer; bytes of its body, unpacked."""

    connect: float
    read: float
    whole: float
    bytes: int


class OverHttp:
    """Requests by httpx2.

    Args:
        bounds: of each.
        monotonic: seconds that no clock sets back.

    Raises:
        InputError: httpx2 is not installed.
    """

    def __init__(self, bounds: Bounds, monotonic: Callable[[], float] = time.monotonic) -> None:
        try:
            import httpx2
        except ImportError as error:
            raise InputError(
                "httpx2", "is not installed, and fetches live data", "make .venv/.live-ok"
            ) from error
        for name in ("httpx2", "httpcore2"):  # they log addresses, which may hold keys
            logging.getLogger(name).setLevel(logging.WARNING)
        self._httpx: Any = httpx2
        self._bounds, self._monotonic = bounds, monotonic
        self._client = httpx2.Client(
            headers={"User-Agent": f"tidemark/{VERSION}"},
            timeout=httpx2.Timeout(bounds.read, connect=bounds.connect),
            follow_redirects=False,
            verify=_trust(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """See `Transport`."""
        self._client.close()

    def send(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes | None
    ) -> Raw:
        """See `Transport`."""
        where = place(address)
        began = self._monotonic()
        sent = {"Accept-Encoding": "gzip", **headers}
        try:
            with self._client.stream(method, address, headers=sent, content=body) as answer:
                told = {name.lower(): text for name, text in answer.headers.items()}
                pieces = self._in_time(where, answer.iter_raw(PIECE), began)
                good = answer.status_code == 200
                most = self._bounds.bytes if good else SHOWN
                packing = told.get("content-encoding", "").strip().lower()
                whole = unpacked(where, pieces, packing, most, cut=not good)
                return Raw(answer.status_code, told, whole)
        except self._httpx.TransportError as error:
            raise self._told(where, error) from None
        except (self._httpx.InvalidURL, self._httpx.HTTPError, ValueError):
            raise FetchError(where, "it cannot be asked", "look at the address") from None

    def _in_time(self, where: str, pieces: Iterator[bytes], began: float) -> Iterator[bytes]:
        for piece in pieces:
            yield piece
            if self._monotonic() - began > self._bounds.whole:
                raise PassingError(where, f"the answer took more than {self._bounds.whole:g} s")

    def _told(self, where: str, error: Exception) -> FetchError:
        """What httpx2 raises, in words for people."""
        httpx = self._httpx
        match error:
            case httpx.UnsupportedProtocol() | httpx.LocalProtocolError():
                return FetchError(where, "it cannot be asked", "look at the address")
            case httpx.ConnectTimeout():
                problem = f"there was no connection within {self._bounds.connect:g} s"
            case httpx.TimeoutException():
                problem = f"it was silent for {self._bounds.read:g} s"
            case httpx.ConnectError() | httpx.ProxyError():
                problem = f"it cannot be reached ({first_line(error)})"
            case _:
                problem = "the connection was lost before all had come"
        return PassingError(where, problem)


@cache
def _trust() -> Any:
    """Whom this process believes to be who they say; reading the certificates takes a while."""
    import httpx2

    return httpx2.create_ssl_context()


def unpacked(
    where: str, pieces: Iterator[bytes], packing: str, most: int, *, cut: bool = False
) -> bytes:
    """A body of pieces, unpacked.

    Args:
        where: it comes from.
        pieces: as they came.
        packing: what Content-Encoding says.
        most: bytes that it may have.
        cut: leave out what is beyond that, rather than refuse it.

    Raises:
        PassingError: it ends in the middle, is damaged, or packed in a way that nobody asked for.
        TooLargeError: it has more than `most` bytes.
    """
    found = bytearray()
    for piece in _plain(where, pieces, packing):
        found += piece
        if len(found) > most:
            if cut:
                return bytes(found[:most])
            raise TooLargeError(
                where,
                f"the answer has more than {most >> 20:,} MB",
                "ask for less at a time, or raise fetch.largest_body_megabytes",
            )
    return bytes(found)


def _plain(where: str, pieces: Iterator[bytes], packing: str) -> Iterator[bytes]:
    if packing in ("", "identity"):
        yield from pieces
        return
    if packing not in PACKED:
        raise PassingError(where, "the answer is packed in a way that was not asked for")
    unpacking, began = zlib.decompressobj(AUTOMATIC), False
    try:
        for piece in pieces:
            rest, began = piece, began or bool(piece)
            while rest:
                if unpacking.eof:  # a gzip file may have several members
                    unpacking = zlib.decompressobj(AUTOMATIC)
                yield unpacking.decompress(rest, PIECE)
                rest = unpacking.unconsumed_tail or unpacking.unused_data
    except zlib.error:
        raise PassingError(where, "the answer is damaged: it cannot be unpacked") from None
    yield unpacking.flush()  # the end of one repetition at most
    if began and not unpacking.eof:
        raise PassingError(where, "the answer ends in the middle: it cannot be unpacked")


def place(address: str) -> str:
    """An address without what may hold a key: what is before its host and after its path."""
    parts = urlsplit(address)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
