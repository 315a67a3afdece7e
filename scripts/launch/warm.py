"""The warm interpreter: it has the libraries loaded, and forks a child for each step of one `make`.

The first step (launch.py) starts it; it ends with that `make`, and closes its run (close.py).
wire.py says how the two talk. No other project code is loaded here while there may be steps: a
child runs `scripts/<step>.py` as `python scripts/<step>.py` would.

What a fork relies on, and tests hold:
- one thread: launch.py tells BLAS, OpenMP and Arrow's jemalloc so before they load, and no library
  here starts one at import; DuckDB and Arrow make their pools on first use, which is in a child;
- no file is open except the socket; a child closes all except its three streams;
- no random state is shared: a child seeds `random` and numpy afresh. The hash seed is the server's;
- what is loaded is frozen for the garbage collector, so a child does not copy it by looking at it.

A child dies with its client (then the server kills it), and with the server (the kernel does).
"""

import contextlib
import ctypes
import gc
import importlib
import json
import logging
import os
import random
import selectors
import signal
import socket
import struct
import sys
import threading
import types
from pathlib import Path
from typing import NamedTuple, NoReturn

import surroundings
import wire

# In the order in which the pipeline first needs them; what somebody waits for comes first.
LIBRARIES = (
    *("numpy", "pandas", "pyarrow.parquet", "pyarrow.pandas_compat", "tenacity", "yaml"),
    *("exchange_calendars", "scipy.stats", "sklearn.linear_model", "sklearn.svm"),
    *("sklearn.compose", "sklearn.model_selection", "llvmlite.binding"),
    "narwhals._pandas_like.namespace",  # which scikit-learn loads when it first sees a frame
    *("matplotlib.figure", "matplotlib.backends.backend_agg"),
    *("matplotlib.dates", "scipy.signal", "scipy.optimize", "scipy.sparse.csgraph"),
    *("sklearn.inspection", "duckdb", "jinja2"),
)
# As the libraries found it. An edit may give later steps of the same make other values: too late.
LOADED_WITH = {name: os.environ[name] for name in surroundings.VARIABLES if name in os.environ}
GLANCE = 0.02  # seconds
PR_SET_PDEATHSIG = 1


class Request(NamedTuple):
    """What a client asks for, and where to tell it how that ended."""

    connection: socket.socket
    streams: list[int]
    command: list[str]
    folder: str
    environment: dict[bytes, bytes]
    umask: int
    needs: set[str]


