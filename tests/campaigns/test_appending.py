"""Records that only grow, while writers beside each other are killed, and while a disk is full."""

import errno
import itertools
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tidemark.files import append
from tidemark.files.append import Log

import pytest


def log_in(folder: Path) -> Log:
    return Log(folder, form=2)


def contents(folder: Path) -> list[Any]:
    return [record.content for record in log_in(folder).records()]


WRITER = """
import sys
from pathlib import Path
from tidemark.files.append import Log

log = Log(Path(sys.argv[1]), form=2)
for n in range(int(sys.argv[3])):
    number = log.append({"by": sys.argv[2], "n": n, "much": "x" * 20_000})
    print(number, n, flush=True)
"""


def writer(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), name, str(count)]
    path = {**os.environ, "PYTHONPATH": str(Path(append.__file__).parents[2])}
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=path, text=True)


def test_writers_side_by_side_some_of_them_killed(tmp_path, chance, long):
    """Each has what it was told, under the number that it was told; readers see no half."""
    folder = tmp_path / "log"
    log = log_in(folder)
    for round_ in range(20 if long else 2):
        names = [f"{round_}-{n}" for n in range(4)]
        writers = {name: writer(folder, name, 40) for name in names}
        for name in names[:3]:
            time.sleep(chance.uniform(0, 0.2))
            log.records()
            writers[name].send_signal(signal.SIGKILL)
        told = {name: process.communicate()[0] for name, process in writers.items()}
        assert writers[names[3]].returncode == 0
        found = {record.number: record.content for record in log.records()}
        assert sorted(found) == list(range(1, len(found) + 1))
        for name, lines in told.items():
            for line in lines.splitlines():
                number, n = map(int, line.split())
                assert (found[number]["by"], found[number]["n"]) == (name, n)
    assert log.append("the end") == len(found) + 1
    assert not list(folder.glob(".*.tmp"))


def test_a_record_that_does_not_fit_leaves_those_before(tmp_path, chance, long):
    """Files cannot grow beyond a limit, as on a disk that runs full within a write."""
    folder = tmp_path / "log"
    log_in(folder).append({"n": 1})
    limits = range(0, 9000, 100) if long else chance.sample(range(9000), 5)
    for limit in limits:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            try:
                log_in(folder).append({"n": "x" * 9000})
            except OSError as error:
                os._exit(error.errno or 0)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == errno.EFBIG
        assert contents(folder) == [{"n": 1}]
        assert not list(folder.glob(".*.tmp"))
    assert log_in(folder).append({"n": 2}) == 2


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A file system of its own, of 256 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tidemark", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def fill(log: Log, first: int, size: int) -> tuple[int, OSError]:
    """Append from `first` on until it fails; the number that failed, and why."""
    for n in itertools.count(first):
        try:
            log.append({"n": n, "much": "x" * size})
        except OSError as error:
            return n, error
    raise AssertionError


def test_a_disk_that_runs_full_keeps_what_was_appended(small_disk):
    ballast, log, count = small_disk / "ballast", log_in(small_disk / "log"), 0
    for size in (60_000, 9_000, 1_000):
        ballast.write_bytes(bytes(size))
        count, error = fill(log, count, size)
        assert (error.errno, Path(error.filename).parent) == (errno.ENOSPC, log.folder)
        assert [content["n"] for content in contents(log.folder)] == list(range(count))
        assert not list(log.folder.glob(".*.tmp"))
        ballast.write_bytes(b"")
    assert count > 6
    log.append({"n": count})
    assert [content["n"] for content in contents(log.folder)] == list(range(count + 1))
