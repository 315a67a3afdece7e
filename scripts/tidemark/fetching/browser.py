"""Requests with a browser's TLS fingerprint, for services that answer no other client."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any, Self

from tidemark.errors import InputError
from tidemark.fetching.errors import FetchError, PassingError
from tidemark.fetching.transport import SHOWN, Bounds, Raw, place, unpacked

AS = "chrome"


class OverBrowser:
    """Requests by curl_cffi; see `transport.Transport`. Bodies come unpacked, piece by piece.

    Args:
        bounds: of each.
        monotonic: seconds that no clock sets back.

    Raises:
        InputError: curl_cffi is not installed.
    """

    def __init__(self, bounds: Bounds, monotonic: Callable[[], float] = time.monotonic) -> None:
        try:
            from curl_cffi import requests
        except ImportError as error:
            raise InputError(
                "curl_cffi", "is not installed, and asks as a browser does", "make .venv/.yahoo-ok"
            ) from error
        self._errors: Any = requests.exceptions
        self._session: Any = requests.Session(impersonate=AS)
        self._bounds, self._monotonic = bounds, monotonic

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """See `Transport`."""
        self._session.close()

    def send(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes | None
    ) -> Raw:
        """See `Transport`."""
        where, began = place(address), self._monotonic()
        try:
            answer = self._session.request(
                method,
                address,
                headers=dict(headers),
                data=body,
                stream=True,
                allow_redirects=False,
                timeout=(self._bounds.connect, self._bounds.read),
            )
            with closing(answer):
                told = {name.lower(): text for name, text in answer.headers.items()}
                good = answer.status_code == 200
                pieces = self._in_time(where, answer.iter_content(), began)
                most = self._bounds.bytes if good else SHOWN
                return Raw(
                    answer.status_code, told, unpacked(where, pieces, "", most, cut=not good)
                )
        except (self._errors.InvalidURL, self._errors.InvalidSchema, self._errors.MissingSchema):
            raise FetchError(where, "it cannot be asked", "look at the address") from None
        except self._errors.Timeout:
            problem = f"it was silent for {self._bounds.connect + self._bounds.read:g} s"
            raise PassingError(where, problem) from None
        except (self._errors.DNSError, self._errors.ConnectionError) as error:
            raise PassingError(where, f"it cannot be reached ({type(error).__name__})") from None
        except self._errors.RequestException:
            raise PassingError(where, "the connection was lost before all had come") from None

    def _in_time(self, where: str, pieces: Iterator[bytes], began: float) -> Iterator[bytes]:
        for piece in pieces:
            yield piece
            if self._monotonic() - began > self._bounds.whole:
                raise PassingError(where, f"the answer took more than {self._bounds.whole:g} s")
