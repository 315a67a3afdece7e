"""Fresh processes: what they may not do, how they end, and what is said of it."""

import os
import signal
import sys
import time
import warnings
from pathlib import Path

from tidemark.errors import InputError
from tidemark.isolated import kernel
from tidemark.isolated.nursery import Nursery

import duckdb  # noqa: F401 - here, so that fresh processes need not load them
import numpy as np
import pandas as pd
import pyarrow.csv
import pyarrow.parquet
import pytest

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux's")
HERE = "scripts/somebody/s.py"


def work(channel):
    """Run the source that is sent, with the channel at hand."""
    asked = channel.receive()
    found = {}
    exec(asked["source"], {"channel": channel, "np": np, "found": found, **asked})
    channel.send({"is": "done", **found})


@pytest.fixture(scope="module")
def nursery():
    with Nursery(work, patience=20) as opened:
        yield opened


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A file of the kind that must not be read."""
    path = tmp_path_factory.mktemp("data") / "prices.parquet"
    pd.DataFrame({"close": [1.0, 2.0]}).to_parquet(path)
    return path


def tried(nursery, source, **given):
    with nursery.fresh(HERE) as room:
        room.send({"source": source, **given})
        return room.receive()


REFUSED = {
    "open(path, 'rb')": "it opens a file: ",
    "import os; os.open(path, 0)": "it opens a file: ",
    "np.fromfile(path)": "it opens a file: ",
    "np.memmap(path, mode='r')": "it opens a file: ",
    "open('/proc/self/mem', 'rb')": "it opens a file: /proc/",
    "open(path, 'a')": "it writes a file: ",
    "import tempfile; tempfile.TemporaryFile()": "it ",
    "import os; os.listdir('/')": "it lists a folder: /",
    "import os; os.utime(path)": "it reads or changes what files are",
    "import os; os.setxattr(path, 'user.a', b'')": "it reads or changes what files are",
    "import sqlite3; sqlite3.connect(path)": "it opens a file",
    "import subprocess; subprocess.run(['true'])": "it starts a process",
    "import os; os.fork()": "it starts a process",
    "import os; os.system('true')": "it starts a process",
    "import os; os.kill(os.getppid(), 9)": "it sends a signal",
    "import socket; socket.socket()": "it opens a socket",
    "import socket; socket.getaddrinfo('localhost', 80)": "it opens a socket",
    "import ctypes; ctypes.CDLL(None)": "it calls native code through ctypes",
    "from tidemark.isolated import kernel; kernel.ctypes.CDLL(None).fork()": "it calls native code",
    "import resource as r; r.setrlimit(r.RLIMIT_CORE, (0, 0))": "it changes its limits",
}


@pytest.mark.parametrize("source", REFUSED)
def test_what_is_refused_is_named_and_cannot_be_swallowed(nursery, data, source):
    swallowing = f"try:\n    {source}\nexcept BaseException:\n    pass"
    for attempt in (source, swallowing):
        with pytest.raises(InputError) as refused:
            tried(nursery, attempt, path=str(data))
        assert refused.value.problem.startswith(REFUSED[source])
        assert "what is given alone" in refused.value.cure


@LINUX
@pytest.mark.parametrize(
    "source",
    [
        "import pyarrow.parquet as pq; pq.read_table(path)",
        "import pyarrow; pyarrow.memory_map(path)",
        "import pandas; pandas.read_parquet(path)",
        "import duckdb; duckdb.sql(f\"SELECT * FROM '{path}'\").fetchall()",
    ],
)
def test_native_readers_are_refused_too(nursery, data, source):
    if nursery.without:
        pytest.skip(f"this system lacks {nursery.without}")
    with pytest.raises(InputError, match=r"it opens a file: .*Permission denied"):
        tried(nursery, source, path=str(data))


NATIVE = """
import ctypes, gc, os, sys
import tidemark.isolated.confinement as confinement
hooked = [each for each in gc.get_objects() if type(each).__name__ == "_Places"]
for places in hooked:  # the first wall taken apart
    places.libraries = ("/",)
    places._code = ("/",)
    places.may_read = lambda path: True
