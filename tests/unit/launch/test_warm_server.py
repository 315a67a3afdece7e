import os
import selectors
import signal
import socket

import warm

import pytest


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server that listens on the test's socket and waits for a make that does not end."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()
        monkeypatch.setattr(warm.wire, "LISTENER", os.dup(listener.fileno()))
        server = warm.Server(tmp_path / "socket", os.getpid())
        yield server
        server._listener.close()
        server._events.close()


def test_a_signal_in_the_midst_of_a_glance_tells_nothing_twice(server):
    """On a loaded machine, the timer goes off again before the first glance has finished."""
    ended, end = os.pipe()
    told = []

    def tell(descriptor):
        signal.raise_signal(signal.SIGALRM)
        server._events.unregister(descriptor)
        told.append(descriptor)

    server._events.register(ended, selectors.EVENT_READ, tell)
    os.close(end)
    before = signal.signal(signal.SIGALRM, server.glance)
    try:
        server.glance()
        assert told == [ended]
        server.glance()
        assert told == [ended]
        server._events.register(ended, selectors.EVENT_READ, tell)
        server.glance()
        assert told == [ended, ended]  # later glances see again
    finally:
        signal.signal(signal.SIGALRM, before)
        os.close(ended)


def test_a_glance_that_failed_is_not_the_last(server):
    ended, end = os.pipe()
    told = []

    def tell(descriptor):
        told.append(descriptor)
        raise RuntimeError

    server._events.register(ended, selectors.EVENT_READ, tell)
    os.close(end)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            server.glance()
    assert told == [ended, ended]
    os.close(ended)
