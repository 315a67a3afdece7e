"""What plays a provider: a local server that answers as an API does, faults included.

A fake of one provider derives from `Fake` and says in `answer` what its documented API sends. It
knows no faults: whoever tests them puts these before its answers, by `fault` and `always`.
"""

import gzip
import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request.

    Attributes:
        method: such as GET.
        path: without the query, decoded.
        query: the last value of each parameter.
        headers: by lower-case name.
        body: of a POST.
        connection: which one it came by, counted from 1.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    connection: int


@dataclass(frozen=True)
class Reply:
    """What is sent.

    Attributes:
        body: whole.
        content_type: said of it; empty: nothing is said.
        status: of HTTP.
        headers: further ones.
        claimed: the length that is said; None: the true one.
        cut: bytes of the body after which the connection is gone.
        chunks: sent in chunks of so many bytes, without a length; 0: at once.
        silent: nothing is ever sent.
    """

    body: bytes = b""
    content_type: str = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    claimed: int | None = None
    cut: int | None = None
    chunks: int = 0
    silent: bool = False

    @classmethod
    def json(cls, value: Any, status: int = 200, **headers: str) -> "Reply":
        """A value as JSON; `retry_after="2"` is the header Retry-After."""
        named = {name.replace("_", "-").title(): text for name, text in headers.items()}
        return cls(json.dumps(value).encode(), status=status, headers=named)

    @classmethod
    def text(cls, text: str, content_type: str = "text/csv") -> "Reply":
        """A text in UTF-8."""
        return cls(text.encode(), content_type)


Fault = Callable[[Asked, Reply], Reply]


def busy(status: int = 429, retry_after: str | None = None, date: str | None = None) -> Fault:
    """The service asks for patience, and says for how long if `retry_after` is given.

    `date` is what it says of the time, by which a date in `retry_after` counts.
    """
    told = {"Retry-After": retry_after, "Date": date}
    headers = {name: text for name, text in told.items() if text is not None}
    refusal = Reply(b'{"error": "slow down"}', status=status, headers=headers)
    return lambda asked, reply: refusal


def hangs(asked: Asked, reply: Reply) -> Reply:
    """Nothing is ever sent."""
    return replace(reply, silent=True)


def dropped(asked: Asked, reply: Reply) -> Reply:
    """The connection is gone before a byte of the answer."""
    return replace(reply, cut=-1)


def truncated(asked: Asked, reply: Reply) -> Reply:
    """The connection is gone in the middle of the body."""
    return replace(reply, cut=len(reply.body) // 2)


def shortened(asked: Asked, reply: Reply) -> Reply:
    """Half of the body, with the length of that half, so that nothing of HTTP shows it."""
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def claims(length: int) -> Fault:
    """The length is not that of the body."""
    return lambda asked, reply: replace(reply, claimed=length)


def page(asked: Asked, reply: Reply) -> Reply:
    """A web page with status 200, as of a proxy or a login."""
    html = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome</body></html>"
    return Reply(html, "text/html; charset=utf-8")


def empty(asked: Asked, reply: Reply) -> Reply:
    """Status 200 without a body."""
    return replace(reply, body=b"")


def compressed(asked: Asked, reply: Reply) -> Reply:
    """The same by gzip, as most services send it."""
    return replace(
        reply,
        body=gzip.compress(reply.body, mtime=0),
        headers={**reply.headers, "Content-Encoding": "gzip"},
    )


def bomb(megabytes: int) -> Fault:
    """A small body that unpacks to a large one."""
    blown = gzip.compress(b" " * (megabytes << 20), 9, mtime=0)
    return lambda asked, reply: Reply(blown, headers={"Content-Encoding": "gzip"})


def in_chunks(asked: Asked, reply: Reply) -> Reply:
    """The body without its length, in small chunks."""
    return replace(reply, chunks=1000)


class Fake:
    """A server that is there within a `with`.

    Args:
        pages: what is answered, by path; a subclass says it in `answer` instead.

    Attributes:
        asked: all requests, in the order in which they came.
        connections: how many were made.
    """

    def __init__(self, pages: Mapping[str, Reply] | None = None) -> None:
        self.pages = dict(pages or {})
        self.asked: list[Asked] = []
        self.connections = 0
        self._faults: deque[Fault | None] = deque()
        self._always: Fault | None = None
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._over = threading.Event()
        self._server = _server(self)

    @property
    def base(self) -> str:
        """The address before each path."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, asked: Asked) -> Reply:
        """What the API sends to this request."""
        return self.pages.get(asked.path, Reply.json({"error": "not found"}, status=404))

    def fault(self, *faults: Fault | None) -> None:
        """Put a fault before each of the next answers, or None before one that is right."""
        self._faults.extend(faults)

    def always(self, fault: Fault | None) -> None:
        """Put this fault before each answer that has none of its own; None for no more."""
        self._always = fault

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            for connection in self._open:
                _shut(connection)

    def _reply(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            fault = self._faults.popleft() if self._faults else self._always
        reply = self.answer(asked)
        return fault(asked, reply) if fault else reply

    def _began(self, connection: socket.socket) -> int:
        with self._lock:
            self._open.add(connection)
            self.connections += 1
            return self.connections

    def _ended(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)


def _server(fake: Fake) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            self.number = fake._began(self.connection)

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:  # the client has gone
                self.close_connection = True

        def finish(self) -> None:
            fake._ended(self.connection)
            try:
                super().finish()
            except OSError:
                self.rfile.close()

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            self._send(fake._reply(self._asked()))

        do_POST = do_GET

        def _asked(self) -> Asked:
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            return Asked(
                self.command,
                unquote(address.path),
                dict(parse_qsl(address.query, keep_blank_values=True)),
                {name.lower(): text for name, text in self.headers.items()},
                body,
                self.number,
            )

        def _send(self, reply: Reply) -> None:
            if reply.silent:
                fake._over.wait()
            if reply.silent or reply.cut == -1:
                self.close_connection = True
                return
            self.send_response_only(reply.status)
            if "Date" not in reply.headers:
                self.send_header("Date", self.date_time_string())
            if reply.content_type:
                self.send_header("Content-Type", reply.content_type)
            for name, text in reply.headers.items():
                self.send_header(name, text)
            if reply.chunks:
                self.send_header("Transfer-Encoding", "chunked")
            else:
                length = len(reply.body) if reply.claimed is None else reply.claimed
                self.send_header("Content-Length", str(length))
            if reply.claimed is not None:
                self.send_header("Connection", "close")
            self.end_headers()
            for piece in _pieces(reply):
                self.wfile.write(piece)
            self.wfile.flush()
            if reply.cut is not None:
                self.close_connection = True

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 64

        def handle_error(self, request: object, client_address: object) -> None:
            if not fake._over.is_set():
                super().handle_error(request, client_address)

    return Server(("127.0.0.1", 0), Handler)


def _pieces(reply: Reply) -> list[bytes]:
    body = reply.body if reply.cut is None else reply.body[: reply.cut]
    if not reply.chunks:
        return [body]
    parts = [body[start : start + reply.chunks] for start in range(0, len(body), reply.chunks)]
    return [f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in parts] + [b"0\r\n\r\n"]


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # it has gone meanwhile
        return