class Server:
    """Accepts requests, forks, and tells each client how its child ended."""

    def __init__(self, path: Path, make_pid: int) -> None:
        self._path = path
        self._events = selectors.DefaultSelector()
        self._children: dict[int, int] = {}  # pid by descriptor of its connection
        self._waiting: list[Request] = []
        self.missing = list(LIBRARIES)  # not loaded yet
        self.over = False  # the make has ended
        self._glancing = False
        self._libc = ctypes.CDLL(None)
        self._listener = socket.socket(fileno=wire.LISTENER)
        self._events.register(self._listener, selectors.EVENT_READ, self._accept)
        self._events.register(os.pidfd_open(make_pid), selectors.EVENT_READ, self._end)

    def serve(self, timeout: float | None) -> None:
        """Handle what has happened; wait for something at most `timeout` seconds."""
        for key, _ in self._events.select(timeout):
            if not self.over:  # then children are not reported: nobody is to go on
                key.data(key.fileobj)
        missing = set(map(_library, self.missing))
        ready = [request for request in self._waiting if missing.isdisjoint(request.needs)]
        for request in ready:
            self._waiting.remove(request)
            self._start(request)

    def glance(self, *_: object) -> None:
        """Tell what has ended while a library loads; forking in its midst would be unsafe.

        On a busy machine the next signal comes before this is done; it then changes nothing.
        """
        if self._glancing:
            return
        self._glancing = True
        try:
            for key, _mask in self._events.select(0):
                if key.fileobj is not self._listener and not self.over:
                    key.data(key.fileobj)
        finally:
            self._glancing = False

    def next_library(self) -> str:
        """The library that a waiting request needs, else the next; it counts as loaded now."""
        needed = set().union(*(request.needs for request in self._waiting))
        wanted = [module for module in self.missing if _library(module) in needed]
        self.missing.remove(chosen := (wanted or self.missing)[0])
        return chosen

    def _accept(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        if struct.unpack("3i", peer)[1] != os.getuid():
            connection.close()
            return
        connection.settimeout(10)
        try:
            self._waiting.append(_received(connection))
        except OSError:
            connection.close()

    def _start(self, request: "Request") -> None:
        connection = request.connection
        pid = self._forked(request) if _has_one_thread() else None
        for stream in request.streams:
            os.close(stream)
        if pid is None:
            connection.close()
            return
        _tell(connection, pid)  # from now on the client must not run the step itself
        self._children[connection.fileno()] = pid
        self._events.register(connection, selectors.EVENT_READ, self._abandon)
        ended = os.pidfd_open(pid)
        self._events.register(
            ended, selectors.EVENT_READ, lambda _: self._report(ended, connection, pid)
        )

    def _forked(self, request: "Request") -> int:
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != server:
                os._exit(1)
            _become(request)
        return pid

    def _report(self, ended: int, connection: socket.socket, pid: int) -> None:
        """Tell the client the status of its child, as subprocess does: below zero for a signal."""
        self._events.unregister(ended)
        os.close(ended)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if self._children.pop(connection.fileno(), None) is not None:
            self._events.unregister(connection)
            _tell(connection, code)
            connection.close()

    def _abandon(self, connection: socket.socket) -> None:
        """Kill the child of a client that is gone, as a plain process would be gone too."""
        pid = self._children.pop(connection.fileno(), None)
        if pid is None:  # the child ended at the same moment, and was reported first
            return
        self._events.unregister(connection)
        connection.close()
        os.kill(pid, signal.SIGKILL)

    def _end(self, make: object) -> None:
        """Let no child outlive the make. This may come in the midst of loading a library."""
        self._events.unregister(make)  # type: ignore[arg-type]
        for pid in self._children.values():
            os.kill(pid, signal.SIGKILL)
        self.over = True


def _received(connection: socket.socket) -> Request:
    (command, folder, environment, umask), streams = wire.receive_request(connection)
    needs = _needs(environment.get(b"TIDEMARK_TARGET", b"").decode())
    return Request(connection, streams, command, folder, environment, umask, needs)


def _needs(checkpoint: str) -> set[str]:
    """What a step imported last time; waiting for that is cheaper than loading it in each child."""
    try:
        record = json.loads(Path(checkpoint).read_bytes())
        return set(record["imported"])
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _library(module: str) -> str:
    return module.partition(".")[0]


def _tell(connection: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # it went away; `_abandon` will see that
        wire.send_status(connection, number)


def _has_one_thread() -> bool:
    """Whether we may fork: a lock that another thread holds would stay locked in the child."""
    count = len(os.listdir("/proc/self/task"))
    if count > 1:
        print(f"a library of the warm interpreter started {count - 1} threads", file=sys.stderr)
    return count == 1


def _highest_descriptor() -> int:
    return max(map(int, os.listdir("/proc/self/fd")))


def _resident_bytes() -> int:
    """Memory that a child has from us at its start, and shares with its siblings."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _become(request: Request) -> NoReturn:
    """Become, in the child, what `python script arguments...` would be in the client's place.

    Only Ctrl-C differs: it ends the child without a traceback from its first moment on.
    """
    code = 1
    try:
        for target, stream in enumerate(request.streams):
            os.dup2(stream, target)
        os.closerange(3, _highest_descriptor() + 1)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        os.environb.clear()
        os.environb.update(request.environment)
        os.environ.update(LOADED_WITH)
        os.environ["TIDEMARK_SHARED_BYTES"] = str(_resident_bytes())
        os.umask(request.umask)
        os.chdir(request.folder)
        _open_streams()
        random.seed()
        if "numpy.random" in sys.modules:
            sys.modules["numpy.random"].seed()
        sys.argv = request.command
        sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
        code = _run(request.command[0])
        code = _leave(code)
    finally:
        os._exit(code)


def _open_streams() -> None:
    """Put Python's own streams on the client's; a terminal's is buffered by lines."""
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", buffering=1 if os.isatty(1) else -1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr


def _run(script: str) -> int:
    """The script's exit code, with Python's rules for what it raises."""
    main = types.ModuleType("__main__")
    main.__file__ = os.path.abspath(script)
    sys.modules |= dict.fromkeys({"__main__", "__mp_main__"} & sys.modules.keys(), main)
    try:
        _execute(script, main)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    return 0


def _execute(script: str, main: types.ModuleType) -> None:
    """Run the script; what it raises goes to `sys.excepthook`, which may ask for an exit code."""
    try:
        try:
            program = compile(Path(script).read_bytes(), str(main.__file__), "exec")
        except SyntaxError:
            importlib.import_module("tidemark")  # whose hook says it in one line
            raise
        exec(program, main.__dict__)
    except SystemExit:
        raise
    except BaseException:
        sys.excepthook(*sys.exc_info())
        raise SystemExit(1) from None


def _leave(code: int) -> int:
    """Do what the end of the interpreter would do for the step, without its 0.1 s for the rest.

    So `atexit` and finalizers do not run: a step must close what it opens. A stream that cannot be
    flushed makes the exit code 120, as in Python.
    """
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            code = 120
            with contextlib.suppress(OSError, ValueError):
                sys.excepthook(*sys.exc_info())
    return code


def _sweep(folder: Path) -> None:
    """Remove what the servers of makes that are over left behind."""
    for path in folder.glob("[0-9]*"):
        if not Path(f"/proc/{path.name.partition('-')[0]}").exists():
            path.unlink(missing_ok=True)


def _close(run: str) -> None:
    """Close the run of a make that has ended, unless it did nothing."""
    while True:
        try:
            os.waitpid(-1, 0)  # no child may still write
        except ChildProcessError:
            break
    if Path(f"artifacts/.run/{run}.jsonl").exists():
        sys.path.insert(0, str(Path(__file__).parent))
        importlib.import_module("close").main([run])


def _remove(path: Path) -> None:
    """Remove the socket of a make that is over, and its log if nothing is in it."""
    log = path.with_suffix(".log")
    if log.exists() and not log.stat().st_size:
        log.unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def main(path: str) -> NoReturn:
    """Listen at once; load the libraries one by one, and serve whoever asks in between."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the steps and make, and so us
    os.closerange(wire.LISTENER + 1, _highest_descriptor() + 1)
    _sweep(Path(path).parent)
    # A step must not find project code that it did not load.
    del sys.path[0], sys.modules["wire"], sys.modules["surroundings"]
    server = Server(Path(path), make_pid=int(Path(path).name.partition("-")[0]))
    signal.signal(signal.SIGALRM, server.glance)
    signal.siginterrupt(signal.SIGALRM, False)  # native code of libraries may not try again
    while server.missing and not server.over:
        module = server.next_library()
        signal.setitimer(signal.ITIMER_REAL, GLANCE, GLANCE)
        with contextlib.suppress(ModuleNotFoundError):  # the step that needs it will say so
            importlib.import_module(module)
        signal.setitimer(signal.ITIMER_REAL, 0)
        server.serve(timeout=0)
    gc.collect()
    gc.freeze()
    while not server.over:
        server.serve(timeout=None)
    try:
        _close(Path(path).name)
    finally:
        _remove(Path(path))
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
