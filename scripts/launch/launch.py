"""Run a step, if its checkpoint does not hold any more; this is what Make starts.

    python -S scripts/launch/launch.py scripts/evaluate.py --scenario mean_impute --model ridge

The step runs in a child of this make's warm interpreter (warm.py), which the first step starts; or,
with WARM=0 and where there can be none, as a plain process. Nothing heavy is imported here: all
that this costs, every step pays.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback at Ctrl-C

import fcntl
import os
import socket
import sys

import surroundings
import wire

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CODE = os.path.dirname(SCRIPTS)
WARM = "artifacts/.warm"

os.environ |= surroundings.VARIABLES
os.environ["MPLCONFIGDIR"] = f"{CODE}/{surroundings.MATPLOTLIB}"


def main(command: list[str]) -> int:
    """The step's exit code; if a signal ended the step, that ends this process too."""
    os.chdir(os.environ.get("TIDEMARK_PROJECT") or CODE)
    if os.getcwd() != CODE:  # absolute, because Python leaves `..` in the path of a script
        command = [f"{CODE}/{command[0]}", *command[1:]]
    # Before any module of the step is read; file clocks tick coarsely and may lag a little.
    os.environ["TIDEMARK_STARTED_NS"] = str(_file_clock_ns() - 10_000_000)
    run = os.environ.get("TIDEMARK_RUN")
    server = _server(run) if run and os.environ.get("TIDEMARK_WARM") == "1" else None
    code = _run_warm(server, run, command) if server and run else None
    if code is not None:
        return code
    sys.path.insert(0, SCRIPTS)
    from tidemark.harness.plain_process import run_plain

    return run_plain(command)


def _file_clock_ns() -> int:
    """As in store.py."""
    os.makedirs("artifacts", exist_ok=True)
    clock = os.open("artifacts/.clock", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    stamp = os.fstat(clock).st_mtime_ns
    os.close(clock)
    return stamp


def _server(run: str) -> socket.socket | None:
    """A connection to the warm interpreter of this make; None if there can be none."""
    if not (hasattr(os, "pidfd_open") and hasattr(socket, "AF_UNIX")):
        return _give_up(run, "this system lacks what warm steps need (Linux 5.3 or newer)")
    path = f"{WARM}/{run}"
    try:
        os.makedirs(WARM, 0o700, exist_ok=True)
        with open(f"{WARM}/lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if os.path.exists(f"{path}.off"):
                return None
            try:
                return _connected(path)
            except (FileNotFoundError, ConnectionRefusedError):
                _start_server(path)
            return _connected(path)
    except OSError as error:
        return _give_up(run, f"the warm interpreter cannot be reached ({error})")


def _connected(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


def _start_server(path: str) -> None:
    """Start warm.py on a socket that listens already, without our streams and files."""
    os.chmod(WARM, 0o700)
    if os.path.lexists(path):
        os.unlink(path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(128)
        listener.set_inheritable(True)
        log = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        streams = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, f"{path}.log", log, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
            (os.POSIX_SPAWN_DUP2, listener.fileno(), wire.LISTENER),
        ]
        command = [sys.executable, f"{SCRIPTS}/launch/warm.py", path]
        os.posix_spawn(sys.executable, command, os.environ, file_actions=streams)


def _run_warm(server: socket.socket, run: str, command: list[str]) -> int | None:
    """The exit code of the step in a child of the server; None if the server made no child."""
    os.environ["TIDEMARK_LAUNCHED"] = " ".join(command)
    with server:
        try:
            wire.send_request(server, (command, os.getcwd(), dict(os.environb), _umask()))
            started = wire.receive_status(server) is not None
        except OSError:
            started = False
        if not started:
            del os.environ["TIDEMARK_LAUNCHED"]
            return _give_up(run, f"the warm interpreter failed, see {WARM}/{run}.log")
        code = wire.receive_status(server)
    if code is None:
        sys.stderr.write(f"the warm interpreter died, see {WARM}/{run}.log\n")
        _have_closed(run)
        return 1
    if code < 0:
        os.kill(os.getpid(), -code)
    return code if code >= 0 else 128 - code


def _have_closed(run: str) -> None:
    """Have another process do what the interpreter would have done at the end of the run."""
    if not os.path.exists(f"artifacts/.run/{run}.jsonl"):
        return
    os.environ["TIDEMARK_WARM"] = "0"
    sys.path.insert(0, SCRIPTS)
    from tidemark.harness import journal

    journal.watch()


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def _give_up(run: str, why: str) -> None:
    """Have plain processes for the rest of this make, and say so once."""
    try:
        os.close(os.open(f"{WARM}/{run}.off", os.O_CREAT | os.O_EXCL, 0o600))
        sys.stderr.write(f"{why}; steps run as plain processes\n")
    except OSError:  # another step has said so, or nobody hears it
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
