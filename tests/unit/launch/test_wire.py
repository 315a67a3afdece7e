import marshal
import os
import socket
import threading
from pathlib import Path

import wire

import pytest

REQUEST = (["scripts/é.py", "--model", "ridge"], "/a b", {b"NAME": b"\xff\n"}, 0o027)


@pytest.fixture
def ends():
    launcher, server = socket.socketpair(socket.AF_UNIX)
    server.settimeout(10)
    with launcher, server:
        yield launcher, server


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("more", [0, 3 * wire.AT_ONCE])
def test_a_request_arrives_as_it_was_sent_with_the_three_streams(ends, more):
    launcher, server = ends
    request = (*REQUEST[:2], {**REQUEST[2], b"LONG": b"x" * more}, REQUEST[3])
    sender = threading.Thread(target=wire.send_request, args=(launcher, request))
    sender.start()
    received, streams = wire.receive_request(server)
    sender.join()
    assert received == request
    same = [os.path.samestat(os.fstat(ours), os.fstat(theirs))
            for ours, theirs in zip(wire.STREAMS, streams, strict=True)]  # fmt: skip
    for stream in streams:
        os.close(stream)
    assert same == [True] * 3


def test_a_launcher_that_goes_away_in_its_request_leaves_no_descriptor_open(ends):
    launcher, server = ends
    before = descriptors()
    socket.send_fds(launcher, [wire.HEADER.pack(100) + b"half"], wire.STREAMS)
    launcher.shutdown(socket.SHUT_WR)
    with pytest.raises(ConnectionError, match="in the middle"):
        wire.receive_request(server)
    assert descriptors() == before


@pytest.mark.parametrize("body", [b"", b"\xff what", marshal.dumps((1, 2)), marshal.dumps(1)])
def test_what_is_no_request_ends_its_connection_alone(ends, body):
    launcher, server = ends
    before = descriptors()
    socket.send_fds(launcher, [wire.HEADER.pack(len(body)) + body], wire.STREAMS)
    with pytest.raises(ConnectionError, match="is no request"):
        wire.receive_request(server)
    assert descriptors() == before


def test_statuses_keep_their_sign_and_the_end_is_none(ends):
    launcher, server = ends
    for number in (4_194_304, -9, 0):
        wire.send_status(server, number)
    server.sendall(b"\0\0")
    server.shutdown(socket.SHUT_WR)
    assert [wire.receive_status(launcher) for _ in range(4)] == [4_194_304, -9, 0, None]