confinement._is_own = lambda *_: False
confinement.KINDS.clear()
libc = ctypes.CDLL(None, use_errno=True)
"""


@LINUX
@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("libc.open(path.encode(), 0)", 13),
        ("libc.open(b'/tmp/new', os.O_CREAT | os.O_WRONLY, 0o600)", 13),
        ("libc.mkdir(b'/tmp/new-folder', 0o700)", 13),
        ("libc.fork()", 1),
        ("libc.socket(2, 1, 0)", 1),
        ("libc.kill(os.getppid(), 0)", 1),
        ("libc.ptrace(16, os.getppid(), 0, 0)", 1),
        ("libc.execve(b'/bin/true', None, None)", 1),
        ("libc.shmget(1, 4096, 0o1600)", 1),
        ("libc.utimes(path.encode(), None)", 1),
        ("libc.syscall(425, 8, None)", 1),  # io_uring_setup
        ("libc.syscall(0x40000000 + 39)", 38),  # getpid of x32
        ("libc.prctl(1, 0, 0, 0, 0)", 1),
        ("libc.setpgid(0, 0)", 1),
        ("libc.sched_setaffinity(0, 8, ctypes.byref(ctypes.c_ulong(1)))", 1),
        ("libc.fcntl(0, 1036, ctypes.byref(ctypes.c_ulong(2)))", 1),  # F_SET_RW_HINT
    ],
)
def test_the_kernel_refuses_who_takes_the_hook_apart(nursery, data, call, error):
    if nursery.without:
        pytest.skip(f"this system lacks {nursery.without}")
    source = f"{NATIVE}found['result'] = {call}\nfound['errno'] = ctypes.get_errno()"
    found = tried(nursery, source, path=str(data))
    assert (found["result"], found["errno"]) == (-1, error)


def test_without_the_kernel_the_hook_still_refuses_and_that_is_told(monkeypatch, data):
    monkeypatch.setattr(kernel.Walls, "put_up", lambda _: ["Landlock", "seccomp"])
    with Nursery(work, patience=20) as nursery:
        with pytest.raises(InputError, match="it opens a file"):
            tried(nursery, "open(path)", path=str(data))
        assert nursery.without == {"Landlock", "seccomp"}


def test_honest_libraries_load_late_and_threads_start(nursery):
    source = """
import scipy.linalg, pandas, threading, secrets
pandas.Timestamp("2020-01-01", tz="America/New_York")
secrets.token_hex()
found["sum"] = float(scipy.linalg.inv(np.array([[0.4]])).sum())
thread = threading.Thread(target=found.update, args=({"thread": True},))
thread.start()
thread.join()
"""
    found = tried(nursery, source)
    assert (found["sum"], found["thread"]) == (2.5, True)


def test_a_fresh_process_remembers_nothing_and_draws_anew(nursery):
    source = """
import random, sys
found["before"] = getattr(sys, "left", None)
sys.left = 1
found["draws"] = [random.random(), float(np.random.random())]
"""
    first, second = tried(nursery, source), tried(nursery, source)
    assert first["before"] is second["before"] is None
    assert not set(first["draws"]) & set(second["draws"])


def test_processes_share_no_open_file_whose_flags_could_carry_anything(nursery):
    source = """
