"""Both ends of the protocol between a step's launcher (launch.py) and the warm interpreter.

The launcher connects to the Unix socket `artifacts/.warm/<run>`, where `<run>` begins with the
process id of the make. If nobody listens there, it starts warm.py, with the listening socket as
descriptor LISTENER. A request goes one way:

    8 bytes       how many follow, unsigned
    the rest      marshal of the tuple (command, folder, environment, umask), which are a list of
                  str, a str, a dict of bytes, an int
    beside them   the launcher's three standard streams (SCM_RIGHTS, with the first byte)

and at most two statuses come back, each

    4 bytes       signed

first the process id of the child as soon as there is one: until then, and never later, the launcher
may run the step itself; then how the child ended, as `subprocess` tells it: its exit code, or the
number of a signal below zero. An end that closes the connection has nothing more to say. Numbers
are big-endian.

There is no number of the format: the launcher starts the server from the same folder with the same
interpreter, so both read the same page. Nothing is imported here that launch.py would not need
anyway: all that this costs, every step pays.
"""

import marshal
import os
import socket
import struct

LISTENER = 3
HEADER = struct.Struct("!Q")
STATUS = struct.Struct("!i")
STREAMS = (0, 1, 2)
AT_ONCE = 1 << 16  # bytes

Request = tuple[list[str], str, dict[bytes, bytes], int]


def send_request(server: socket.socket, request: Request) -> None:
    """Ask for a child that runs the command, on our own streams.

    Raises:
        OSError: the server is gone.
    """
    body = marshal.dumps(request)
    message = HEADER.pack(len(body)) + body
    sent = socket.send_fds(server, [message], STREAMS)
    server.sendall(message[sent:])


def receive_request(launcher: socket.socket) -> tuple[Request, list[int]]:
    """A request, and the descriptors of the launcher's streams, which are now ours to close.

    Raises:
        OSError: the launcher went away in the middle, sent nothing for too long, or sent what is
            no request.
    """
    data, streams, _, _ = socket.recv_fds(launcher, AT_ONCE, len(STREAMS))
    try:
        while len(data) < HEADER.size or len(data) < HEADER.size + HEADER.unpack_from(data)[0]:
            more = launcher.recv(AT_ONCE)
            if not more:
                raise ConnectionError("a launcher went away in the middle of its request")
            data += more
        return _loaded(data[HEADER.size :]), streams
    except OSError:
        for stream in streams:
            os.close(stream)
        raise


def _loaded(body: bytes) -> Request:
    try:
        command, folder, environment, umask = marshal.loads(body)
    except (ValueError, EOFError, TypeError) as error:
        raise ConnectionError("a launcher sent what is no request") from error
    return command, folder, environment, umask


def send_status(launcher: socket.socket, number: int) -> None:
    """Tell the launcher the child's process id, or how the child ended.

    Raises:
        OSError: the launcher is gone.
    """
    launcher.sendall(STATUS.pack(number))


def receive_status(server: socket.socket) -> int | None:
    """Wait for what the server tells next; None if it is gone."""
    try:
        data = server.recv(STATUS.size, socket.MSG_WAITALL)
    except ConnectionError:
        return None
    return STATUS.unpack(data)[0] if len(data) == STATUS.size else None