import os
found["before"] = [os.get_blocking(stream) for stream in range(3)]
os.set_blocking(0, False)
"""
    assert tried(nursery, source)["before"] == tried(nursery, source)["before"] == [True] * 3


@pytest.mark.parametrize(
    ("source", "kind", "words"),
    [
        ("1 / 0", "ZeroDivisionError", "division by zero"),
        ("{}['a']", "KeyError", "'a'"),
        ("class Odd(Exception): __str__ = None\nraise Odd(1j)", "Odd", "words cannot be had"),
        ("b'\\xff'.decode('ascii')", "UnicodeDecodeError", "can't decode"),
        ("import sys; sys.exit(3)", "InputError", "it ends its own process"),
        ("from tidemark.errors import *; raise InputError('w', 'p', 'c')", "InputError", "w: p. "),
        ("from tidemark.errors import *; raise BadValue('w', 'p', 'c')", "BadValue", "p"),
    ],
)
def test_errors_come_back_as_they_were_raised(nursery, source, kind, words):
    with pytest.raises(Exception, match=words) as raised:
        tried(nursery, source)
    assert raised.type.__name__ == kind
    trace = str(raised.value.__cause__)
    assert 'File "<string>", line ' in trace or kind == "Odd"


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("import os; os._exit(3)", "its process ended by itself, with 3"),
        ("import os; os.abort()", "its process was ended by SIGABRT"),
        ("import os, signal; os.close(channel.descriptor); signal.pause()", "it closed its"),
        ("import os; os.write(channel.descriptor, b'x' * 99)", "it sent what is no answer"),
        ("channel.send({'is': 'raised'})", "it sent what is no answer"),
        ("channel.send({'is': 'warned'})", "it sent what is no answer"),
    ],
)
def test_a_process_that_ends_is_told(nursery, source, problem):
    with pytest.raises(InputError, match=problem) as told:
        tried(nursery, source)
    assert told.value.where == HERE


def test_signals_have_cures_of_their_own(nursery):
    for name, cure in (("SIGABRT", "gave up"), ("SIGKILL", "memory")):
        with pytest.raises(InputError, match=name) as told:
            tried(nursery, f"import signal; signal.raise_signal(signal.{name})")
        assert cure in told.value.cure


def test_a_process_that_is_silent_is_told_and_ended():
    def asked(*messages):
        with nursery.fresh(HERE) as room:
            for message in messages:
                room.send(message)
            room.receive()

    with Nursery(work, patience=0.2) as nursery:
        with pytest.raises(InputError, match="it gave no answer"):
            asked({"source": "while True: pass"})
        with pytest.raises(InputError, match="it gave no answer"):  # nor takes what is sent
            asked({"source": "import time; time.sleep(99)"}, {"more": "x" * 10_000_000})


def test_prints_and_warnings_appear_here(nursery, capsys):
    source = """
import warnings
warnings.simplefilter("default")
print("so")
for each in "ab": warnings.warn(each)
"""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert tried(nursery, source)["is"] == "done"
    assert capsys.readouterr().out == "so\n"
    assert [str(each.message) for each in caught] == ["a"]


def test_prints_without_end_are_cut(nursery, capsys):
    assert tried(nursery, "for _ in range(9): print('x' * 9999)")["is"] == "done"
    printed = capsys.readouterr().out
    assert len(printed) < 20_000
    assert printed.endswith("x\n... more output is left out\n")


def test_arrays_travel_as_they_lie_and_cannot_be_written(nursery):
    source = """
for name, kind in (("plain", "<f8"), ("turned", "<f8"), ("empty", "<f8")):
    values = channel.fixed(layouts.pop(0), kind)
    try:
        values.setflags(write=True)
    except ValueError:
        channel.send({"is": "back"}, values)
"""
    arrays = np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(2, 3).T, np.empty((0, 3))
    with nursery.fresh(HERE) as room:
        room.send({"source": source}, *arrays)
        for sent in arrays:
            ((shape, by_columns),) = room.receive()["layouts"]
            back = room.floats(tuple(shape), by_columns=by_columns)
            np.testing.assert_array_equal(back, sent)
            assert back.flags.f_contiguous == sent.flags.f_contiguous


def test_who_kills_the_step_leaves_nobody_behind():
    source = "import os\nchannel.send({'is': 'pid', 'pid': os.getpid()})\nwhile True: pass"
    read, write = os.pipe()
    step = os.fork()
    if step == 0:
        try:
            with Nursery(work) as nursery, nursery.fresh(HERE) as room:
                room.send({"source": source})
                os.write(write, str(room.receive()["pid"]).encode())
                time.sleep(60)
        finally:
            os._exit(0)
    os.close(write)
    child = int(os.read(read, 20))
    os.close(read)
    os.kill(step, signal.SIGKILL)
    os.waitpid(step, 0)
    until = time.monotonic() + 20
    while _runs(child):
        assert time.monotonic() < until
        time.sleep(0.01)


def _runs(pid):
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state not in "ZX"


def test_libraries_that_close_files_as_they_are_forked_find_them_open():
    pyarrow.csv.read_csv(pyarrow.BufferReader(b"a\n1\n"))  # Arrow opens a pipe for signals
    with Nursery(work, patience=20) as nursery:
        assert tried(nursery, "found['sum'] = 1 + 1")["sum"] == 2
